/** Peers that take bytes slowly, and clients that leave while nobody reads from them. */
import assert from 'node:assert/strict';
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { startPlane } from '../support/data-plane.ts';
import { FakeTime } from '../support/fake-time.ts';
import { END_OF_HEAD, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

/** Stands still until it is moved: by each peer that takes its time. */
const time = new FakeTime();
const WRITE_IDLE_MS = 800;
const BODY = 24 * 2 ** 20;
/** A peer takes so much every so often: far less than what waits for it, and never nothing for `writeIdle`. */
const SIP_BYTES = 64 * 1024;
const SIP_MS = 100;
/** In which the system tells the other side of it. */
const SYSTEM_MS = 150;
/** Slow for so long, several times `writeIdle`; then it takes all. */
const SIPS = 20;

/** The system tells how much of what was written the peer has taken. */
const isTold = process.platform === 'linux';

/** Reads a message's head and `bodyBytes` behind it, a little at a time. */
function sip(socket: Socket, bodyBytes: number, onDone: () => void): void {
  let missing = 0;
  let sips = 0;
  let since = 0;
  socket.on('data', (bytes: Buffer) => {
    if (missing === 0) missing = bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length + bodyBytes;
    missing -= bytes.length;
    since += bytes.length;
    if (missing === 0) onDone();
    if (sips >= SIPS || since < SIP_BYTES) return;
    since = 0;
    sips++;
    socket.pause();
    setTimeout(() => {
      time.advance(SIP_MS);
      socket.resume();
    }, SYSTEM_MS);
  });
}

async function listen(t: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const server = net.createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test(
  'a client that takes a large answer slowly gets all of it, however long a single write waits',
  { skip: !isTold },
  async (t) => {
    const port = await listen(t, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY}\r\n\r\n`);
        socket.end(Buffer.alloc(BODY));
      });
    });
    const plane = await startPlane({ ports: [port], time, timeouts: { writeIdleMs: WRITE_IDLE_MS } });
    t.after(() => plane.close());
    const client = net.connect({ host: '127.0.0.1', port: plane.port });
    t.after(() => client.destroy());
    client.write(get());
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    sip(client, BODY, () => resolve(undefined));
    client.on('error', reject);
    client.on('close', () => reject(new Error('closed before the end')));
    await promise;
  },
);

test('an endpoint that takes a large body slowly answers, and is not blamed', { skip: !isTold }, async (t) => {
  const port = await listen(t, (socket) => {
    socket.on('error', () => {});
    sip(socket, BODY, () => socket.end(ok('taken')));
  });
  const plane = await startPlane({ ports: [port], time, timeouts: { writeIdleMs: WRITE_IDLE_MS } });
  t.after(() => plane.close());
  const client = net.connect({ host: '127.0.0.1', port: plane.port });
  t.after(() => client.destroy());
  client.write(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BODY}\r\n\r\n`);
  client.write(Buffer.alloc(BODY));
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  client.once('data', resolve);
  client.on('error', reject);
  const answer = await promise;
  assert.match(answer.toString('latin1'), /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(failuresInARow(plane.table.failures, 0), 0);
});

/** More than is kept of later requests. */
const PIPELINE = get('/later').repeat(8000);

for (const leave of ['end', 'reset'] as const) {
  proxied(
    `a client that has left behind a full pipeline gives its place back at once (${leave})`,
    {},
    async (peer) => {
      await peer.readUntil(END_OF_HEAD);
    },
    async ({ client, net: sockets, plane, servers }) => {
      if (sockets.segmentation !== 'whole' || !isTold) return;
      const peer = await client();
      peer.socket.write(get('/first') + PIPELINE);
      await until(() => plane.plane.exchanges === 1 && plane.memory.keptBytes > 65_536, 'the pipeline is full');
      if (leave === 'reset') peer.reset();
      else peer.socket.destroySoon();
      await until(() => plane.plane.exchanges === 0 && plane.plane.connections === 0, 'the place is free');
      assert.equal(servers[0].peers.length, 1);
    },
  );
}

proxied(
  'what is kept of the requests of a client that has left is not begun when the answer before it is over',
  { time, timeouts: { responseHeadMs: 600 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
  },
  async ({ client, net: sockets, plane, servers }) => {
    if (sockets.segmentation !== 'whole' || !isTold) return;
    const peer = await client();
    peer.socket.write(get('/first') + PIPELINE);
    await until(() => plane.plane.exchanges === 1 && plane.memory.keptBytes > 65_536, 'the pipeline is full');
    peer.socket.destroySoon();
    await until(() => {
      time.advance(50);
      return plane.plane.connections === 0;
    }, 'the connection is let go of');
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'a client that waits behind a full pipeline of slow answers gets them all',
  {},
  async (peer) => {
    for (let index = 0; ; index++) {
      await peer.readUntil(END_OF_HEAD);
      // Longer than after which a client is looked for.
      if (index === 0) await new Promise((resolve) => setTimeout(resolve, 1300));
      await peer.send(ok(String(index)));
    }
  },
  async ({ client, net: sockets }) => {
    if (sockets.segmentation !== 'whole') return;
    const peer = await client();
    peer.socket.write(get('/first') + get('/later').repeat(3000));
    for (let index = 0; index <= 3000; index++) assert.equal((await readResponse(peer)).body, String(index));
    peer.end();
  },
);
