/** Sessions of layer 4: bytes pass as they are, and what one side does at its end is done to the other. */
import assert from 'node:assert/strict';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { diffSnapshots } from '../../src/config/diff.ts';
import { ThreadMemory } from '../../src/core/kept-memory.ts';
import { systemRandom } from '../../src/core/random.ts';
import { MemoryTable, createMemoryTable } from '../../src/core/shared/memory-table.ts';
import { ROUTE_ABORTS, ROUTE_BYTES_IN, ROUTE_BYTES_OUT, ROUTE_REQUESTS } from '../../src/core/shared/route-table.ts';
import { nodeTurns } from '../../src/net/loop-turns.ts';
import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import { createDataPlane } from '../../src/runtime/worker/data-plane.ts';
import { testSnapshot } from '../support/data-plane.ts';
import type { TestPlane } from '../support/data-plane.ts';
import { layer4 } from '../support/layer4.ts';
import { proxied } from '../support/proxied.ts';
import { until } from '../support/until.ts';

/** The row of the listener of layer 4 in the table of a test plane with one route. */
const ROW = 2;
const LISTENER = { listener: layer4() };

async function over(plane: TestPlane): Promise<void> {
  await until(() => plane.plane.connections === 0, 'the session is over');
  await until(() => plane.table.connections[0] === 0, 'its connection to the endpoint is closed');
  assert.equal(plane.table.inFlight(0), 0);
}

proxied(
  'an endpoint that speaks first is heard, and all bytes pass as they are, both ways',
  LISTENER,
  async (peer) => {
    await peer.send('220 ready\0\xff\r\n');
    assert.equal(await peer.readBytes(9), 'EHLO\n\0\x80\xff.');
    await peer.send('250');
    peer.end();
    assert.equal(await peer.readAll(), '');
  },
  async ({ client, plane }) => {
    const peer = await client();
    assert.equal(await peer.readBytes(13), '220 ready\0\xff\r\n');
    await peer.send('EHLO\n\0\x80\xff.');
    assert.equal(await peer.readAll(), '250');
    peer.end();
    await over(plane);
    const total = (counter: number): number => plane.routes.total(ROW, counter);
    assert.deepEqual([total(ROUTE_REQUESTS), total(ROUTE_BYTES_IN), total(ROUTE_BYTES_OUT)], [1, 9, 16]);
    assert.equal(total(ROUTE_ABORTS), 0);
  },
);

proxied(
  'a client that has ended its side still gets the answer',
  LISTENER,
  async (peer) => {
    assert.equal(await peer.readAll(), 'question');
    await peer.send('answer');
    peer.end();
  },
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send('question');
    peer.end();
    assert.equal(await peer.readAll(), 'answer');
    await over(plane);
  },
);

proxied(
  'an endpoint that has ended its side still gets what the client sends',
  LISTENER,
  async (peer) => {
    await peer.send('last words');
    peer.end();
    assert.equal(await peer.readAll(), 'much to say');
  },
  async ({ client, plane, servers }) => {
    const peer = await client();
    assert.equal(await peer.readAll(), 'last words');
    await peer.send('much to say');
    peer.end();
    await until(() => servers[0].peers[0].state === 'fin', 'the endpoint hears the end');
    await over(plane);
  },
);

proxied(
  'a client that ends before it has sent anything ends the session in both directions',
  LISTENER,
  async (peer) => {
    assert.equal(await peer.readAll(), '');
    peer.end();
  },
  async ({ client, plane }) => {
    const peer = await client();
    peer.end();
    assert.equal(await peer.readAll(), '');
    await over(plane);
  },
);

for (const first of ['client', 'endpoint'] as const) {
  const total = 8 * 1024 * 1024;
  proxied(
    `what is on its way when both sides have ended still arrives, the ${first}'s FIN first`,
    LISTENER,
    async (peer) => {
      if (first === 'client') {
        assert.equal(await peer.readAll(), 'bye');
        peer.socket.end(Buffer.alloc(total, 'e'));
        return;
      }
      peer.stopReading();
      peer.end();
      await until(() => peer.socket.writableFinished, 'the FIN leaves');
      peer.startReading();
      assert.equal((await peer.readAll()).length, total);
    },
    async ({ client, net: { segmentation }, plane }) => {
      if (segmentation !== 'whole') return;
      const peer = await client();
      if (first === 'client') {
        peer.stopReading();
        await peer.send('bye');
        peer.end();
        await until(() => plane.table.connections[0] === 1, 'it is connected');
        peer.startReading();
        assert.equal((await peer.readAll()).length, total);
      } else {
        assert.equal(await peer.readAll(), '');
        peer.socket.end(Buffer.alloc(total, 'c'));
      }
      await over(plane);
    },
  );
}

