/** Sessions of layer 4 in which nothing passes: how long they may last, and who counts as alive. */
import assert from 'node:assert/strict';
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startPlane } from '../support/data-plane.ts';
import type { TestPlane } from '../support/data-plane.ts';
import { FakeTime } from '../support/fake-time.ts';
import { layer4 } from '../support/layer4.ts';
import { until } from '../support/until.ts';

const SHORT_MS = 500;

/** A plane with time of its own before an endpoint that does what `serve` says. */
async function timed(
  t: TestContext,
  time: FakeTime,
  serve: (socket: Socket) => void,
): Promise<{ plane: TestPlane; client: Socket; ended: Promise<string> }> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const listener = layer4({ idleMs: 4 * SHORT_MS, halfClosedMs: SHORT_MS });
  const plane = await startPlane({ ports: [(server.address() as AddressInfo).port], time, listener });
  t.after(() => plane.close());
  const client = net.connect({ port: plane.port, host: '127.0.0.1', allowHalfOpen: true });
  t.after(() => client.destroy());
  const ended = new Promise<string>((resolve) => {
    client.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    client.on('close', () => resolve('closed'));
  });
  return { plane, client, ended };
}

test('a session without a byte in either direction is cut after its time, and bytes of either side renew it', async (t) => {
  const time = new FakeTime();
  const sockets: Socket[] = [];
  const { client, ended, plane } = await timed(t, time, (socket) => sockets.push(socket));
  await until(() => sockets.length === 1, 'it is connected');
  let received = 0;
  client.on('data', (bytes) => (received += bytes.length));
  for (let turn = 1; turn <= 4; turn++) {
    time.advance(3 * SHORT_MS);
    if (turn % 2 === 0) sockets[0].write('e');
    else client.write('c');
    const read = Math.ceil(turn / 2);
    await until(() => received + sockets[0].bytesRead === turn && sockets[0].bytesRead === read, 'it passes');
  }
  time.advance(3 * SHORT_MS);
  assert.equal(plane.plane.connections, 1);
  time.advance(2 * SHORT_MS);
  assert.equal(await ended, 'ECONNRESET');
});

test('once one side has ended, the other has the shorter time for each of its bytes', async (t) => {
  const time = new FakeTime();
  const sockets: Socket[] = [];
  const { client, ended, plane } = await timed(t, time, (socket) => sockets.push(socket));
  await until(() => sockets.length === 1, 'it is connected');
  let received = 0;
  client.on('data', (bytes) => (received += bytes.length));
  let hasEnded = false;
  sockets[0].on('end', () => (hasEnded = true));
  sockets[0].resume();
  client.end();
  await until(() => hasEnded, 'the endpoint hears the end');
  for (let turn = 1; turn <= 3; turn++) {
    time.advance(SHORT_MS - 100);
    sockets[0].write('e');
    await until(() => received === turn, 'it passes');
  }
  assert.equal(plane.plane.connections, 1);
  time.advance(SHORT_MS + 100);
  assert.equal(await ended, 'ECONNRESET');
});

test(
  'a client that takes nothing is cut after the time of its session',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const time = new FakeTime();
    const { client, ended, plane } = await timed(t, time, (socket) => socket.write(Buffer.alloc(64 * 1024 * 1024)));
    client.pause();
    await until(() => plane.table.connections[0] === 1, 'it is connected');
    await until(async () => {
      time.advance(SHORT_MS / 5);
      // For what the system tells of the sockets.
      await new Promise((resolve) => setTimeout(resolve, 5));
      return plane.plane.connections === 0;
    }, 'it is cut');
    client.resume();
    assert.equal(await ended, 'ECONNRESET');
  },
);

test(
  'a client that takes its bytes slowly is not cut, however long it takes for all',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const total = 24 * 2 ** 20;
    const time = new FakeTime();
    const { client, ended } = await timed(t, time, (socket) => socket.end(Buffer.alloc(total)));
    let received = 0;
    let sips = 0;
    let since = 0;
    client.on('data', (bytes) => {
      received += bytes.length;
      since += bytes.length;
      if (sips >= 40 || since < 64 * 1024) return;
      since = 0;
      sips++;
      client.pause();
      // In which the system tells how much was taken.
      setTimeout(() => {
        time.advance(SHORT_MS / 5);
        client.resume();
      }, 30);
    });
    await until(
      () => received === total,
      () => `all of it comes: ${received}`,
    );
    client.end();
    assert.equal(await ended, 'closed');
  },
);
