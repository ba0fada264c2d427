/** Limits on what a client may send, each with its status and its code, and nothing that grows without bound. */
import assert from 'node:assert/strict';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const hello = answering((head) => ok(/^\S+ (\S+)/.exec(head)?.[1] ?? ''));

async function assertFault(peer: RawPeer, status: number, code: string): Promise<void> {
  const response = await readResponse(peer);
  assert.equal(response.status, status);
  assert.match(response.head, new RegExp(`\\r\\nFairlead-Error: ${code}\\r\\n`));
  assert.match(response.head, /\r\nConnection: close\r\n/);
  assert.equal(await peer.closed, 'fin');
}

proxied(
  'a target over the limit is a 414, whether or not its line is complete',
  { limits: { targetBytes: 100, headBytes: 1000 } },
  hello,
  async ({ client, servers }) => {
    const complete = await client();
    await complete.send(get(`/${'a'.repeat(100)}`));
    await assertFault(complete, 414, 'target-too-long');
    const endless = await client();
    await endless.send(`GET /${'a'.repeat(1100)}`);
    await assertFault(endless, 414, 'target-too-long');
    const most = await client();
    await most.send(get(`/${'a'.repeat(99)}`));
    assert.equal((await readResponse(most)).status, 200);
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'a head over the limit is a 431, in bytes as in lines, whether or not it is complete',
  { limits: { headBytes: 1000, headers: 10 } },
  hello,
  async ({ client, servers }) => {
    const complete = await client();
    await complete.send(get('/', `X-Long: ${'a'.repeat(1000)}\r\n`));
    await assertFault(complete, 431, 'head-too-large');
    const endless = await client();
    await endless.send(`GET / HTTP/1.1\r\nX-Long: ${'a'.repeat(1000)}`);
    await assertFault(endless, 431, 'head-too-large');
    const many = await client();
    await many.send(get('/', 'A: b\r\n'.repeat(10)));
    await assertFault(many, 431, 'head-too-large');
    const most = await client();
    await most.send(get('/', 'A: b\r\n'.repeat(9)));
    assert.equal((await readResponse(most)).status, 200);
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'a body over the limit of its route is a 413 at once where its length says so, before any byte goes on',
  { routes: [{ maxBody: 10 }] },
  hello,
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n');
    await assertFault(peer, 413, 'payload-too-large');
    assert.equal(servers[0].peers.length, 0);
    const most = await client();
    await most.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789');
    assert.equal((await readResponse(most)).status, 200);
  },
);

proxied(
  'a chunked body is a 413 when it passes the limit, and the endpoint never sees its end',
  { routes: [{ maxBody: 10 }] },
  async (peer) => {
    const all = await peer.readAll().catch((error: Error) => error.message);
    assert.doesNotMatch(all, /0\r\n\r\n$/);
  },
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n',
    );
    await assertFault(peer, 413, 'payload-too-large');
    // By a reset; or by a FIN, where its connect was given up before a byte had been sent.
    await until(() => servers[0].peers.every((other) => other.state !== 'open'), 'the endpoint sees it broken');
  },
);

proxied(
  'unanswerable versions, codings, expectations, methods and upgrades each have their status',
  {},
  hello,
  async ({ client, servers }) => {
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ';
    const cases: readonly (readonly [string, number, string])[] = [
      ['GET / HTTP/1.2\r\nHost: a\r\n\r\n', 505, 'unknown-version'],
      ['GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505, 'unknown-version'],
      [`${chunked}gzip, chunked\r\n\r\n`, 501, 'unknown-coding'],
      ['POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\n', 417, 'expectation-failed'],
      ['CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 405, 'connect-not-allowed'],
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'http2-not-enabled'],
      [get('/', 'Connection: upgrade\r\nUpgrade: web socket\r\n'), 400, 'bad-upgrade'],
    ];
    for (const [request, status, code] of cases) {
      const peer = await client();
      await peer.send(request);
      await assertFault(peer, status, code);
    }
    assert.equal(servers[0].peers.length, 0);
  },
);

proxied(
  'a path without a normal form is a 400, and the connection lives on',
  {},
  hello,
  async ({ client, servers }) => {
    const peer = await client();
    for (const path of ['/%00', '/%zz', '/..', '/a/../../b', '/%2e%2e/']) {
      await peer.send(get(path));
      const response = await readResponse(peer);
      assert.equal(response.status, 400, path);
      assert.match(response.head, /\r\nFairlead-Error: bad-path\r\n/);
    }
    assert.equal(servers[0].peers.length, 0);
    await peer.send(get('/fine'));
    assert.equal((await readResponse(peer)).body, '/fine');
  },
);

proxied(
  'errors of ours are text, or JSON for who asks, carry the request id, and have no body for HEAD',
  { routes: [{ match: { host: 'b' } }] },
  hello,
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/', 'X-Request-Id: my-id\r\n'));
    const text = await readResponse(peer);
    assert.match(text.head, /^HTTP\/1\.1 404 Not Found\r\nDate: /);
    assert.match(text.head, /\r\nX-Request-Id: my-id\r\n/);
    assert.match(text.body, /no-route my-id/);
    assert.doesNotMatch(text.head, /\r\n(?:Server|Connection):/);
    await peer.send(get('/', 'Accept: text/html, application/json\r\n'));
    const json = await readResponse(peer);
    assert.match(json.head, /\r\nContent-Type: application\/json\r\n/);
    assert.equal((JSON.parse(json.body) as { error: string }).error, 'no-route');
    await peer.send(get().replace('GET', 'HEAD'));
    assert.equal((await readResponse(peer, true)).status, 404);
    await peer.send(get().replace('Host: a', 'Host: b'));
    assert.equal((await readResponse(peer)).body, '/');
  },
);

proxied(
  'empty lines before a request are passed over wherever they are cut, a few of them',
  {},
  hello,
  async ({ client }) => {
    const peer = await client();
    await peer.send(`\r\n\r\n${get('/a')}`);
    assert.equal((await readResponse(peer)).body, '/a');
    await peer.send(`\r\n${get('/b')}`);
    assert.equal((await readResponse(peer)).body, '/b');
    const many = await client();
    await many.send('\r\n'.repeat(20) + get('/c'));
    await assertFault(many, 400, 'bad-request-line');
  },
);
