/** Each timeout at the socket: what it measures, whom it answers, whose fault it is. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { FakeTime } from '../support/fake-time.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { RawPeer, RawServer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

/** Stands still: how long something takes decides nothing here. */
const time = new FakeTime();
const SHORT = 80;
/** A timer is late by up to two ticks of the wheel. */
const LATE_MS = 100;
const hello = answering(() => ok('hello'));

/** Reads everything and answers nothing. */
const silent = async (peer: RawPeer): Promise<void> => void (await peer.closed);

/** Resolves when so many requests have reached the endpoints, on a connection each. */
async function arrive(servers: readonly RawServer[], count: number): Promise<void> {
  const peers = (): RawPeer[] => servers.flatMap((server) => server.peers);
  await until(() => peers().filter(({ receivedBytes }) => receivedBytes > 0).length === count, `${count} requests`);
}

async function assertFault(peer: RawPeer, status: number, code: string): Promise<void> {
  const response = await readResponse(peer);
  assert.equal(response.status, status);
  assert.match(response.head, new RegExp(`\\r\\nFairlead-Error: ${code}\\r\\n`));
}

proxied(
  'keepAlive closes an idle connection without a word, from its beginning and between requests',
  { time, timeouts: { keepAliveMs: SHORT } },
  hello,
  async ({ client, plane }) => {
    const fresh = await client();
    const used = await client();
    await used.send(get());
    assert.equal((await readResponse(used)).body, 'hello');
    await until(() => plane.plane.connections === 2 && plane.plane.exchanges === 0, 'both are idle');
    time.advance(SHORT + LATE_MS);
    assert.equal(await fresh.readAll(), '');
    assert.equal(await used.readAll(), '');
  },
);

proxied(
  'requestHead runs from the first byte of a head to its last, and trickling does not help',
  { time, timeouts: { requestHeadMs: SHORT } },
  hello,
  async ({ client, servers }) => {
    const peer = await client();
    peer.socket.write('GET /');
    const trickle = setInterval(() => {
      peer.socket.write('x');
      time.advance(10);
    }, 1);
    await assertFault(peer, 408, 'request-timeout');
    clearInterval(trickle);
    assert.equal(await peer.closed, 'fin');
    assert.equal(servers[0].peers.length, 0);
  },
);

proxied(
  'requestBodyIdle is a 408, the endpoint sees its request broken, and is not blamed',
  { time, timeouts: { requestBodyIdleMs: SHORT } },
  silent,
  async ({ client, servers, plane }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
    await arrive(servers, 1);
    time.advance(SHORT + LATE_MS);
    await assertFault(peer, 408, 'request-timeout');
    await until(() => servers[0].peers[0].state === 'rst', 'the endpoint sees it broken');
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
  },
);

proxied(
  'responseHead runs from the last byte of the request: a slow upload does not use it up',
  { time, timeouts: { responseHeadMs: SHORT } },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    const body = await peer.readBytes(4);
    if (head.startsWith('POST /answered')) await peer.send(ok(body));
    else await peer.closed;
  },
  async ({ client, plane, servers }) => {
    const upload = async (path: string): Promise<RawPeer> => {
      const peer = await client();
      const accepted = servers[0].nextPeer();
      await peer.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n`);
      const endpoint = await accepted;
      for (const byte of 'body') {
        await until(() => endpoint.receivedBytes > 0, 'the head arrives');
        time.advance(40);
        const before = endpoint.receivedBytes;
        await peer.send(byte);
        await until(() => endpoint.receivedBytes > before, 'the byte arrives');
      }
      return peer;
    };
    assert.equal((await readResponse(await upload('/answered'))).body, 'body');
    const silent = await upload('/silent');
    time.advance(SHORT + LATE_MS);
    await assertFault(silent, 504, 'response-timeout');
    assert.equal(failuresInARow(plane.table.failures, 0), 1);
  },
);

proxied(
  'a client that asks for 100 and sends its body anyway, bit by bit, is served',
  { time, timeouts: { responseHeadMs: 150, requestBodyIdleMs: 100 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send(ok(await peer.readBytes(8)));
  },
  async ({ client, servers }) => {
    const eager = await client();
    await eager.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n');
    await arrive(servers, 1);
    const [endpoint] = servers[0].peers;
    for (const byte of 'the body') {
      time.advance(30);
      const before = endpoint.receivedBytes;
      await eager.send(byte);
      await until(() => endpoint.receivedBytes > before, 'the byte arrives');
    }
    assert.equal((await readResponse(eager)).body, 'the body');
  },
);

proxied(
  'responseIdle cuts an answer that stands still, and blames the endpoint; events may be silent for longer',
  { time, timeouts: { responseIdleMs: SHORT } },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    const type = head.startsWith('GET /events') ? 'text/event-stream' : 'text/plain';
    await peer.send(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: 10\r\n\r\n12345`);
    await peer.closed;
  },
  async ({ client, plane, servers }) => {
    const stalled = await client();
    await stalled.send(get('/stalled'));
    await stalled.readUntil('12345');
    time.advance(SHORT + LATE_MS);
    assert.equal(await stalled.readAll(), '');
    assert.equal(failuresInARow(plane.table.failures, 0), 1);
    const events = await client();
    await events.send(get('/events'));
    await events.readUntil('12345');
    time.advance(10 * SHORT);
    await servers[0].peers[1].send('67890');
    assert.equal(await events.readBytes(5), '67890');
  },
);

