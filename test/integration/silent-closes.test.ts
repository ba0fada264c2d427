/** Endpoints that close connections without saying so: no request is lost to that which must not be sent twice. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { createSeededRandom } from '../../src/core/random.ts';
import { startPlane } from '../support/data-plane.ts';
import type { TestPlane } from '../support/data-plane.ts';
import { FakeTime } from '../support/fake-time.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Script } from '../support/proxied.ts';
import { RawPeer } from '../support/segmented-socket.ts';
import type { RawServer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx';

async function ask(peer: RawPeer, request: string): Promise<number> {
  await peer.send(request);
  return (await readResponse(peer)).status;
}

/** Answers, and closes in the same turn, in the next or a little later, as uWSGI and tinyproxy do. */
function closingAfter(delayMs: number): Script {
  return async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send(ok('done'));
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    peer.end();
  };
}

for (const delayMs of [0, 1, 5]) {
  proxied(
    `of pipelined POSTs to a server that closes ${delayMs} ms after each answer none is lost`,
    {},
    closingAfter(delayMs),
    async ({ client, plane }) => {
      for (let round = 0; round < 5; round++) {
        const peer = await client();
        await peer.send(POST + POST + POST);
        for (let index = 0; index < 3; index++) assert.equal((await readResponse(peer)).status, 200);
      }
      assert.equal(failuresInARow(plane.table.failures, 0), 0);
    },
  );
}

/** Answers one request a connection, whatever else comes, and closes it at once, or a little later in either way. */
async function startRandomCloser(t: TestContext): Promise<number> {
  const sockets = new Set<net.Socket>();
  let turn = 0;
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(ok('done'));
      const kind = turn++ % 3;
      if (kind === 0) socket.end();
      else if (kind === 1) setTimeout(() => socket.end(), 1);
      else setTimeout(() => socket.destroy(), 4);
    });
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

test('of 400 POSTs side by side with GETs to a server that closes at random none is lost', async (t) => {
  const plane = await startPlane({ ports: [await startRandomCloser(t)] });
  t.after(() => plane.close());
  const statuses: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, lane) => {
      const socket = net.connect({ host: '127.0.0.1', port: plane.port, noDelay: true });
      const peer = new RawPeer(socket, socket, 'whole', createSeededRandom(lane));
      for (let round = 0; round < 20; round++) {
        const isPost = (lane + round) % 4 > 0;
        const status = await ask(peer, isPost ? POST : get());
        if (isPost) statuses.push(status);
      }
      socket.destroy();
    }),
  );
  assert.deepEqual([...new Set(statuses)], [200]);
});

proxied(
  'a server that closes under a request gets no kept connection for POSTs afterwards, whatever GETs prove',
  {},
  async (peer) => {
    for (let index = 0; ; index++) {
      const request = await peer.readUntil(END_OF_HEAD).catch(() => '');
      if (request === '') return;
      if (request.includes('/drop') && index > 0) {
        peer.end();
        return;
      }
      if (request.startsWith('POST')) await peer.readBytes(1);
      await peer.send(ok('done'));
    }
  },
  async ({ client, servers }) => {
    const peer = await client();
    assert.equal(await ask(peer, get()), 200);
    assert.equal(await ask(peer, get()), 200);
    // The reuse has proved it: a POST takes the kept connection.
    assert.equal(await ask(peer, POST), 200);
    assert.equal(servers[0].peers.length, 1);
    assert.equal(await ask(peer, get('/drop')), 200);
    assert.equal(servers[0].peers.length, 2);
    for (let index = 0; index < 3; index++) assert.equal(await ask(peer, get()), 200);
    assert.equal(servers[0].peers.length, 2);
    for (let index = 0; index < 2; index++) assert.equal(await ask(peer, POST), 200);
    assert.equal(servers[0].peers.length, 4);
  },
);

/** Stands still; its endpoints end no connection before they are told to. */
const time = new FakeTime();
const keeping = answering(() => ok('done'));

/** Resolves when the answer has been read, and its connection is kept. */
async function askAndKeep(peer: RawPeer, request: string, { table }: TestPlane): Promise<void> {
  assert.equal(await ask(peer, request), 200);
  await until(() => table.idleSockets(0) > 0, 'it is kept');
}

/** The server ends the connection it has accepted last. */
async function endLast({ peers }: RawServer, { table }: TestPlane): Promise<void> {
  peers[peers.length - 1].end();
  await until(() => table.idleSockets(0) === 0, 'its end is read');
}

proxied(
  'an endpoint that keeps its connections gets POSTs on them, once one has lain idle for 100 ms',
  { time },
  keeping,
  async ({ client, servers, plane }) => {
    const peer = await client();
    await askAndKeep(peer, POST, plane);
    await askAndKeep(peer, POST, plane);
    assert.equal(servers[0].peers.length, 2);
    time.advance(100);
    // This one looks at how long they have lain there, the next ones go by it.
    await askAndKeep(peer, POST, plane);
    time.advance(0);
    for (let index = 0; index < 3; index++) await askAndKeep(peer, POST, plane);
    assert.equal(servers[0].peers.length, 3);
  },
);

proxied(
  'a connection whose end was read late, because the loop stood still, is as young as it was and proves nothing',
  { time },
  keeping,
  async ({ client, servers, plane }) => {
    const peer = await client();
    await askAndKeep(peer, get(), plane);
    // A reuse is a proof, which a close right after the answer takes away.
    await askAndKeep(peer, get(), plane);
    time.stall(500);
    await endLast(servers[0], plane);
    await askAndKeep(peer, POST, plane);
    await askAndKeep(peer, POST, plane);
    assert.equal(servers[0].peers.length, 3);
  },
);

proxied(
  'an idle timeout shorter than ours is learned from two closes, however late the second is read',
  { time },
  keeping,
  async ({ client, servers, plane }) => {
    const peer = await client();
    for (const stallMs of [500, 700]) {
      await askAndKeep(peer, get(), plane);
      time.advance(1000);
      time.stall(stallMs);
      await endLast(servers[0], plane);
    }
    // The ages are those of the last moments at which the loop was not held up: 1000 to 1100 ms.
    await askAndKeep(peer, get(), plane);
    time.advance(750);
    assert.equal(plane.table.idleSockets(0), 1);
    time.advance(200);
    assert.equal(plane.table.idleSockets(0), 0);
    assert.equal(servers[0].peers.length, 3);
    assert.equal(await servers[0].peers[2].closed, 'fin');
  },
);
