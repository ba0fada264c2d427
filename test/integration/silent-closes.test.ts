/** Endpoints that close connections without saying so: no request is lost to that which must not be sent twice. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { startPlane } from '../support/data-plane.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Script } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
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
      assert.equal(plane.table.failures[0], 0);
    },
  );
}

test('of 400 POSTs side by side with GETs to a server that closes at random none is lost', async () => {
  const sockets = new Set<net.Socket>();
  let turn = 0;
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    // One request a connection, whatever else comes.
    socket.once('data', () => {
      socket.write(ok('done'));
      const kind = turn++ % 3;
      if (kind === 0) socket.end();
      else if (kind === 1) setTimeout(() => socket.end(), 1);
      else setTimeout(() => socket.destroy(), 4);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const plane = await startPlane({ ports: [(server.address() as net.AddressInfo).port] });
  const exchange = (socket: net.Socket, request: string): Promise<string> =>
    new Promise((resolve) => {
      socket.once('data', (data) => resolve(data.toString('latin1', 9, 12)));
      socket.write(request);
    });
  const statuses: string[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, lane) => {
      const socket = net.connect({ host: '127.0.0.1', port: plane.port, noDelay: true });
      for (let round = 0; round < 20; round++) {
        const isPost = (lane + round) % 4 > 0;
        const status = await exchange(socket, isPost ? POST : get());
        if (isPost) statuses.push(status);
      }
      socket.destroy();
    }),
  );
  assert.deepEqual([...new Set(statuses)], ['200']);
  await plane.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
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

proxied(
  'an endpoint that keeps its connections gets POSTs on them, once one has lain idle for 100 ms',
  {},
  answering(() => ok('done')),
  async ({ client, servers }) => {
    const peer = await client();
    assert.equal(await ask(peer, POST), 200);
    assert.equal(await ask(peer, POST), 200);
    assert.equal(servers[0].peers.length, 2);
    await new Promise((resolve) => setTimeout(resolve, 110));
    // This one looks at how long they have lain there, the next ones go by it.
    assert.equal(await ask(peer, POST), 200);
    for (let index = 0; index < 3; index++) assert.equal(await ask(peer, POST), 200);
    assert.equal(servers[0].peers.length, 3);
  },
);

test('an idle timeout shorter than ours is learned from two closes', async () => {
  const KEPT_MS = 400;
  const sockets: net.Socket[] = [];
  const closedByServer: net.Socket[] = [];
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    let timer: NodeJS.Timeout | undefined;
    socket.on('error', () => {});
    socket.on('close', () => clearTimeout(timer));
    socket.on('data', () => {
      clearTimeout(timer);
      socket.write(ok('done'));
      timer = setTimeout(() => {
        closedByServer.push(socket);
        socket.end();
      }, KEPT_MS);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const plane = await startPlane({ ports: [(server.address() as net.AddressInfo).port] });
  const client = net.connect({ host: '127.0.0.1', port: plane.port });
  for (let round = 0; round < 3; round++) {
    client.write(get());
    await until(() => plane.table.idleSockets(0) === 1, 'it is kept');
    await until(() => plane.table.connections[0] === 0, 'it has ended');
  }
  // The third one was closed by us, before the server's time was over.
  assert.deepEqual([sockets.length, closedByServer.length], [3, 2]);
  client.destroy();
  await plane.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
