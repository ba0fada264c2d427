/** Clients that send a body, or take an answer, so slowly that they are not waited for; and those that only seem to. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, it, test } from 'node:test';
import type { TestContext } from 'node:test';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { ROUTE_SLOW_CLIENTS } from '../../src/core/shared/route-table.ts';
import { startPlane } from '../support/data-plane.ts';
import { FakeTime } from '../support/fake-time.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { runBalancer } from '../support/running-balancer.ts';
import type { RawPeer, RawServer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const time = new FakeTime();
const GRACE_MS = 400;
const slowClients = { bodyBytesPerSecond: 1000, responseBytesPerSecond: 1000, graceMs: GRACE_MS };
const SLOW = { time, slowClients, timeouts: { requestBodyIdleMs: 200 } };
const STEP_MS = 50;

function post(path: string, more: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
}

/** Sends a head, and then `piece` every 50 ms, as soon as the endpoint has the one before. Until `isOver`. */
async function drip(
  client: RawPeer,
  server: RawServer,
  head: string,
  piece: string,
  isOver: (sent: number) => boolean,
): Promise<void> {
  const accepted = server.nextPeer();
  await client.send(head);
  const endpoint = await accepted;
  await until(() => endpoint.receivedBytes > 0, 'the head arrives');
  for (let sent = 0; !isOver(sent); sent++) {
    time.advance(STEP_MS);
    const before = endpoint.receivedBytes;
    await client.send(piece);
    await until(() => endpoint.receivedBytes > before || client.receivedBytes > 0, 'the piece arrives, or an answer');
  }
}

const silent = async (peer: RawPeer): Promise<void> => void (await peer.closed);

proxied(
  'a body that drips in is a 408 body-too-slow, though it never stands still; its endpoint is not blamed',
  SLOW,
  silent,
  async ({ client, servers, plane }) => {
    const peer = await client();
    let pieces = 0;
    await drip(peer, servers[0], post('/', 'Content-Length: 1000\r\n'), 'x', (sent) => {
      pieces = sent;
      return peer.receivedBytes > 0;
    });
    const { head, status } = await readResponse(peer);
    assert.equal(status, 408);
    assert.match(head, /\r\nFairlead-Error: body-too-slow\r\n/);
    assert.ok(pieces * STEP_MS > GRACE_MS && pieces * STEP_MS <= GRACE_MS + 3 * STEP_MS, `after ${pieces} pieces`);
    await until(() => servers[0].peers[0].state === 'rst', 'the endpoint sees it broken');
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
    assert.equal(plane.routes.total(1, ROUTE_SLOW_CLIENTS), 1);
  },
);

proxied(
  'a body that comes as fast as it has to is passed on whole, however long that takes',
  SLOW,
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.readBytes(6000);
    await peer.send(ok('whole'));
  },
  async ({ client, servers, plane }) => {
    const peer = await client();
    const piece = 'x'.repeat(60);
    await drip(peer, servers[0], post('/', 'Content-Length: 6000\r\n'), piece, (sent) => sent === 100);
    assert.equal((await readResponse(peer)).body, 'whole');
    assert.equal(plane.routes.total(1, ROUTE_SLOW_CLIENTS), 0);
  },
);

proxied(
  'a body whose last byte comes too late but comes is passed on',
  SLOW,
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.readBytes(8);
    await peer.send(ok('whole'));
  },
  async ({ client, servers }) => {
    const peer = await client();
    await drip(peer, servers[0], post('/', 'Content-Length: 9\r\n'), 'x', (sent) => sent === 8);
    time.advance(STEP_MS);
    await peer.send('x');
    assert.equal((await readResponse(peer)).body, 'whole');
  },
);

