/** Which connections live on after an answer, and how those end that do not. */
import assert from 'node:assert/strict';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';

proxied(
  'HTTP/1.0 keeps its connection where it asks for it and the length is known, and gets no chunks',
  {},
  answering((head) =>
    head.startsWith('GET /chunked')
      ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n'
      : ok('x'),
  ),
  async ({ client }) => {
    const peer = await client();
    for (let round = 0; round < 2; round++) {
      await peer.send('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
      const { head, body } = await readResponse(peer);
      assert.match(head, /\r\nConnection: keep-alive\r\n/i);
      assert.equal(body, 'x');
    }
    await peer.send('GET /chunked HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
    const head = await peer.readUntil(END_OF_HEAD);
    assert.match(head, /\r\nConnection: close\r\n/i);
    assert.doesNotMatch(head, /\r\nTransfer-Encoding:/i);
    assert.equal(await peer.readAll(), 'hello');
  },
);

proxied(
  'HTTP/1.0 sees a chunked answer that breaks off as broken, not as ended',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    peer.end();
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    assert.equal(await peer.closed, 'rst');
  },
);

proxied(
  'a close of either side is that side alone',
  {},
  answering((head) => ok('x', head.startsWith('GET /close') ? 'Connection: close\r\n' : '')),
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send(get('/close'));
    assert.doesNotMatch((await readResponse(peer)).head, /\r\nConnection:/i);
    await peer.send(get('/again', 'Connection: close\r\n'));
    assert.match((await readResponse(peer)).head, /\r\nConnection: close\r\n/i);
    assert.equal(await peer.readAll(), '');
    const other = await client();
    await other.send(get());
    await readResponse(other);
    assert.equal(servers[0].peers.length, 2);
  },
);
