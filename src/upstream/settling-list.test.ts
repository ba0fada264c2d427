import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { Guard } from '../net/guard.ts';
import { LoopClock } from '../net/loop-clock.ts';
import { nodeTurns } from '../net/loop-turns.ts';
import type { LoopTurns } from '../net/loop-turns.ts';
import { FakeTime } from '../../test/support/fake-time.ts';
import { until } from '../../test/support/until.ts';
import { SETTLING_MS, SettlingList } from './settling-list.ts';

function list(turns: LoopTurns, faults: unknown[] = []): SettlingList {
  return new SettlingList(new LoopClock(), new Guard((error) => faults.push(error)), turns);
}

test('no connection is settled before its time, and all that wait are', () => {
  const time = new FakeTime();
  const settling = list(time);
  const waited: number[] = [];
  const add = (): void => {
    const begin = time.now();
    settling.add({ onSettled: () => waited.push(time.now() - begin), onFault() {} });
  };
  add();
  time.advance(SETTLING_MS / 2);
  add();
  time.advance(SETTLING_MS);
  assert.equal(waited.length, 1);
  time.advance(SETTLING_MS);
  assert.equal(waited.length, 2);
  add();
  time.advance(SETTLING_MS);
  assert.equal(waited.length, 3);
  assert.ok(Math.min(...waited) >= SETTLING_MS, waited.join());
});

test('what had arrived while the loop stood still is read before a connection is settled', async () => {
  const said: string[] = [];
  const server = net.createServer((socket) => socket.end('late'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const settling = list(nodeTurns);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.on('data', () => said.push('bytes'));
  settling.add({ onSettled: () => said.push('settled'), onFault() {} });
  // The bytes arrive, and the time is over, within one turn.
  const end = performance.now() + SETTLING_MS * 4;
  while (performance.now() < end);
  await until(() => said.length === 2, 'both are heard of');
  assert.deepEqual(said, ['bytes', 'settled']);
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('a connection that throws while it is settled is told so, and the others are settled', () => {
  const time = new FakeTime();
  const faults: unknown[] = [];
  const settling = list(time, faults);
  const said: string[] = [];
  settling.add({
    onSettled() {
      throw new Error('a bug of ours');
    },
    onFault: () => said.push('fault'),
  });
  settling.add({ onSettled: () => said.push('settled'), onFault() {} });
  time.advance(SETTLING_MS * 2);
  assert.deepEqual(said, ['fault', 'settled']);
  assert.equal(faults.length, 1);
});

test('a settling list that is stopped settles nothing', () => {
  const time = new FakeTime();
  const settling = list(time);
  settling.add({ onSettled: () => assert.fail('told'), onFault() {} });
  settling.stop();
  time.advance(SETTLING_MS * 2);
});