proxied(
  'the messages of a gRPC request, and of one that is answered by events, come as seldom as they like',
  SLOW,
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    if (head.startsWith('POST /events')) {
      await peer.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    }
    await peer.closed;
  },
  async ({ client, servers, plane }) => {
    const calling = await client();
    const grpc = post('/call', 'Transfer-Encoding: chunked\r\nContent-Type: application/grpc+proto\r\n');
    await drip(calling, servers[0], grpc, '1\r\nx\r\n', (sent) => sent === 30);
    assert.equal(calling.receivedBytes, 0);
    const talking = await client();
    await talking.send(post('/events', 'Transfer-Encoding: chunked\r\n'));
    await talking.readUntil(END_OF_HEAD);
    const [, endpoint] = servers[0].peers;
    for (let sent = 0; sent < 30; sent++) {
      time.advance(STEP_MS);
      const before = endpoint.receivedBytes;
      await talking.send('1\r\nx\r\n');
      await until(() => endpoint.receivedBytes > before, 'the piece arrives');
    }
    assert.equal(plane.routes.total(1, ROUTE_SLOW_CLIENTS), 0);
  },
);

proxied(
  'a body that drips in while its answer is under way cuts that answer',
  SLOW,
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun');
    await peer.closed;
  },
  async ({ client, servers, plane }) => {
    const peer = await client();
    await peer.send(post('/', 'Content-Length: 1000\r\n'));
    await peer.readUntil('begun');
    const [endpoint] = servers[0].peers;
    while (plane.routes.total(1, ROUTE_SLOW_CLIENTS) === 0) {
      time.advance(STEP_MS);
      const before = endpoint.receivedBytes;
      peer.socket.write('x');
      const isFound = (): boolean => plane.routes.total(1, ROUTE_SLOW_CLIENTS) > 0;
      await until(() => endpoint.receivedBytes > before || isFound(), 'the piece arrives, or none any more');
    }
    assert.equal(await peer.closed, 'fin');
  },
);

proxied(
  'with slowClients off a body may drip in for as long as it never stands still',
  { ...SLOW, slowClients: null },
  answering(() => ok('whole')),
  async ({ client, servers }) => {
    const peer = await client();
    await drip(peer, servers[0], post('/', 'Content-Length: 30\r\n'), 'x', (sent) => sent === 30);
    assert.equal((await readResponse(peer)).body, 'whole');
  },
);

// ——— answers

const BODY = 24 * 2 ** 20;
const SIP_BYTES = 64 * 1024;
/** A sip takes so long by the test's clock: 640 KiB a second. */
const SIP_MS = 100;
/** In which the system tells the other side of it. */
const SYSTEM_MS = 20;
/** Slow for so long, by far longer than the grace; then it takes all. */
const SIPS = 40;
const isTold = process.platform === 'linux';