proxied(
  'perTry runs anew for each attempt, total does not',
  { time, endpoints: 2, timeouts: { perTryMs: 250, totalMs: 5000 } },
  silent,
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send(get());
    await arrive(servers, 1);
    const [first] = servers.flatMap(({ peers }) => peers);
    // Two attempts of 150 ms are more than one of 250.
    time.advance(150);
    first.reset();
    // The pause between two attempts.
    const second = (): RawPeer[] => servers.flatMap(({ peers }) => peers).filter((other) => other !== first);
    await until(() => {
      if (second().length === 0) time.advance(1);
      return second().some(({ receivedBytes }) => receivedBytes > 0);
    }, 'the second attempt');
    time.advance(150);
    await second()[0].send(ok('late'));
    assert.equal((await readResponse(peer)).body, 'late');
  },
);

proxied(
  'perTry and total are a 504 before the answer, total cuts it within',
  { time, timeouts: { perTryMs: SHORT, totalMs: 4 * SHORT } },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    if (head.startsWith('GET /begun')) await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345');
    await peer.closed;
  },
  async ({ client, servers }) => {
    const tried = await client();
    await tried.send(get('/tried'));
    await arrive(servers, 1);
    time.advance(SHORT + LATE_MS);
    await assertFault(tried, 504, 'response-timeout');
    const begun = await client();
    await begun.send(get('/begun'));
    await begun.readUntil('12345');
    time.advance(4 * SHORT + LATE_MS);
    assert.equal(await begun.readAll(), '');
  },
);

proxied(
  'a place that does not become free within the connect time is a 503 with Retry-After, and nobody is blamed',
  { time, pool: { maxConnections: 1 }, timeouts: { connectMs: SHORT } },
  silent,
  async ({ client, plane }) => {
    const holder = await client();
    await holder.send(get());
    await until(() => plane.table.connections[0] === 1, 'the place is taken');
    const peer = await client();
    await peer.send(get());
    await until(() => plane.plane.exchanges === 2, 'another one waits for it');
    time.advance(SHORT + LATE_MS);
    const response = await readResponse(peer);
    assert.equal(response.status, 503);
    assert.match(response.head, /\r\nFairlead-Error: queue-timeout\r\n/);
    assert.match(response.head, /\r\nRetry-After: \d+\r\n/);
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
    holder.reset();
  },
);

proxied(
  'an idle upstream connection is closed a second before the server said it would',
  { time, pool: { idleTimeoutMs: 60_000 } },
  answering(() => ok('x', 'Keep-Alive: timeout=1\r\n')),
  async ({ client, servers, plane }) => {
    const peer = await client();
    await peer.send(get());
    await readResponse(peer);
    await until(() => plane.table.idleSockets(0) === 1, 'it lies idle');
    // Of a hint of one second half is used.
    time.advance(450);
    assert.equal(plane.table.idleSockets(0), 1);
    time.advance(50 + LATE_MS);
    assert.equal(plane.table.idleSockets(0), 0);
    assert.equal(await servers[0].peers[0].closed, 'fin');
  },
);
