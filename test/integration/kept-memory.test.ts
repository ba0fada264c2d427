/** What is kept for later costs what it counts, is bounded over all threads, and what happens at the bound is counted. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { BLOCK_BYTES, MEMORY_PIPELINES, MEMORY_REPLAYS, MEMORY_REQUESTS } from '../../src/core/shared/memory-table.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import type { RunningBalancer } from '../support/running-balancer.ts';
import { usedBytes } from '../support/used-bytes.ts';
import { until } from '../support/until.ts';

/** Less than any use may lease: whatever is to be kept is refused. */
const NO_ROOM = BLOCK_BYTES;
const CHUNKED_PUT = 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

const silent = async (): Promise<void> => {};
const echo = answering((head) => ok(/^\S+ (\S+)/.exec(head)?.[1] ?? ''));

proxied(
  'a body of single-byte chunks costs no more than its bytes, kept for a retry or for an endpoint to come',
  { pool: { maxConnections: 4 }, timeouts: { connectMs: 30_000 } },
  silent,
  async ({ client, net: sockets, plane }) => {
    if (sockets.segmentation !== 'whole') return;
    const chunks = Buffer.from('1\r\nx\r\n'.repeat(60_000));
    const before = usedBytes();
    // Four are sent on and kept for a retry, four wait for a place.
    const peers = await Promise.all(Array.from({ length: 8 }, () => client()));
    for (const peer of peers) peer.socket.write(Buffer.concat([Buffer.from(CHUNKED_PUT), chunks]));
    await until(() => plane.memory.keptBytes > 8 * 60_000, 'the bodies are kept');
    await until(() => plane.plane.exchanges === 8, 'all are under way');
    const grown = usedBytes() - before;
    assert.ok(plane.memory.keptBytes < 8 * 128 * 1024, `${plane.memory.keptBytes} bytes are counted`);
    assert.ok(grown < 6 * 2 ** 20, `${grown} bytes more are in use`);
    for (const peer of peers) peer.reset();
  },
);

proxied(
  'without memory a body is sent on, not kept, and its request is not tried again',
  { memoryBytes: NO_ROOM },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send(ok('warm'));
    await peer.readUntil('body');
    peer.reset();
  },
  async ({ client, net: sockets, plane, servers }) => {
    if (sockets.segmentation !== 'whole') return;
    const peer = await client();
    // With a connection at hand the body need not wait for one.
    await peer.send(get());
    assert.equal((await readResponse(peer)).body, 'warm');
    await peer.send('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody');
    const { head, status } = await readResponse(peer);
    assert.deepEqual([status, /fairlead-error: (\S+)/i.exec(head)?.[1]], [502, 'upstream-reset']);
    assert.equal(servers[0].peers.length, 1);
    assert.equal(plane.memory.total(MEMORY_REPLAYS), 1);
    peer.end();
  },
);

proxied(
  'without memory a request that would wait for a place is answered 503 at once, and counted',
  { pool: { maxConnections: 1 }, timeouts: { connectMs: 30_000 }, memoryBytes: NO_ROOM },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    if (!head.startsWith('GET /first')) return;
    await peer.readUntil('go on');
    await peer.send(ok('first'));
  },
  async ({ client, net: sockets, plane }) => {
    if (sockets.segmentation !== 'whole') return;
    const first = await client();
    await first.send('GET /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
    await until(() => plane.table.connections[0] === 1, 'the only place is taken');
    const second = await client();
    await second.send(get('/second'));
    const { head, status } = await readResponse(second);
    assert.deepEqual([status, /fairlead-error: (\S+)/i.exec(head)?.[1]], [503, 'memory']);
    assert.equal(plane.memory.total(MEMORY_REQUESTS), 1);
    await first.send('go on');
    assert.equal((await readResponse(first)).body, 'first');
    first.end();
    second.end();
  },
);

proxied(
  'without memory a part of a head is answered 503',
  { memoryBytes: NO_ROOM },
  echo,
  async ({ client, net: sockets, plane }) => {
    if (sockets.segmentation !== 'whole') return;
    const peer = await client();
    await peer.send('GET / HTTP/1.1\r\nHos');
    const { head, status } = await readResponse(peer);
    assert.deepEqual([status, /fairlead-error: (\S+)/i.exec(head)?.[1]], [503, 'memory']);
    assert.match(head, /connection: close/i);
    assert.equal(plane.memory.total(MEMORY_REQUESTS), 1);
    peer.end();
  },
);