async function listenOnce(t: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const server = net.createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A client that takes an answer sip by sip. Returns how much it got, and how that ended. */
async function sip(t: TestContext, port: number): Promise<{ bytes: number; end: string }> {
  const client = net.connect({ host: '127.0.0.1', port });
  t.after(() => client.destroy());
  client.write(get());
  const { promise, resolve } = Promise.withResolvers<string>();
  client.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  client.on('close', () => resolve('closed'));
  let bytes = 0;
  let since = 0;
  let sips = 0;
  client.on('data', (read: Buffer) => {
    bytes += read.length;
    since += read.length;
    if (bytes >= BODY) resolve('whole');
    if (since < SIP_BYTES || sips++ >= SIPS) return;
    since = 0;
    client.pause();
    setTimeout(() => {
      time.advance(SIP_MS);
      client.resume();
    }, SYSTEM_MS);
  });
  const end = await promise;
  client.destroy();
  return { bytes, end };
}

for (const [what, bytesPerSecond, type, expected] of [
  ['a client that takes an answer more slowly than responseRate is reset', 10_000_000, 'text/plain', 'ECONNRESET'],
  ['a client that takes an answer faster than responseRate gets it whole', 200_000, 'text/plain', 'whole'],
  ['a client of an event stream takes it as slowly as it likes', 10_000_000, 'text/event-stream', 'whole'],
] as const) {
  test(what, { skip: !isTold }, async (t) => {
    const port = await listenOnce(t, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${BODY}\r\n\r\n`);
        socket.end(Buffer.alloc(BODY));
      });
    });
    const slow = { ...slowClients, responseBytesPerSecond: bytesPerSecond };
    const plane = await startPlane({ ports: [port], time, slowClients: slow, timeouts: { writeIdleMs: 2000 } });
    t.after(() => plane.close());
    const { bytes, end } = await sip(t, plane.port);
    assert.equal(end, expected, `after ${bytes} bytes`);
    assert.equal(plane.routes.total(1, ROUTE_SLOW_CLIENTS), expected === 'whole' ? 0 : 1);
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
  });
}

// ——— in threads

/** Sends a byte of a large body every 20 ms. Resolves to what it is answered. */
function dripInto(t: TestContext, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.write(post('/', 'Content-Length: 100000\r\n'));
    const dripping = setInterval(() => socket.write('x'), 20);
    t.after(() => {
      clearInterval(dripping);
      socket.destroy();
    });
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
  });
}

/** Asks for a large answer, and takes as good as none of it. */
function takeHardly(t: TestContext, port: number): void {
  const socket = net.connect({ host: '127.0.0.1', port });
  socket.write(get());
  socket.on('error', () => {});
  socket.on('readable', () => {});
  const sipping = setInterval(() => void socket.read(1), 20);
  t.after(() => {
    clearInterval(sipping);
    socket.destroy();
  });
}

describe('slow clients of a balancer', () => {
  for (const threads of [1, 4]) {
    it(
      `slow clients end, others are served, and both are counted (${threads} threads)`,
      { skip: !isTold },
      async (t) => {
        const large = Buffer.alloc(2 ** 26);
        const endpoint = http.createServer((request, response) => {
          request.on('error', () => {});
          if (request.method === 'POST') request.resume().on('end', () => response.end());
          else response.end(request.url === '/small' ? 'hello' : large);
        });
        const endpointPort = await new Promise<number>((resolve) => {
          endpoint.listen(0, '127.0.0.1', () => resolve((endpoint.address() as AddressInfo).port));
        });
        t.after(() => {
          endpoint.closeAllConnections();
          endpoint.close();
        });
        const { balancer, port } = await runBalancer(`
        threads: ${threads}
        listeners: { web: "127.0.0.1:0" }
        slowClients: { bodyRate: 10KiB/s, responseRate: 1GiB/s, grace: 200ms }
        pools: { web: ["127.0.0.1:${endpointPort}"] }
      `);
        t.after(() => balancer.close({ force: true }));
        const told: string[] = [];
        balancer.on('refused', ({ reason, address }) => told.push(`${reason} ${address}`));
        const clients = 6;
        const dripping = Array.from({ length: clients }, () => dripInto(t, port));
        for (let count = 0; count < clients; count++) takeHardly(t, port);
        for (let count = 0; count < 20; count++) {
          const answer = await fetch(`http://127.0.0.1:${port}/small`);
          assert.equal(await answer.text(), 'hello');
        }
        for (const answer of await Promise.all(dripping)) assert.match(answer, /^HTTP\/1\.1 408 .*body-too-slow/s);
        const slow = (): number => balancer.stats().routes.reduce((sum, route) => sum + route.slowClients, 0);
        await until(
          () => slow() === 2 * clients,
          () => `${slow()} are counted`,
        );
        const refused = (): Readonly<Record<string, number>> => balancer.stats().listeners[0].refused;
        await until(
          () => refused()['client-too-slow'] === clients && refused()['body-too-slow'] === clients,
          () => `told of are ${JSON.stringify(refused())}`,
        );
        assert.deepEqual([...new Set(told)].sort(), ['body-too-slow 127.0.0.1', 'client-too-slow 127.0.0.1']);
        const { failures, inFlight } = balancer.stats().pools[0].endpoints[0];
        assert.deepEqual({ failures, inFlight }, { failures: 0, inFlight: 0 });
      },
    );
  }
});
