import assert from 'node:assert/strict';
import { fstatSync, openSync, closeSync } from 'node:fs';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { SocketTable } from './socket-table.ts';

/** A table as Linux prints it, with a socket for each inode. */
function listing(...sockets: readonly (readonly [inode: number, state: string, unsent: string])[]): string {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const lines = sockets.map(
    ([inode, state, unsent], index) =>
      `${String(index).padStart(4)}: 0100007F:9AA5 0100007F:807C ${state} ${unsent}:00000000 04:00000024 00000000     0        0 ${inode} 2 00000000e15c6173 20 0 0 15 -1    \n`,
  );
  return head + lines.join('');
}

/** A descriptor, and the inode that stands for its socket. */
function descriptor(t: { after(run: () => void): void }): { fd: number; inode: number } {
  const fd = openSync(import.meta.filename, 'r');
  t.after(() => closeSync(fd));
  return { fd, inode: fstatSync(fd).ino };
}

test('a socket is told what its peer has yet to take, and whether the peer has sent FIN', async (t) => {
  const { fd, inode } = descriptor(t);
  for (const [state, expected] of [
    ['01', 'there'],
    ['08', 'ended'],
  ] as const) {
    const table = new SocketTable((path) =>
      Promise.resolve(path.endsWith('tcp6') ? listing([inode, state, '0039DC00']) : listing([1, '01', '00000000'])),
    );
    const told: unknown[] = [];
    assert.equal(table.ask(fd, { onListed: (unsent, peer) => told.push(unsent, peer) }), true);
    await until(() => told.length > 0, 'it is told');
    assert.deepEqual(told, [0x39dc00, expected]);
  }
});

test('a socket that is not listed any more has been reset', async (t) => {
  const { fd } = descriptor(t);
  const table = new SocketTable(() => Promise.resolve(listing([1, '01', '00000000'])));
  const told: unknown[] = [];
  table.ask(fd, { onListed: (unsent, peer) => told.push(unsent, peer) });
  await until(() => told.length > 0, 'it is told');
  assert.deepEqual(told, [0, 'gone']);
});

test('the table of sockets is read once for all who ask meanwhile, and not where there is none', async (t) => {
  const { fd, inode } = descriptor(t);
  let reads = 0;
  const table = new SocketTable((path) => {
    reads++;
    return path.endsWith('tcp6') ? Promise.reject(new Error('no IPv6')) : Promise.resolve(listing([inode, '01', '0']));
  });
  let told = 0;
  for (let index = 0; index < 3; index++) table.ask(fd, { onListed: () => told++ });
  await until(() => told > 0, 'it is told');
  assert.equal(reads, 2);
  const none = new SocketTable(() => Promise.reject(new Error('no such file')));
  assert.equal(none.ask(fd, { onListed: () => assert.fail('nothing is known') }), true);
  await until(
    () => !none.ask(fd, { onListed: () => assert.fail('nothing is known') }),
    'it is known that there is none',
  );
});
