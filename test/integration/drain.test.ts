/** Drain, and the ways a client ends its side: what is under way finishes, what is idle closes. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { FakeTime } from '../support/fake-time.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

/** Stands still until it is moved. */
const time = new FakeTime();

const echo = answering((head) => ok(/^\S+ (\S+)/.exec(head)?.[1] ?? ''));

/** Answers only when told to. */
function held(): { script(peer: RawPeer): Promise<void>; arrived(): number; go(): void } {
  let waiting: (() => void)[] = [];
  let count = 0;
  return {
    arrived: () => count,
    go() {
      for (const resolve of waiting) resolve();
      waiting = [];
      count = 0;
    },
    async script(peer) {
      for (;;) {
        const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
        if (head === '') return;
        count++;
        await new Promise<void>((resolve) => waiting.push(resolve));
        await peer.send(ok(/^\S+ (\S+)/.exec(head)?.[1] ?? ''));
      }
    },
  };
}

const slow = held();
proxied(
  'what is in flight when draining begins is answered, says Connection: close, and the connection closes',
  {},
  slow.script,
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(get('/a'));
    await until(() => slow.arrived() === 1, 'it is under way');
    plane.plane.beginDrain();
    slow.go();
    const response = await readResponse(peer);
    assert.equal(response.body, '/a');
    assert.match(response.head, /\r\nConnection: close\r\n/);
    assert.equal(await peer.readAll(), '');
    peer.end();
    await until(() => plane.plane.connections === 0, 'nothing is left');
  },
);

proxied(
  'an idle connection still has a second for a request on its way, and then closes',
  { time },
  echo,
  async ({ client, plane }) => {
    const used = await client();
    await used.send(get('/a'));
    await readResponse(used);
    const late = await client();
    const idle = await client();
    await until(() => plane.plane.connections === 3, 'they are accepted');
    plane.plane.beginDrain();
    time.advance(900);
    await late.send(get('/late'));
    const response = await readResponse(late);
    assert.equal(response.body, '/late');
    assert.match(response.head, /\r\nConnection: close\r\n/);
    assert.equal(await late.readAll(), '');
    late.end();
    await until(() => plane.plane.connections === 2, 'the others are still there');
    time.advance(200);
    assert.equal(await idle.readAll(), '');
    assert.equal(await used.readAll(), '');
    await until(() => plane.plane.connections === 0, 'nothing is left');
  },
);

proxied(
  'while draining our own answers close as well, and a connection accepted late is served once',
  { routes: [{ match: { host: 'b' } }] },
  echo,
  async ({ client, plane }) => {
    plane.plane.beginDrain();
    const peer = await client();
    await peer.send(get());
    const response = await readResponse(peer);
    assert.equal(response.status, 404);
    assert.match(response.head, /\r\nConnection: close\r\n/);
    assert.equal(await peer.readAll(), '');
    // Lingering lasts half a second then, whether or not the client ends its side.
    await until(() => plane.plane.connections === 0, 'nothing is left');
  },
);

proxied(
  'pipelined requests behind one that is in flight when draining begins are not answered: the client repeats them',
  {},
  slow.script,
  async ({ client, plane, servers }) => {
    const peer = await client();
    await peer.send(get('/a') + get('/b'));
    await until(() => slow.arrived() === 1, 'it is under way');
    plane.plane.beginDrain();
    slow.go();
    assert.equal((await readResponse(peer)).body, '/a');
    assert.equal(await peer.readAll(), '');
    assert.equal(servers[0].peers.length, 1);
    assert.equal(slow.arrived(), 0);
  },
);

proxied(
  'requests that wait for a place when draining begins are answered in turn, and nothing is left',
  { pool: { maxRequests: 1 } },
  slow.script,
  async ({ client, plane }) => {
    const first = await client();
    await first.send(get('/a'));
    await until(() => slow.arrived() === 1, 'the first is under way');
    const waiting = [await client(), await client()];
    for (const [index, peer] of waiting.entries()) {
      await peer.send(get(`/waiting/${index}`));
      await until(() => plane.plane.exchanges === 2 + index, 'it waits');
    }
    plane.plane.beginDrain();
    slow.go();
    assert.equal((await readResponse(first)).body, '/a');
    for (const [index, peer] of waiting.entries()) {
      await until(() => slow.arrived() === 1, 'the next is under way');
      slow.go();
      const response = await readResponse(peer);
      assert.equal(response.body, `/waiting/${index}`);
      assert.match(response.head, /\r\nConnection: close\r\n/);
      assert.equal(await peer.readAll(), '');
    }
    for (const peer of [first, ...waiting]) peer.end();
    await until(() => plane.plane.connections === 0, 'nothing is left');
  },
);

proxied(
  'requests that are held when draining begins are answered at once, and none is held from then on',
  { deadPorts: 1, endpoints: 0, pool: { queue: { maxWaiting: 10, timeoutMs: 0, targetMs: 0, holdMs: 20_000 } } },
  slow.script,
  async ({ client, plane }) => {
    plane.table.held.poolAnswered(Date.now());
    const held = await client();
    await held.send(get('/held'));
    await until(() => plane.table.held.count === 1, 'it is held');
    const later = await client();
    await later.send('GET /later HTTP/1.1\r\n');
    plane.plane.beginDrain();
    assert.match((await readResponse(held)).head, / 503 [^]*\r\nFairlead-Error: held-too-long\r\n/);
    await later.send('Host: a\r\n\r\n');
    assert.match((await readResponse(later)).head, /\r\nFairlead-Error: connect-failed\r\n/);
    assert.equal(plane.table.held.count, 0);
  },
);

