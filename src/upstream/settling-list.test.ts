import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { Guard } from '../net/guard.ts';
import { LoopClock } from '../net/loop-clock.ts';
import { until } from '../../test/support/until.ts';
import { SETTLING_MS, SettlingList } from './settling-list.ts';

function list(faults: unknown[] = []): SettlingList {
  return new SettlingList(new LoopClock(), new Guard((error) => faults.push(error)));
}

test('nobody is settled before its time, and all that wait are', async () => {
  const settling = list();
  const waited: number[] = [];
  const add = (): void => {
    const begin = performance.now();
    settling.add({ onSettled: () => waited.push(performance.now() - begin), onFault() {} });
  };
  add();
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS / 2));
  add();
  await until(() => waited.length === 2, 'both are settled');
  add();
  await until(() => waited.length === 3, 'one that comes later is settled');
  assert.ok(Math.min(...waited) >= SETTLING_MS, waited.join());
});

test('what had arrived while the loop stood still is read before anybody is settled', async () => {
  const said: string[] = [];
  const server = net.createServer((socket) => socket.end('late'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const settling = list();
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

test('one that throws is told so, and the others are settled', async () => {
  const faults: unknown[] = [];
  const settling = list(faults);
  const said: string[] = [];
  settling.add({
    onSettled() {
      throw new Error('a bug of ours');
    },
    onFault: () => said.push('fault'),
  });
  settling.add({ onSettled: () => said.push('settled'), onFault() {} });
  await until(() => said.length === 2, 'both are heard of');
  assert.deepEqual(said, ['fault', 'settled']);
  assert.equal(faults.length, 1);
});

test('a stopped list tells nobody', async () => {
  const settling = list();
  settling.add({ onSettled: () => assert.fail('told'), onFault() {} });
  settling.stop();
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS * 2));
});
