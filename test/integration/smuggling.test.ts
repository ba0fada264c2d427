/**
 * Requests that two parsers could read in two ways. Each is refused before anything of it goes on, the connection
 * is closed after the answer, and what follows on it is never taken for a request.
 */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

const hello = answering((head) => ok(/^\S+ (\S+)/.exec(head)?.[1] ?? ''));
/** Stands behind each attack: a request of its own for whoever has read the first one otherwise. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

const post = (lines: string, body = ''): string => `POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n${body}`;

const HEADS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'two ways to say how long a body is': [
    ['bad-transfer-encoding', post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\nG')],
    [
      'bad-transfer-encoding',
      post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '8\r\nSMUGGLED\r\n0\r\n\r\n'),
    ],
    ['bad-transfer-encoding', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
    ['bad-transfer-encoding', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '0\r\n\r\n')],
    ['bad-content-length', post('Content-Length: 0\r\nContent-Length: 44\r\n')],
    ['bad-content-length', post('Content-Length: 5\r\nContent-Length: 5\r\n', 'aaaaa')],
  ],
  'codings in disguise': [
    ['bad-transfer-encoding', post('Transfer-Encoding: xchunked\r\n')],
    ['bad-transfer-encoding', post('Transfer-Encoding: chunked, identity\r\n')],
    ['bad-transfer-encoding', post('Transfer-Encoding: identity\r\n')],
    ['bad-transfer-encoding', post('Transfer-Encoding: \r\n')],
    ['bad-transfer-encoding', post('Transfer-Encoding: chunked,\r\n')],
    ['bad-transfer-encoding', post('Transfer-Encoding: "chunked"\r\n')],
    ['bad-header', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n')],
    ['bad-header', post('Transfer-Encoding\t: chunked\r\n', '0\r\n\r\n')],
    ['bad-header', post('Transfer-Encoding:\x0bchunked\r\n', '0\r\n\r\n')],
    ['bad-header', post(' Transfer-Encoding: chunked\r\n', '0\r\n\r\n')],
    ['bad-header', post('X: y\r\n Transfer-Encoding: chunked\r\n', '0\r\n\r\n')],
    ['bad-header', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n')],
    ['bad-transfer-encoding', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ],
  'lengths in disguise': [
    ['bad-content-length', post('Content-Length: +5\r\n', 'aaaaa')],
    ['bad-content-length', post('Content-Length: -1\r\n')],
    ['bad-content-length', post('Content-Length: 5, 5\r\n', 'aaaaa')],
    ['bad-content-length', post('Content-Length: 0x5\r\n', 'aaaaa')],
    ['bad-content-length', post('Content-Length: 5 5\r\n', 'aaaaa')],
    ['bad-content-length', post('Content-Length: \r\n')],
    ['bad-content-length', post('Content-Length: 99999999999999999999\r\n')],
    ['bad-header', post('Content-Length : 5\r\n', 'aaaaa')],
    ['bad-header', post('Content Length: 5\r\n', 'aaaaa')],
  ],
  'line ends and control characters': [
    ['bad-header', post('X: y\nContent-Length: 44\r\n')],
    ['bad-header', post('X: y\rContent-Length: 44\r\n')],
    ['bad-header', post('X: y\0z\r\n')],
    ['bad-header', post('X\0: y\r\n')],
    ['bad-header', post('X: \x7f\r\n')],
    ['bad-header', post('no colon\r\n')],
    ['bad-header', post(': no name\r\n')],
    ['bad-(?:version|request-line|header)', 'GET / HTTP/1.1\nHost: a\n\n'],
  ],
  'request lines': [
    ['bad-version', 'GET /\r\n\r\n'],
    ['bad-version', 'GET / HTTP/0.9\r\n\r\n'],
    ['bad-version', 'GET / HTTP/1.10\r\nHost: a\r\n\r\n'],
    ['bad-version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n'],
    ['bad-version', 'GET / http/1.1\r\nHost: a\r\n\r\n'],
    ['bad-target', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bad-target', 'GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bad-target', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bad-target', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bad-method', `${'M'.repeat(33)} / HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['bad-method', 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bad-request-line', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bad-request-line', ' GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ],
  hosts: [
    ['bad-host', 'GET / HTTP/1.1\r\n\r\n'],
    ['bad-host', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['bad-host', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['bad-host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
    ['bad-host', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
    ['bad-host', 'GET / HTTP/1.1\r\nHost: user@a\r\n\r\n'],
    ['bad-host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['bad-host', 'GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n'],
    ['bad-host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bad-host', 'GET http://a:8080/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bad-target', 'GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ],
  'Connection and Upgrade': [
    ['bad-connection', get('/', 'Connection: a b\r\n')],
    ['bad-connection', get('/', 'Connection: "close"\r\n')],
    ['bad-upgrade', post('Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n', 'aaaaa')],
    ['bad-upgrade', post('Connection: Upgrade\r\nUpgrade: websocket\r\n')],
  ],
};

for (const [kind, attacks] of Object.entries(HEADS)) {
  proxied(`nothing of a malformed head goes on: ${kind}`, {}, hello, async ({ client, servers }) => {
    for (const [code, attack] of attacks) {
      const peer = await client();
      await peer.send(attack + SMUGGLED);
      const response = await readResponse(peer);
      assert.match(response.head, new RegExp(`^HTTP/1\\.1 400 [^]*\\r\\nFairlead-Error: ${code}\\r\\n`), attack);
      assert.match(response.head, /\r\nConnection: close\r\n/);
      assert.equal(await peer.readAll(), '', attack);
      peer.end();
    }
    assert.equal(servers[0].peers.length, 0);
  });
}

/** Bodies behind `Transfer-Encoding: chunked`; the head is good, so it has gone on by then. */
const BODIES: readonly (readonly [string, string])[] = [
  ['bad-chunk', '0x5\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '+5\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '-5\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', ' 5\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '5 \r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '5_0\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '5\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '5\r\naaaaa\n0\r\n\r\n'],
  ['bad-chunk', '5\r\naaaaaX\r\n0\r\n\r\n'],
  ['bad-chunk', '5\raaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '100000000000000005\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '5;\nGET /x HTTP/1.1\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '5;a=\0\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '5;a="b\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-chunk', '5 ;a=b\r\naaaaa\r\n0\r\n\r\n'],
  ['bad-trailer', '5\r\naaaaa\r\n0\r\nContent-Length: 5\r\n\r\n'],
  ['bad-trailer', '5\r\naaaaa\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['bad-trailer', '5\r\naaaaa\r\n0\r\nHost: b\r\n\r\n'],
  ['bad-trailer', '5\r\naaaaa\r\n0\r\nAuthorization: x\r\n\r\n'],
  ['bad-trailer', '5\r\naaaaa\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n'],
  ['bad-trailer', '5\r\naaaaa\r\n0\r\nA : b\r\n\r\n'],
  ['bad-trailer', '5\r\naaaaa\r\n0\r\nA: b\n\r\n'],
  ['bad-trailer', '5\r\naaaaa\r\n0\r\n\n'],
];

proxied(
  'a malformed chunk or trailer is a 400, and the endpoint sees a broken request, never a whole one',
  {},
  async (peer) => {
    const all = await peer.readAll().catch((error: Error) => error.message);
    // A connect that was given up has brought nothing at all.
    assert.match(all, /^$|rst/);
    assert.doesNotMatch(all, /smuggled|0\\r\\n\\r\\n"$/);
  },
  async ({ client, servers, plane }) => {
    for (const [code, body] of BODIES) {
      const peer = await client();
      await peer.send(post('Transfer-Encoding: chunked\r\n', body) + SMUGGLED);
      const response = await readResponse(peer);
      assert.match(response.head, new RegExp(`^HTTP/1\\.1 400 [^]*\\r\\nFairlead-Error: ${code}\\r\\n`), body);
      assert.equal(await peer.readAll(), '', body);
      peer.end();
    }
    await until(() => servers[0].peers.every((peer) => peer.state !== 'open'), 'the endpoint sees each broken');
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
  },
);

proxied(
  'what no parser is in doubt about passes: extensions, trailers, unknown methods, empty values, a body with GET',
  {},
  async (peer) => {
    for (;;) {
      const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
      if (head === '') return;
      let rest = '';
      if (/transfer-encoding/i.test(head))
        rest = await peer.readUntil(/trailer/i.test(head) ? 'X: 1\r\n\r\n' : '0\r\n\r\n');
      else rest = await peer.readBytes(Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0));
      await peer.send(ok(`${head}${rest.replace(/(?:^|\r\n)[0-9a-f]+\r\n(?!\r\n)/g, '')}`));
    }
  },
  async ({ client, servers }) => {
    const peer = await client();
    const send = async (request: string): Promise<string> => {
      await peer.send(request);
      return (await readResponse(peer)).body;
    };
    assert.match(await send(post('Transfer-Encoding: Chunked\r\n', '5;a;b=c;d="e;f"\r\naaaaa\r\n0\r\n\r\n')), /aaaaa/);
    assert.match(
      await send(post('Trailer: X\r\nTransfer-Encoding: chunked\r\n', '5\r\naaaaa\r\n0\r\nX: 1\r\n\r\n')),
      /X: 1/,
    );
    assert.match(await send('BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n'), /^BREW \/pot HTTP\/1\.1\r\n/);
    assert.match(await send(get('/', 'X-Empty:\r\n')), /\r\nX-Empty:\r\n/);
    assert.match(await send(`GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\naaaaa`), /aaaaa$/);
    assert.match(await send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'), /^OPTIONS \* HTTP\/1\.1\r\n/);
    assert.match(await send('GET http://A/x?y HTTP/1.1\r\nHost: a\r\n\r\n'), /^GET \/x\?y HTTP\/1\.1\r\nHost: a\r\n/);
    assert.match(await send(post('Content-Length: 005\r\n', 'aaaaa')), /\r\nContent-Length: 5\r\n/);
    // What must not be sent twice takes a connection of its own, three times until one has been used again.
    assert.ok(servers[0].peers.length <= 3);
  },
);
