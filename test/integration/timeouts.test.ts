/** Each timeout at the socket: what it measures, whom it answers, whose fault it is. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const SHORT = 80;
const hello = answering(() => ok('hello'));

/** Reads everything and answers nothing. */
const silent = async (peer: RawPeer): Promise<void> => void (await peer.closed);

async function assertFault(peer: RawPeer, status: number, code: string): Promise<void> {
  const response = await readResponse(peer);
  assert.equal(response.status, status);
  assert.match(response.head, new RegExp(`\\r\\nFairlead-Error: ${code}\\r\\n`));
}

proxied(
  'keepAlive closes an idle connection without a word, from its beginning and between requests',
  { timeouts: { keepAliveMs: SHORT } },
  hello,
  async ({ client }) => {
    const fresh = await client();
    const used = await client();
    await used.send(get());
    assert.equal((await readResponse(used)).body, 'hello');
    assert.equal(await fresh.readAll(), '');
    assert.equal(await used.readAll(), '');
  },
);

proxied(
  'requestHead runs from the first byte of a head to its last, and trickling does not help',
  { timeouts: { requestHeadMs: SHORT } },
  hello,
  async ({ client, servers }) => {
    const peer = await client();
    const trickle = setInterval(() => peer.socket.write('x'), 10);
    peer.socket.write('GET /');
    await assertFault(peer, 408, 'request-timeout');
    clearInterval(trickle);
    assert.equal(await peer.closed, 'fin');
    assert.equal(servers[0].peers.length, 0);
  },
);

proxied(
  'requestBodyIdle is a 408, the endpoint sees its request broken, and is not blamed',
  { timeouts: { requestBodyIdleMs: SHORT } },
  silent,
  async ({ client, servers, plane }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
    await assertFault(peer, 408, 'request-timeout');
    await until(() => servers[0].peers[0].state === 'rst', 'the endpoint sees it broken');
    assert.equal(failuresInARow(plane.table, 0), 0);
  },
);

proxied(
  'responseHead runs from the last byte of the request: a slow upload does not use it up',
  { timeouts: { responseHeadMs: SHORT } },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    const body = await peer.readBytes(4);
    if (head.startsWith('POST /answered')) await peer.send(ok(body));
    else await peer.closed;
  },
  async ({ client, plane }) => {
    const upload = async (path: string): Promise<RawPeer> => {
      const peer = await client();
      await peer.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n`);
      for (const byte of 'body') {
        await new Promise((resolve) => setTimeout(resolve, 40));
        await peer.send(byte);
      }
      return peer;
    };
    assert.equal((await readResponse(await upload('/answered'))).body, 'body');
    await assertFault(await upload('/silent'), 504, 'response-timeout');
    assert.equal(failuresInARow(plane.table, 0), 1);
  },
);

proxied(
  'responseHead is one time for all attempts together',
  { endpoints: 2, timeouts: { responseHeadMs: 300 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD).catch(() => '');
    setTimeout(() => peer.reset(), 200);
  },
  async ({ client }) => {
    const began = performance.now();
    const peer = await client();
    await peer.send(get());
    await assertFault(peer, 504, 'response-timeout');
    assert.ok(performance.now() - began < 1200);
  },
);

proxied(
  'a client that asks for 100 and sends its body anyway, bit by bit, is served',
  { timeouts: { responseHeadMs: 150, requestBodyIdleMs: 100 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send(ok(await peer.readBytes(8)));
  },
  async ({ client }) => {
    const eager = await client();
    await eager.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n');
    for (const byte of 'the body') {
      await new Promise((resolve) => setTimeout(resolve, 30));
      await eager.send(byte);
    }
    assert.equal((await readResponse(eager)).body, 'the body');
  },
);

proxied(
  'responseIdle cuts an answer that stands still, and blames the endpoint; events may be silent for longer',
  { timeouts: { responseIdleMs: SHORT } },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    const type = head.startsWith('GET /events') ? 'text/event-stream' : 'text/plain';
    await peer.send(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: 10\r\n\r\n12345`);
    if (head.startsWith('GET /events')) setTimeout(() => void peer.send('67890'), 3 * SHORT);
    await peer.closed;
  },
  async ({ client, plane }) => {
    const stalled = await client();
    await stalled.send(get('/stalled'));
    assert.match(await stalled.readAll(), /\r\n\r\n12345$/);
    assert.equal(failuresInARow(plane.table, 0), 1);
    const events = await client();
    await events.send(get('/events'));
    assert.equal((await readResponse(events)).body, '1234567890');
  },
);

proxied(
  'perTry runs anew for each attempt, total does not',
  { endpoints: 2, timeouts: { perTryMs: 250, totalMs: 5000 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD).catch(() => '');
    // Two attempts of 150 ms are more than one of 250.
    setTimeout(() => {
      if (served.count++ % 2 === 0) peer.reset();
      else void peer.send(ok('late'));
    }, 150);
  },
  async ({ client }) => {
    served.count = 0;
    const peer = await client();
    await peer.send(get());
    assert.equal((await readResponse(peer)).body, 'late');
  },
);

const served = { count: 0 };

proxied(
  'perTry and total are a 504 before the answer, total cuts it within',
  { timeouts: { perTryMs: SHORT, totalMs: 4 * SHORT } },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    if (head.startsWith('GET /begun')) await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345');
    await peer.closed;
  },
  async ({ client }) => {
    const tried = await client();
    await tried.send(get('/tried'));
    await assertFault(tried, 504, 'response-timeout');
    const begun = await client();
    await begun.send(get('/begun'));
    assert.match(await begun.readAll(), /\r\n\r\n12345$/);
  },
);

proxied(
  'a place that does not become free within the connect time is a 503 with Retry-After, and nobody is blamed',
  { pool: { maxConnections: 1 }, timeouts: { connectMs: SHORT } },
  silent,
  async ({ client, plane }) => {
    const holder = await client();
    await holder.send(get());
    await until(() => plane.table.connections[0] === 1, 'the place is taken');
    const peer = await client();
    await peer.send(get());
    const response = await readResponse(peer);
    assert.equal(response.status, 503);
    assert.match(response.head, /\r\nFairlead-Error: queue-timeout\r\n/);
    assert.match(response.head, /\r\nRetry-After: \d+\r\n/);
    assert.equal(failuresInARow(plane.table, 0), 0);
    holder.reset();
  },
);

proxied(
  'an idle upstream connection is closed a second before the server said it would',
  { pool: { idleTimeoutMs: 60_000 } },
  answering(() => ok('x', 'Keep-Alive: timeout=1\r\n')),
  async ({ client, servers, plane }) => {
    const peer = await client();
    await peer.send(get());
    await readResponse(peer);
    await until(() => plane.table.idleSockets(0) === 1, 'it lies idle');
    await until(() => servers[0].peers[0].state !== 'open', 'it is closed');
    assert.equal(plane.table.idleSockets(0), 0);
  },
);
