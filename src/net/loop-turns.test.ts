import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { nodeTurns } from './loop-turns.ts';
import { Timer, TimerWheel } from './timer-wheel.ts';

const EVERY_MS = 20;
const BLOCK_MS = 100;

function block(): void {
  const until = performance.now() + BLOCK_MS;
  while (performance.now() < until);
}

test('a task of a later turn runs after what had arrived when its turn began', async () => {
  const calls: string[] = [];
  const cancel = nodeTurns.every(
    EVERY_MS,
    () => calls.push('task'),
    () => calls.push('begin'),
  );
  await until(() => calls.length >= 4, 'two turns');
  cancel();
  assert.deepEqual(calls.slice(0, 4), ['begin', 'task', 'begin', 'task']);
});

/** What has been read when the time for it is over. */
class Deadline extends Timer {
  bytesRead = -1;
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    super();
    this.#socket = socket;
  }

  override onTimeout(): void {
    this.bytesRead = this.#socket.bytesRead;
  }
}

test('a deadline that passes while reads hold the thread up is not missed by what arrives meanwhile', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [peer] = (await once(server, 'connection')) as [net.Socket];
  t.after(() => client.destroy());
  client.resume();
  const clock = { now: () => performance.now(), wallTime: () => Date.now() };
  const wheel = new TimerWheel({ clock, onFault: (error) => assert.fail(String(error)), tickMs: EVERY_MS });
  const deadline = new Deadline(client);
  wheel.arm(deadline, BLOCK_MS / 2);
  peer.once('data', () => {
    peer.write('in time');
    block();
  });
  // In the turn of a tick: what is written now is read before that tick.
  const cancel = nodeTurns.every(
    EVERY_MS,
    () => cancel(),
    () => client.write('x'),
  );
  await until(() => deadline.bytesRead >= 0, 'the deadline');
  wheel.stop();
  assert.equal(deadline.bytesRead, 'in time'.length);
});