proxied(
  'without memory requests behind the one under way are not begun, and its answer says that the connection ends',
  { memoryBytes: NO_ROOM },
  echo,
  async ({ client, net: sockets, plane, servers }) => {
    if (sockets.segmentation !== 'whole') return;
    const peer = await client();
    await peer.send(get('/first') + get('/second') + get('/third'));
    const { head, body } = await readResponse(peer);
    assert.equal(body, '/first');
    assert.match(head, /connection: close/i);
    assert.equal(await peer.readAll(), '');
    assert.equal(plane.memory.total(MEMORY_PIPELINES), 1);
    assert.equal(servers[0].peers.length, 1);
  },
);

interface Full {
  readonly running: RunningBalancer;
  /** The config with another `memory.max`. */
  readonly written: (max: string) => string;
  /** Answers all. */
  readonly release: () => void;
}

/** A balancer before one endpoint that takes a single connection and keeps its first request until told. */
async function startFull(t: TestContext, threads: number): Promise<Full> {
  const waiting: http.ServerResponse[] = [];
  let isHolding = true;
  const server = http.createServer((request, response) => {
    request.resume();
    if (isHolding) waiting.push(response);
    else response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const written = (max: string): string => `
    threads: ${threads}
    memory: { max: ${max} }
    listeners: { web: "127.0.0.1:0" }
    timeouts: { connect: 60s }
    pools: { web: { maxConnections: 1, endpoints: ["127.0.0.1:${port}"] } }
  `;
  const running = await runBalancer(written('1MiB'));
  t.after(async () => {
    await running.balancer.close({ force: true });
    server.closeAllConnections();
    server.close();
  });
  const first = http.get({ host: '127.0.0.1', port: running.port, agent: false }, (response) => response.resume());
  first.on('error', () => {});
  await until(() => waiting.length === 1, 'the only place is taken');
  const release = (): void => {
    isHolding = false;
    for (const response of waiting) response.end('ok');
  };
  return { running, written, release };
}

/** A POST of 40 KB on a connection of its own; resolves to the status line of its answer. */
function post(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n');
    socket.write(Buffer.alloc(40_000));
    socket.setEncoding('latin1');
    socket.once('data', (text: string) => {
      resolve(text.split('\r\n', 1)[0]);
      socket.destroy();
    });
    socket.on('error', (error) => resolve(error.message));
  });
}

for (const threads of [1, 4]) {
  test(`requests that wait keep no more than memory.max in all, ${threads} threads`, async (t) => {
    const { running, release } = await startFull(t, threads);
    const { balancer, port } = running;
    const statuses: string[] = [];
    const posts = Array.from({ length: 60 }, async () => statuses.push(await post(port)));
    await until(() => balancer.stats().memory.requestsRefused >= 30, 'what there is no memory for is refused');
    const { memory } = balancer.stats();
    assert.equal(memory.maxBytes, 2 ** 20);
    assert.ok(memory.keptBytes <= (7 / 8) * 2 ** 20, `${memory.keptBytes} bytes are kept`);
    assert.ok(memory.leasedBytes <= (7 / 8) * 2 ** 20, `${memory.leasedBytes} bytes are leased`);
    assert.ok(memory.keptBytes >= 10 * 40_000, `only ${memory.keptBytes} bytes are kept`);
    release();
    await Promise.all(posts);
    const refused = statuses.filter((line) => line === 'HTTP/1.1 503 Service Unavailable').length;
    assert.equal(refused, balancer.stats().memory.requestsRefused);
    assert.equal(statuses.filter((line) => line === 'HTTP/1.1 200 OK').length, 60 - refused);
    await until(() => balancer.stats().memory.keptBytes === 0, 'all is let go of');
    assert.ok(balancer.stats().memory.leasedBytes <= threads * BLOCK_BYTES);
  });
}

test('a reload changes memory.max, and says so', async (t) => {
  const { running, written } = await startFull(t, 1);
  const { balancer } = running;
  const { changes } = await balancer.reload(configOf(written('2MiB')));
  assert.deepEqual(changes, [{ kind: 'setting-changed', setting: 'memory' }]);
  assert.equal(balancer.stats().memory.maxBytes, 2 ** 21);
});
