/** Bytes that an endpoint sends beyond its answer, at once or late: they reach nobody, and cost nobody his request. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { STRAY_AFTER_BODY, STRAY_AFTER_HEAD } from '../../src/core/shared/pool-table.ts';
import type { PoolTable } from '../../src/core/shared/pool-table.ts';
import { readEndpointStats } from '../../src/runtime/control/table-stats.ts';
import { SETTLING_MS } from '../../src/upstream/settling-list.ts';
import { startPlane } from '../support/data-plane.ts';
import { FakeTime } from '../support/fake-time.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Proxied, Script } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const head = (path = '/'): string => get(path).replace('GET', 'HEAD');
/** Stands still until it is moved. */
const time = new FakeTime();
const FORGED = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nFORGED';

function strays(table: PoolTable): number {
  return readEndpointStats(table, 0).strays;
}

async function ask(peer: RawPeer, request: string): Promise<{ head: string; body: string; status: number }> {
  await peer.send(request);
  return readResponse(peer, request.startsWith('HEAD') || request.startsWith('GET /304'));
}

proxied(
  'after an answer to HEAD that announces content its connection is reset and carries nothing else',
  {},
  answering((request) =>
    request.includes('/chunked') ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' : ok('content').slice(0, -7),
  ),
  async ({ client, servers }) => {
    const peer = await client();
    for (const [index, path] of ['/', '/chunked', '/'].entries()) {
      assert.equal((await ask(peer, head(path))).status, 200);
      const used = servers[0].peers[index];
      assert.equal(await used.closed, 'rst');
    }
    assert.equal(servers[0].peers.length, 3);
  },
);

/** Answers without a body as `/KIND` says, and `late` behind the first of them as soon as `release` is called. */
function lateBehind(late: string): { script: Script; release(): void; reset(): void } {
  let release = (): void => {};
  let released = new Promise<void>(() => {});
  let isFirst = true;
  return {
    release: () => release(),
    reset() {
      isFirst = true;
      released = new Promise((resolve) => (release = resolve));
    },
    async script(peer) {
      for (;;) {
        const request = await peer.readUntil(END_OF_HEAD).catch(() => '');
        if (request === '') return;
        const kind = /^\S+ \/(\w+)/.exec(request)?.[1] ?? '';
        if (kind === '304') await peer.send('HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n');
        else if (kind === '204') await peer.send('HTTP/1.1 204 No Content\r\n\r\n');
        else if (kind === 'head') await peer.send('HTTP/1.1 200 OK\r\n\r\n');
        else await peer.send(ok('hello'));
        if (!isFirst || kind === '') continue;
        isFirst = false;
        await released;
        await peer.send(late);
      }
    },
  };
}

for (const [title, request] of [
  ['a 304', get('/304')],
  ['a 204', get('/204')],
  ['an answer to HEAD without a length', head('/head')],
] as const) {
  const endpoint = lateBehind(FORGED);
  proxied(
    `a body that comes a moment behind ${title} is the answer of nobody, and its endpoint loses such connections`,
    { time },
    endpoint.script,
    async ({ client, servers, plane }) => {
      endpoint.reset();
      const [one, other] = [await client(), await client()];
      await ask(one, request);
      // The other client asks before the bytes come, and while they may still be waited for.
      assert.equal((await ask(other, get())).body, 'hello');
      endpoint.release();
      await until(() => strays(plane.table) === 1, 'the bytes are noticed');
      assert.equal(await servers[0].peers[0].closed, 'rst');
      assert.equal(plane.table.strays[0], STRAY_AFTER_HEAD);
      // From now on such a connection is not waited for, but closed; others are kept.
      const before = servers[0].peers.length;
      await ask(one, request);
      assert.equal(await servers[0].peers[1].closed, 'rst');
      for (let index = 0; index < 3; index++) assert.equal((await ask(other, get())).body, 'hello');
      assert.equal(servers[0].peers.length, before + 1);
    },
  );
}

proxied(
  'a connection that carried an answer without a body is used again once nothing has come for a while',
  { time },
  answering((request) => (request.includes('/304') ? 'HTTP/1.1 304 Not Modified\r\n\r\n' : ok('hello'))),
  async ({ client, servers, plane }) => {
    const peer = await client();
    await ask(peer, get('/304'));
    // It is with nobody, and not among the idle ones.
    assert.equal(plane.table.idleSockets(0), 0);
    time.advance(SETTLING_MS);
    assert.equal(plane.table.idleSockets(0), 1);
    assert.equal((await ask(peer, get())).body, 'hello');
    assert.equal(servers[0].peers.length, 1);
    assert.equal(strays(plane.table), 0);
  },
);

