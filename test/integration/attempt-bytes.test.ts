/** Bytes are counted to the endpoint they went to and came from, attempt by attempt. */
import assert from 'node:assert/strict';
import { readEndpointStats } from '../../src/runtime/control/table-stats.ts';
import { END_OF_HEAD, ok, proxied, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

proxied(
  'an endpoint that refuses the connection is counted no bytes, the one that took the request all of them',
  { endpoints: 1, deadPorts: 1 },
  async (peer) => {
    for (;;) {
      if ((await peer.readUntil(END_OF_HEAD).catch(() => '')) === '') return;
      await peer.readBytes(1000);
      await peer.send(ok('done'));
    }
  },
  async ({ client, plane }) => {
    const peer = await client();
    for (let index = 0; index < 2; index++) {
      await peer.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`);
      assert.equal((await readResponse(peer)).status, 200);
    }
    await until(() => plane.plane.exchanges === 0, 'they have ended');
    const [refused, served] = [0, 1].map((slot) => readEndpointStats(plane.table, slot));
    assert.ok(refused.attempts > 0, 'it was tried');
    assert.deepEqual([refused.bytesSent, refused.bytesReceived], [0, 0]);
    assert.deepEqual([served.bytesSent, served.bytesReceived], [2000, 8]);
  },
);

proxied(
  'a body that was sent twice is counted to each endpoint that got it',
  { endpoints: 2 },
  async (peer, endpoint) => {
    if ((await peer.readUntil(END_OF_HEAD).catch(() => '')) === '') return;
    await peer.readBytes(1000);
    if (endpoint === 0) peer.reset();
    else await peer.send(ok('done'));
  },
  async ({ client, plane, servers }) => {
    for (let index = 0; index < 4 && servers[0].peers.length === 0; index++) {
      const peer = await client();
      await peer.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`);
      assert.equal((await readResponse(peer)).status, 200);
    }
    await until(() => plane.plane.exchanges === 0, 'they have ended');
    const [broken, served] = [0, 1].map((slot) => readEndpointStats(plane.table, slot));
    assert.deepEqual([broken.bytesSent, broken.bytesReceived], [1000 * broken.attempts, 0]);
    assert.deepEqual([served.bytesSent, served.bytesReceived], [1000 * served.attempts, 4 * served.attempts]);
  },
);
