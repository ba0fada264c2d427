/** Answers that break: a 502 while nothing of them has gone out, a cut connection after, and one failure counted. */
import assert from 'node:assert/strict';
import { clearFailures, failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { EJECTION } from '../support/data-plane.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

/** Heads that are refused, and what is said of them. */
const HEADS: readonly (readonly [head: string, rule: string])[] = [
  [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'malformed Transfer-Encoding, or Content-Length beside it',
  ],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!', 'repeated or malformed Content-Length'],
  ['HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello', 'repeated or malformed Content-Length'],
  [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello',
    'malformed Transfer-Encoding, or Content-Length beside it',
  ],
  ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'Transfer-Encoding in HTTP/1.0'],
  ['HTTP/1.1 200 OK\nContent-Length: 0\n\n', 'lone LF in head'],
  ['HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n', 'folded header line'],
  ['HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 0\r\n\r\n', 'blank before a colon'],
  ['HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n', 'control character in head'],
  ['HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n', 'malformed status line'],
  ['HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n', 'malformed status line'],
  ['\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'malformed status line'],
  [`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`, 'head over limits.head'],
];

proxied(
  'a malformed head of an answer is a 502, its connection is not used again, and the endpoint is blamed',
  { pool: { ejection: { ...EJECTION, enabled: false } } },
  answering((head) => HEADS[Number(/^GET \/(\d+)/.exec(head)?.[1] ?? 0)][0]),
  async ({ client, plane, servers }) => {
    for (let index = 0; index < HEADS.length; index++) {
      const peer = await client();
      await peer.send(get(`/${index}`));
      const response = await readResponse(peer);
      assert.equal(response.status, 502, HEADS[index][0].slice(0, 100));
      assert.match(response.head, /\r\nFairlead-Error: bad-response\r\n/);
      assert.equal(failuresInARow(plane.table.failures, 0), 1);
      clearFailures(plane.table.failures, 0);
      // The next failure is the first again, and is told to the control plane.
      const report = plane.reports.findLast(({ type }) => type === 'passive-failure');
      assert.equal(
        report?.type === 'passive-failure' ? `${report.failure}: ${report.detail}` : '',
        `bad-response: ${HEADS[index][1]}`,
      );
    }
    assert.equal(servers[0].peers.length, HEADS.length);
  },
);

proxied(
  'a body that is bad in the same read as its head is a 502, since nothing has gone out yet',
  {},
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    const bad = head.startsWith('GET /chunk') ? 'zz\r\nhello\r\n' : '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n';
    // In one segment, whatever the test's own way of writing.
    peer.socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${bad}`);
    await peer.closed;
  },
  async ({ client, plane }) => {
    for (const path of ['/chunk', '/trailer']) {
      const peer = await client();
      await peer.send(get(path));
      const response = await readResponse(peer);
      assert.equal(response.status, 502);
      assert.match(response.head, /\r\nFairlead-Error: bad-response\r\n/);
      assert.doesNotMatch(response.head, /200 OK/);
      // The client's own side is in order, so it goes on.
      assert.doesNotMatch(response.head, /Connection: close/);
    }
    assert.equal(failuresInARow(plane.table.failures, 0), 2);
  },
);

proxied(
  'a body that is bad after its head has gone out is cut',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await peer.closed;
  },
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send(get());
    // In however many chunks.
    assert.match(await peer.readUntil((text) => (text.endsWith('o\r\n') ? text.length : -1)), /200 OK/);
    await servers[0].peers[0].send('zz\r\n');
    const rest = await peer.readAll().catch((error: Error) => error.message);
    assert.doesNotMatch(rest, /502|0\r\n\r\n$/);
  },
);

proxied(
  'an answer that counts by its status and then breaks counts once',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\n12345');
    peer.end();
  },
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(get());
    await peer.closed;
    await until(() => plane.plane.exchanges === 0, 'it ends');
    assert.equal(failuresInARow(plane.table.failures, 0), 1);
  },
);

proxied(
  'an answer of 64 KiB in chunks of every size, above and below what is gathered, arrives whole',
  {},
  async (peer) => {
    for (;;) {
      const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
      if (head === '') return;
      let text = '';
      for (let size = 1, at = 0; at < 65_536; at += size, size = (size * 5 + 3) % 9000 || 1) {
        size = Math.min(size, 65_536 - at);
        text += `${size.toString(16)}\r\n${String.fromCharCode(97 + (at % 26)).repeat(size)}\r\n`;
      }
      await peer.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}0\r\n\r\n`);
    }
  },
  async ({ client }) => {
    const peer = await client();
    for (let round = 0; round < 2; round++) {
      await peer.send(get());
      await peer.readUntil(END_OF_HEAD);
      let total = 0;
      for (;;) {
        const size = Number.parseInt(await peer.readUntil('\r\n'), 16);
        const piece = await peer.readBytes(size);
        assert.match(piece, /^[a-z]*$/);
        total += size;
        assert.equal(await peer.readBytes(2), '\r\n');
        if (size === 0) break;
      }
      assert.equal(total, 65_536);
    }
  },
);

/** What small servers let a program behind their CGI write. */
const UNIX_LINES: readonly string[] = [
  'HTTP/1.1 200 OK\nContent-Length: 5\nX: y\n\nhello',
  'HTTP/1.1 200 OK\r\nContent-Length: 5\nX: y\r\n\nhello',
  'HTTP/1.1 200 OK\nContent-Length: 5\r\nX: y\n\r\nhello',
  'HTTP/1.1 103 Early Hints\n\nHTTP/1.1 200 OK\nContent-Length: 5\nX: y\n\nhello',
  ok('hello', 'X: y\r\n'),
];

proxied(
  'with answers: lenient lines of a head may end with LF alone, and go on with CRLF',
  { pool: { answers: 'lenient' } },
  answering((head) => UNIX_LINES[Number(/^GET \/(\d+)/.exec(head)?.[1] ?? 0)]),
  async ({ client, plane, servers }) => {
    const peer = await client();
    for (let index = 0; index < UNIX_LINES.length; index++) {
      await peer.send(get(`/${index}`));
      let answer = await readResponse(peer);
      while (answer.status < 200) answer = await readResponse(peer);
      assert.equal(answer.status, 200);
      assert.match(answer.head, /\r\nX: y\r\n/);
      assert.doesNotMatch(answer.head, /[^\r]\n/);
      assert.equal(answer.body, 'hello');
    }
    assert.equal(servers[0].peers.length, 1);
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
  },
);

proxied(
  'answers: lenient takes nothing else that is malformed',
  { pool: { answers: 'lenient' } },
  answering((head) => (head.startsWith('GET /0') ? 'HTTP/1.1 200 OK\nX: a\rb\n\n' : 'HTTP/1.1 200 OK\nX : y\n\n')),
  async ({ client }) => {
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      await peer.send(get(`/${index}`));
      assert.equal((await readResponse(peer)).status, 502);
    }
  },
);