proxied(
  'a reset of the endpoint resets the client',
  LISTENER,
  async (peer) => {
    await peer.readBytes(1);
    peer.reset();
  },
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send('x');
    assert.equal(await peer.closed, 'rst');
    await over(plane);
    assert.equal(plane.routes.total(ROW, ROUTE_ABORTS), 1);
  },
);

proxied(
  'a reset of the client resets the endpoint, and is not held against it',
  LISTENER,
  async (peer) => {
    await peer.send('hello');
    await peer.closed;
  },
  async ({ client, plane, servers }) => {
    const peer = await client();
    await peer.readBytes(5);
    peer.reset();
    await until(() => servers[0].peers[0].state === 'rst', 'the endpoint is reset');
    await over(plane);
    assert.equal(plane.table.failures[0], 0);
  },
);

proxied(
  'an endpoint that has ended and closed loses nothing of its answer by what the client still sends',
  LISTENER,
  async (peer) => {
    await peer.readBytes(1);
    peer.stopReading();
    await new Promise<void>((resolve) => peer.socket.end('the whole answer', () => resolve()));
    // With bytes unread in its system this resets the connection.
    peer.socket.destroy();
  },
  async ({ client, plane, servers }) => {
    const peer = await client();
    await peer.send('x');
    await until(() => servers[0].peers.some(({ socket }) => socket.destroyed), 'the endpoint closes');
    await peer.send('y'.repeat(100));
    assert.equal(await peer.readAll(), 'the whole answer');
    peer.end();
    await over(plane);
  },
);

const ANSWER = 'a'.repeat(1024 * 1024);

proxied(
  'a client that reads slowly still gets all of an answer whose endpoint has ended, closed and answered with a reset',
  LISTENER,
  async (peer) => {
    await peer.readBytes(1);
    peer.stopReading();
    await new Promise<void>((resolve) => peer.socket.end(ANSWER, () => resolve()));
    peer.socket.destroy();
  },
  async ({ client, plane, net: { segmentation } }) => {
    if (segmentation !== 'whole') return;
    const peer = await client();
    peer.stopReading();
    await peer.send('x');
    // Beyond what its system takes at once, so that a reset of ours would lose the rest.
    await until(async () => {
      await peer.send('y');
      return plane.table.connections[0] === 0 && plane.routes.total(ROW, ROUTE_REQUESTS) === 1;
    }, 'the endpoint is gone');
    assert.equal(plane.plane.connections, 1);
    peer.startReading();
    assert.equal(await peer.readAll(), ANSWER);
    peer.end();
    await over(plane);
  },
);

proxied(
  'where nobody takes the connect the client is reset',
  { ...LISTENER, endpoints: 0, deadPorts: 1 },
  () => {},
  async ({ client, plane }) => {
    const peer = await client();
    assert.equal(await peer.closed, 'rst');
    await until(() => plane.plane.connections === 0, 'the session is over');
  },
);

// ——— what a stage has read

test('what was read before the session began goes to the endpoint first, the rest behind it', async (t) => {
  let received = '';
  const server = net.createServer((socket) => socket.on('data', (bytes) => (received += bytes.toString('latin1'))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const snapshot = testSnapshot({ ports: [(server.address() as AddressInfo).port], ...LISTENER });
  const faults: unknown[] = [];
  const transport = createNodeTransport({ onFault: (error) => faults.push(error) });
  const memory = new MemoryTable(createMemoryTable(1), 0);
  memory.limitBytes = 2 ** 20;
  const plane = createDataPlane({
    worker: 0,
    transport,
    clock: transport.clock,
    turns: nodeTurns,
    random: systemRandom,
    memory: new ThreadMemory(memory),
    report: (report) => faults.push(report),
  });
  await plane.loadFor(snapshot);
  plane.apply(snapshot, diffSnapshots(null, snapshot));
  const accept = plane.accept(snapshot.listeners[0]);
  const listener = await transport.listen({ host: '127.0.0.1', port: 0, reusePort: false }, (connection) => {
    // As a stage hands on what it has not used.
    connection.handler = accept(connection);
    connection.handler.onBytes(Buffer.from('..from the stage, ..'), 2, 18);
    return connection.handler;
  });
  const client = net.connect(listener.port, '127.0.0.1');
  client.end('from the socket');
  await until(
    () => received.length === 31,
    () => `all of it arrives: ${received}`,
  );
  assert.equal(received, 'from the stage, from the socket');
  await until(() => plane.connections === 0, 'the session ends');
  assert.equal(memory.keptBytes, 0);
  assert.deepEqual(faults, []);
  await listener.close();
  plane.destroy();
});