test('an endpoint that has sent nothing behind 1,000 answers without a body is not waited for any more', async () => {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', () => socket.write('HTTP/1.1 304 Not Modified\r\n\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const plane = await startPlane({ ports: [(server.address() as net.AddressInfo).port], pool: { maxIdle: 64 } });
  const exchange = (socket: net.Socket): Promise<void> =>
    new Promise((resolve) => {
      socket.once('data', () => resolve());
      socket.write(get());
    });
  const clients = Array.from({ length: 50 }, () => net.connect({ host: '127.0.0.1', port: plane.port }));
  for (let round = 0; round < 20; round++) await Promise.all(clients.map(exchange));
  await until(() => plane.table.idleSockets(0) === plane.table.connections[0], 'all are settled');
  const before = sockets.length;
  for (let round = 0; round < 20; round++) {
    await exchange(clients[0]);
    await until(() => plane.table.idleSockets(0) === plane.table.connections[0], 'it is idle at once');
  }
  // A burst without pauses: each finds the connection of the one before.
  for (let round = 0; round < 20; round++) await exchange(clients[0]);
  assert.equal(sockets.length, before);
  for (const client of clients) client.destroy();
  await plane.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function afterAnswer({ client, plane, servers }: Proxied, flags: number): Promise<void> {
  const peer = await client();
  for (let index = 1; plane.table.strays[0] === 0; index++) {
    assert.ok(index <= 5, 'five times are enough, however the reads fall');
    await ask(peer, get());
    await until(() => strays(plane.table) === index, 'the bytes are noticed');
  }
  assert.equal(plane.table.strays[0], flags);
  const before = servers[0].peers.length;
  for (let index = 0; index < 2; index++) assert.equal((await ask(peer, get())).body, 'hello');
  assert.equal(servers[0].peers.length, before + 2, 'no connection is used again');
}

proxied(
  'bytes behind a Content-Length in the same write end the connection, and the endpoint keeps none any more',
  {},
  answering(() => `${ok('hello')}\n`),
  (all) => afterAnswer(all, STRAY_AFTER_BODY),
);

proxied(
  'bytes that come late behind a Content-Length do the same, at the latest at the fifth time',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send(ok('hello'));
    await new Promise(setImmediate);
    await peer.send('\n');
    await peer.closed;
  },
  (all) => afterAnswer(all, STRAY_AFTER_BODY),
);

proxied(
  'bytes on an idle connection end that connection, and others are kept',
  {},
  async (peer) => {
    for (;;) {
      const request = await peer.readUntil(END_OF_HEAD).catch(() => '');
      if (request === '') return;
      await peer.send(ok('hello'));
    }
  },
  async ({ client, plane, servers }) => {
    const peer = await client();
    await ask(peer, get());
    await until(() => plane.table.idleSockets(0) === 1, 'it is idle');
    await servers[0].peers[0].send(ok('evil'));
    await until(() => strays(plane.table) === 1, 'the bytes are noticed');
    assert.equal(plane.table.strays[0], 0);
    for (let index = 0; index < 3; index++) assert.equal((await ask(peer, get())).body, 'hello');
    assert.equal(servers[0].peers.length, 2);
  },
);

proxied(
  'late bytes that meet the next request cost it nothing where it may be sent again, and eject nobody',
  {},
  async (peer) => {
    for (let index = 0; ; index++) {
      const request = await peer.readUntil(END_OF_HEAD).catch(() => '');
      if (request === '') return;
      // The rest of the answer before comes in front of this one, which is what a reused connection looks like then.
      await peer.send(index === 0 ? ok('hello') : `rest\n${ok('hello')}`);
    }
  },
  async ({ client, plane, servers }) => {
    const peer = await client();
    for (let index = 0; index < 3; index++) assert.equal((await ask(peer, get())).body, 'hello');
    assert.deepEqual([plane.table.strays[0], failuresInARow(plane.table.failures, 0)], [STRAY_AFTER_BODY, 0]);
    assert.equal(servers[0].peers.length, 3);
  },
);

proxied(
  'a 408 with which a server ends an idle connection is no stray byte',
  { time },
  answering(() => ok('hello')),
  async ({ client, plane, servers }) => {
    const peer = await client();
    await ask(peer, get());
    await until(() => plane.table.idleSockets(0) === 1, 'it is kept');
    time.advance(1100);
    // In one piece, as servers do: what comes alone is not known to be one.
    servers[0].peers[0].socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    await until(() => plane.table.connections[0] === 0, 'it has ended');
    assert.equal(strays(plane.table), 0);
  },
);
