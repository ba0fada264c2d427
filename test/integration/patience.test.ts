/** How long an exchange waits for whom, over all its attempts. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { COUNTER_FAILURES } from '../../src/core/shared/pool-table.ts';
import { EJECTION } from '../support/data-plane.ts';
import { END_OF_HEAD, get, ok, proxied, readResponse } from '../support/proxied.ts';

proxied(
  'the time for a response runs over all attempts together',
  { endpoints: 3, timeouts: { responseHeadMs: 400 } },
  async (peer) => {
    // Each is slow, and then resets: three such attempts would take longer than one may.
    await peer.readUntil(END_OF_HEAD).catch(() => '');
    await new Promise((resolve) => setTimeout(resolve, 250));
    peer.reset();
  },
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send(get());
    const response = await readResponse(peer);
    assert.equal(response.status, 504);
    assert.match(response.head, /Fairlead-Error: response-timeout/);
    // The second attempt had what the first left over, which is less than a server takes.
    const attempts = servers.reduce((sum, server) => sum + server.peers.length, 0);
    assert.ok(attempts <= 2, `${attempts} attempts`);
  },
);

proxied(
  'perTry is the time of one attempt',
  { endpoints: 2, timeouts: { perTryMs: 400 } },
  async (peer, endpoint) => {
    await peer.readUntil(END_OF_HEAD).catch(() => '');
    if (endpoint === 1) await new Promise((resolve) => setTimeout(resolve, 250));
    else await peer.closed;
    if (endpoint === 1) await peer.send(ok('in time'));
  },
  async ({ client }) => {
    const statuses = new Set<number>();
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      await peer.send(get());
      statuses.add((await readResponse(peer)).status);
    }
    assert.deepEqual(statuses, new Set([200, 504]));
  },
);

/** A request whose client wants to hear 100 before it sends its body. */
const EXPECTANT = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n';

proxied(
  'a client that waits for a 100 that does not come gets one from us, once, and is served',
  { timeouts: { responseHeadMs: 100, requestBodyIdleMs: 60 } },
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
    assert.equal(await peer.readUntil(END_OF_HEAD), 'HTTP/1.1 100 Continue\r\n\r\n');
    await peer.send('body');
    assert.equal((await readResponse(peer)).body, 'body');
    assert.equal(failuresInARow(plane.table, 0), 0);
  },
);

proxied(
  'clients that wait for 100 and then send nothing get a 408, and eject nobody',
  { timeouts: { responseHeadMs: 60, requestBodyIdleMs: 60 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.closed;
  },
  async ({ client, plane }) => {
    const peers = await Promise.all(Array.from({ length: 12 }, client));
    await Promise.all(
      peers.map(async (peer) => {
        await peer.send(EXPECTANT);
        assert.equal(await peer.readUntil(END_OF_HEAD), 'HTTP/1.1 100 Continue\r\n\r\n');
        assert.equal((await readResponse(peer)).status, 408);
      }),
    );
    assert.equal(failuresInARow(plane.table, 0), 0);
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
    assert.deepEqual([failuresInARow(plane.table, 0), failuresInARow(plane.table, 1)], [1, 1]);
  },
);