// ——— the client's FIN

proxied(
  'a client that leaves while its request waits for a place and its body is still to come is out of the queue',
  { pool: { maxRequests: 1, queue: { maxWaiting: 10, timeoutMs: 30_000, targetMs: 0, holdMs: 0 } } },
  slow.script,
  async ({ client, plane }) => {
    const first = await client();
    await first.send(get('/a'));
    await until(() => slow.arrived() === 1, 'the first is under way');
    const leaver = await client();
    await leaver.send('POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf');
    await until(() => plane.table.held.queued === 1, 'the second waits');
    leaver.end();
    await until(() => plane.table.held.queued === 0, 'the second has left the queue');
    slow.go();
    assert.equal((await readResponse(first)).body, '/a');
  },
);

proxied(
  'with halfClose: allow a client that has ended its side gets all its answers, pipelined ones too',
  { listener: { halfClose: 'allow' } },
  slow.script,
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(get('/a') + get('/b'));
    peer.end();
    for (const path of ['/a', '/b']) {
      await until(() => slow.arrived() === 1, 'a request arrives');
      slow.go();
      assert.equal((await readResponse(peer)).body, path);
    }
    assert.equal(await peer.readAll(), '');
    await until(() => plane.plane.connections === 0, 'the connection closes');
  },
);

proxied(
  'a FIN before the answer cancels the exchange and what is pipelined behind it',
  {},
  async (peer) => void (await peer.closed),
  async ({ client, plane, servers }) => {
    const peer = await client();
    await peer.send(get('/a') + get('/b') + get('/c'));
    await until(() => (servers[0].peers[0]?.receivedBytes ?? 0) > 0, 'the first arrives');
    peer.end();
    await until(() => plane.plane.connections === 0 && plane.plane.exchanges === 0, 'all is cancelled');
    assert.equal(await servers[0].peers[0].closed, 'rst');
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'with halfClose: allow a FIN once the answer has begun does not disturb it',
  { listener: { halfClose: 'allow' } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345');
    await slow.script(peer);
  },
  async ({ client, plane, servers }) => {
    const peer = await client();
    await peer.send(get());
    await peer.readUntil('12345');
    peer.end();
    await until(() => servers[0].peers[0].receivedBytes > 0, 'it is there');
    await servers[0].peers[0].send('67890');
    assert.equal(await peer.readAll(), '67890');
    await until(() => plane.plane.connections === 0, 'the connection closes');
  },
);

for (const [answer, head] of [
  ['an event stream', 'Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n*\r\n'],
  ['a body by its length', 'Content-Length: 10\r\n\r\n*'],
  ['a body that ends with the connection', '\r\n*'],
]) {
  proxied(
    `a FIN while nothing of ${answer} flows cancels it, and the endpoint's place is free`,
    { pool: { maxConnections: 1 } },
    async (peer) => {
      await peer.readUntil(END_OF_HEAD);
      await peer.send(`HTTP/1.1 200 OK\r\n${head}`);
      await peer.closed;
    },
    async ({ client, plane, servers }) => {
      for (let round = 0; round < 2; round++) {
        const peer = await client();
        await peer.send(get('/a') + get('/behind'));
        await peer.readUntil('*');
        peer.end();
        assert.equal(await servers[0].peers[round].closed, 'rst');
      }
      assert.equal(servers[0].peers.length, 2);
      assert.equal(failuresInARow(plane.table.failures, 0), 0);
    },
  );
}

proxied(
  'a FIN while the client takes nothing of a long answer cancels it',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    peer.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n');
    peer.socket.write(Buffer.alloc(33_554_432));
    await peer.closed;
  },
  async ({ client, plane, servers, net: { segmentation } }) => {
    if (segmentation !== 'whole') return;
    const peer = await client();
    await peer.send(get());
    await peer.readUntil(END_OF_HEAD);
    peer.socket.pause();
    await until(() => servers[0].peers[0].socket.writableLength > 0, 'the endpoint is held back');
    peer.end();
    await until(() => plane.plane.exchanges === 0, 'it is cancelled');
    assert.equal(await servers[0].peers[0].closed, 'rst');
    peer.socket.resume();
    await peer.closed;
  },
);

proxied(
  'a FIN in the middle of a head is a 400, in the middle of a body a broken request',
  {},
  async (peer) => void (await peer.closed),
  async ({ client, servers }) => {
    const head = await client();
    await head.send('GET / HTTP/1.1\r\nHo');
    head.end();
    assert.match(await head.readAll(), /^HTTP\/1\.1 400 /);
    assert.equal(servers[0].peers.length, 0);
    for (const framing of ['Content-Length: 10\r\n\r\n12345', 'Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n']) {
      const count: number = servers[0].peers.length;
      const body = await client();
      await body.send(`POST / HTTP/1.1\r\nHost: a\r\n${framing}`);
      await until(() => (servers[0].peers[count]?.receivedBytes ?? 0) > 0, 'it arrives');
      body.end();
      assert.equal(await servers[0].peers[count].closed, 'rst');
    }
  },
);
