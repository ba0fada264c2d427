/** Pipelined requests: kept up to a bound, held by the client's own slowness, never lost. */
import assert from 'node:assert/strict';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

const echo = answering((head) => ok(/^\S+ (\S+)/.exec(head)?.[1] ?? ''));

proxied(
  'a client that sends requests and reads no answer is held, also where the answers are errors of ours',
  { routes: [{ match: { host: 'b' } }], timeouts: { writeIdleMs: 60_000 } },
  echo,
  async ({ client, net }) => {
    if (net.segmentation !== 'whole') return;
    const peer = await client();
    peer.stopReading();
    const batch = Buffer.from(get('/').repeat(2000), 'latin1');
    let written = 0;
    let isFree = true;
    for (let index = 0; index < 1500 && isFree; index++) {
      isFree = false;
      peer.socket.write(batch, () => {
        written += batch.length;
        isFree = true;
      });
      for (let wait = 0; wait < 100 && !(isFree as boolean); wait++)
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(isFree, false, `${written} bytes were taken`);
    peer.startReading();
    assert.equal((await readResponse(peer)).status, 404);
    peer.reset();
  },
);

proxied(
  'a client that takes no answer of ours for writeIdle is cut',
  { routes: [{ match: { host: 'b' } }], timeouts: { writeIdleMs: 100 } },
  echo,
  async ({ client, net, plane }) => {
    if (net.segmentation !== 'whole') return;
    const peer = await client();
    peer.stopReading();
    const batch = get('/').repeat(2000);
    for (let index = 0; index < 400; index++) peer.socket.write(batch);
    await until(() => plane.plane.connections === 0, 'the connection is cut');
  },
);

proxied(
  'an upload behind a full pipeline waits for its connection in bounded memory',
  { pool: { maxConnections: 1 }, timeouts: { connectMs: 4000 } },
  async (peer) => {
    for (;;) {
      const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
      if (head === '') return;
      const path = /^\S+ (\S+)/.exec(head)?.[1] ?? '';
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (length > 0) await peer.readBytes(length);
      await peer.send(ok(path, 'Connection: close\r\n'));
      peer.end();
    }
  },
  async ({ client, net, plane, servers }) => {
    if (net.segmentation !== 'whole') return;
    const peer = await client();
    // More than is kept for later stands behind the first request: the connection is paused.
    const total = 32 * 1024 * 1024;
    peer.socket.write(get('/first') + `POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: ${total}\r\n\r\n`);
    peer.socket.write(Buffer.alloc(256 * 1024));
    assert.equal((await readResponse(peer)).body, '/first');
    let written = 256 * 1024;
    const piece = Buffer.alloc(1024 * 1024);
    for (let at = 0; at < 31; at++) peer.socket.write(piece, () => (written += piece.length));
    peer.socket.write(Buffer.alloc(total - written - 31 * piece.length));
    assert.equal((await readResponse(peer)).body, '/upload');
    assert.ok(servers[0].peers.length >= 2);
    assert.equal(plane.plane.faults, 0);
  },
);
