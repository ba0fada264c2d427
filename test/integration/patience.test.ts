/** How long an exchange waits for whom, over all its attempts. */
import assert from 'node:assert/strict';
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
  async ({ client }) => {
    const peer = await client();
    const before = performance.now();
    await peer.send(get());
    const response = await readResponse(peer);
    assert.equal(response.status, 504);
    assert.match(response.head, /Fairlead-Error: response-timeout/);
    assert.ok(performance.now() - before < 700, 'the second attempt had what the first left over');
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

proxied(
  'an endpoint that is silent to Expect: 100-continue is at fault, not the client that waits',
  { timeouts: { responseHeadMs: 100, requestBodyIdleMs: 60 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.closed;
  },
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    assert.equal((await readResponse(peer)).status, 504);
    assert.equal(plane.table.failures[0], 1);
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
    assert.deepEqual([plane.table.failures[0], plane.table.failures[1]], [1, 1]);
  },
);
