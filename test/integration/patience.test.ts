/** How long an exchange waits for whom, over all its attempts. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { COUNTER_FAILURES } from '../../src/core/shared/pool-table.ts';
import { EJECTION } from '../support/data-plane.ts';
import { FakeTime } from '../support/fake-time.ts';
import { END_OF_HEAD, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { RawPeer, RawServer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

/** Stands still: how long something takes decides nothing here. */
const time = new FakeTime();
/** A timer is late by up to two ticks of the wheel. */
const LATE_MS = 100;

/** Reads everything and answers nothing. */
const silent = async (peer: RawPeer): Promise<void> => void (await peer.closed);

/** The connections on which a request has reached an endpoint. */
function asked(servers: readonly RawServer[]): RawPeer[] {
  return servers.flatMap(({ peers }) => peers).filter(({ receivedBytes }) => receivedBytes > 0);
}

proxied(
  'the time for a response runs over all attempts together',
  { time, endpoints: 3, timeouts: { responseHeadMs: 400 } },
  silent,
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send(get());
    await until(() => asked(servers).length === 1, 'the first attempt');
    const [first] = asked(servers);
    time.advance(250);
    first.reset();
    // The second attempt, after a pause, has what the first left over, which is less than 250.
    await until(() => {
      if (servers.every(({ peers }) => peers.length === 0 || peers[0] === first)) time.advance(1);
      return asked(servers).length === 2;
    }, 'the second attempt');
    time.advance(150 + LATE_MS);
    const response = await readResponse(peer);
    assert.equal(response.status, 504);
    assert.match(response.head, /Fairlead-Error: response-timeout/);
  },
);

proxied(
  'perTry is the time of one attempt',
  { time, endpoints: 2, timeouts: { perTryMs: 400 } },
  silent,
  async ({ client, servers }) => {
    for (const isInTime of [true, false]) {
      const before = asked(servers);
      const peer = await client();
      await peer.send(get());
      await until(() => asked(servers).length > before.length, 'it reaches an endpoint');
      const endpoint = asked(servers).find((other) => !before.includes(other)) as RawPeer;
      time.advance(isInTime ? 350 : 400 + LATE_MS);
      if (isInTime) await endpoint.send(ok('in time', 'Connection: close\r\n'));
      assert.equal((await readResponse(peer)).status, isInTime ? 200 : 504);
    }
  },
);

/** A request whose client wants to hear 100 before it sends its body. */
const EXPECTANT = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n';

proxied(
  'a client that waits for a 100 that does not come gets one from us, once, and is served',
  { time, timeouts: { responseHeadMs: 100, requestBodyIdleMs: 200 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 103 Early Hints\r\n\r\n');
    const body = await peer.readBytes(4);
    await peer.send(`HTTP/1.1 100 Continue\r\n\r\n${ok(body)}`);
  },
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(EXPECTANT);
    assert.match(await peer.readUntil(END_OF_HEAD), /^HTTP\/1\.1 103 /);
    time.advance(100 + LATE_MS);
    assert.equal(await peer.readUntil(END_OF_HEAD), 'HTTP/1.1 100 Continue\r\n\r\n');
    await peer.send('body');
    assert.equal((await readResponse(peer)).body, 'body');
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
  },
);

proxied(
  'clients that wait for 100 and then send nothing get a 408, and eject nobody',
  { time, timeouts: { responseHeadMs: 60, requestBodyIdleMs: 200 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.closed;
  },
  async ({ client, plane, servers }) => {
    const peers = await Promise.all(Array.from({ length: 12 }, client));
    await Promise.all(peers.map((peer) => peer.send(EXPECTANT)));
    await until(() => asked(servers).length === 12, 'all have reached the endpoint');
    time.advance(60 + LATE_MS);
    for (const peer of peers) assert.equal(await peer.readUntil(END_OF_HEAD), 'HTTP/1.1 100 Continue\r\n\r\n');
    time.advance(200 + LATE_MS);
    for (const peer of peers) assert.equal((await readResponse(peer)).status, 408);
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
    assert.deepEqual(plane.reports, []);
  },
);

/** What a server may do with a request, by path. */
const DEEDS: Readonly<Record<string, string>> = {
  '/status': 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n',
  '/malformed': 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',
  '/broken': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab',
  '/chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n',
  '/switched': 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
  '/closed': '',
};

proxied(
  'no answer to a request that is not complete counts against its endpoint; the same to a whole one does',
  {
    timeouts: { perTryMs: 150 },
    pool: { ejection: { ...EJECTION, failures: 100, statuses: [503] } },
  },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    const path = head.split(' ')[1];
    if (head.includes('Content-Length: 1\r')) await peer.readBytes(1);
    if (path === '/reset') {
      peer.reset();
      return;
    }
    if (path !== '/silent') {
      await peer.send(DEEDS[path]);
      peer.end();
    }
    await peer.closed;
  },
  async ({ client, plane }) => {
    for (const path of [...Object.keys(DEEDS), '/reset', '/silent']) {
      for (const [length, blamed] of [
        [2, 0],
        [1, 1],
      ]) {
        const before = plane.table.total(0, COUNTER_FAILURES);
        const peer = await client();
        await peer.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\nx`);
        await peer.readUntil(END_OF_HEAD).catch(() => '');
        await peer.closed;
        assert.equal(plane.table.total(0, COUNTER_FAILURES) - before, blamed, `${path} with ${length}`);
      }
    }
  },
);

proxied(
  'a request is not sent again once a part of a response has come',
  { endpoints: 2 },
  async (peer, endpoint) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send(endpoint === 0 ? 'HTTP/1.1 200 O' : 'HTTP/1.1 103 Early Hints\r\n\r\n');
    peer.end();
  },
  async ({ client, servers, plane }) => {
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      await peer.send(get());
      await peer.readUntil(/* an interim answer may come first */ 'HTTP/1.1 502 Bad Gateway\r\n');
    }
    assert.deepEqual(
      servers.map(({ peers }) => peers.length),
      [1, 1],
    );
    assert.deepEqual([failuresInARow(plane.table.failures, 0), failuresInARow(plane.table.failures, 1)], [1, 1]);
  },
);
