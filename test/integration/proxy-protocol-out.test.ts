/** PROXY headers to endpoints, at the socket: what they say, and whose connections are whose. */
import assert from 'node:assert/strict';
import type { ProxyHeaderSpec } from '../../src/core/snapshot.ts';
import { readProxyHeader } from '../../src/net/proxy-protocol/parse.ts';
import type { ProxyHeader } from '../../src/net/proxy-protocol/parse.ts';
import { END_OF_HEAD, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Script } from '../support/proxied.ts';
import { binaryHeader, ends, field } from '../support/proxy-headers.ts';
import type { RawPeer, RawServer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const V1: ProxyHeaderSpec = { version: 1, add: [] };
const V2: ProxyHeaderSpec = { version: 2, add: [] };
const ALL: ProxyHeaderSpec = { version: 2, add: ['authority', 'unique-id', 'crc32c'] };

interface Seen {
  readonly header: ProxyHeader;
  /** The first read ended behind a whole head of a request. */
  readonly isOneWrite: boolean;
}

/** What each connection of an endpoint has begun with. */
const seen = new WeakMap<RawPeer, Seen>();

/** Takes a header, then answers every request with its head. */
const mirror: Script = (peer) => answer(peer, Infinity);

/** Closes behind so many answers. */
async function answer(peer: RawPeer, answers: number): Promise<void> {
  const first = new Promise<Buffer>((resolve) => void peer.socket.once('data', resolve));
  for (let index = 0; index < answers; index++) {
    let head: string;
    try {
      head = await peer.readUntil(index === 0 ? endOfFirstHead : END_OF_HEAD);
    } catch {
      return;
    }
    if (index === 0) {
      const bytes = Buffer.from(head, 'latin1');
      const reading = readProxyHeader(bytes, 0, bytes.length);
      assert.ok(reading.verdict === 'done', JSON.stringify(head));
      seen.set(peer, { header: reading.header, isOneWrite: (await first).length >= head.length });
      head = head.slice(reading.length);
    }
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (length > 0) await peer.readBytes(length);
    await peer.send(ok(head));
  }
  peer.end();
}

/** The header of version 2 has the end of a head in its signature. */
function endOfFirstHead(text: string): number {
  const at = text.indexOf(END_OF_HEAD, 12);
  return at < 0 ? -1 : at + END_OF_HEAD.length;
}

function ended(peer: RawPeer, at: number): Seen['header']['ends'] {
  const found = seen.get(peer);
  assert.ok(found !== undefined, `connection ${at} has no header`);
  return found.header.ends;
}

async function ask(peer: RawPeer, request = get()): Promise<string> {
  await peer.send(request);
  return (await readResponse(peer)).body;
}

function sources(server: RawServer): readonly (number | undefined)[] {
  return server.peers.map((peer, at) => ended(peer, at)?.source.port);
}

for (const [version, proxyProtocol] of [
  ['v1', V1],
  ['v2', V2],
] as const) {
  proxied(
    `with proxyProtocol ${version} an endpoint hears who the client is, in one write with the request`,
    { pool: { proxyProtocol } },
    mirror,
    async ({ client, plane, servers }) => {
      const peer = await client();
      assert.match(await ask(peer, get('/first')), /^GET \/first HTTP\/1\.1\r\n/);
      const [first] = servers[0].peers;
      assert.deepEqual(ended(first, 0), {
        source: { address: '127.0.0.1', port: peer.socket.localPort },
        destination: { address: '127.0.0.1', port: plane.port },
      });
      assert.ok(seen.get(first)?.isOneWrite, 'header and head in one write');
      // Nothing in front of the next one.
      assert.match(await ask(peer, get('/second')), /^GET \/second HTTP\/1\.1\r\n/);
      const body = 'x'.repeat(10_000);
      const post = `POST /third HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      assert.match(await ask(peer, post), /^POST \/third HTTP\/1\.1\r\n/);
    },
  );
}

proxied(
  'a connection that begins with a PROXY header is its client’s alone, and closes with it',
  { pool: { proxyProtocol: V2 } },
  mirror,
  async ({ client, servers, plane }) => {
    const [one, two] = [await client(), await client()];
    for (const peer of [one, two, one, two, one]) await ask(peer);
    assert.deepEqual(sources(servers[0]), [one.socket.localPort, two.socket.localPort]);
    assert.equal(plane.table.idleSockets(0), 0);
    const [ofOne, ofTwo] = servers[0].peers;
    one.end();
    assert.equal(await ofOne.closed, 'fin');
    await ask(two);
    assert.equal(ofTwo.state, 'open');
    two.reset();
    assert.equal(await ofTwo.closed, 'fin');
    await until(() => plane.table.connections[0] === 0, 'no socket is left');
  },
);

proxied(
  'a body that comes with the first request leaves behind the PROXY header and the head',
  { pool: { proxyProtocol: ALL } },
  mirror,
  async ({ client }) => {
    for (const size of [1, 5000, 100_000]) {
      const head = `POST /${size} HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`;
      assert.match(await ask(await client(), head + 'y'.repeat(size)), new RegExp(`^POST /${size} HTTP`));
    }
  },
);

proxied(
  'the id of the first request and the name that the client asked for are in the PROXY header where they are added',
  { pool: { proxyProtocol: ALL }, listener: { proxyProtocol: { from: ['127.0.0.1'], mode: 'detect' } } },
  mirror,
  async ({ client, servers }) => {
    const addresses = ends('192.0.2.10', '198.51.100.1', 40_000, 443);
    const header = binaryHeader(0x21, 0x11, Buffer.concat([addresses, field(2, 'shop.example')])).toString('latin1');
    const head = await ask(await client(), header + get('/', 'X-Request-Id: the-first\r\n'));
    assert.match(head, /\r\nX-Request-Id: the-first\r\n/);
    const fields = seen.get(servers[0].peers[0])?.header.fields;
    assert.deepEqual([fields?.authority, fields?.uniqueId], ['shop.example', 'the-first']);
    await ask(await client(), get('/', 'X-Request-Id: another\r\n'));
    const without = seen.get(servers[0].peers[1])?.header.fields;
    assert.deepEqual([without?.authority, without?.uniqueId], ['', 'another']);
  },
);

proxied(
  'the client of a PROXY header that came is the client of the one that goes out',
  { pool: { proxyProtocol: V1 }, listener: { proxyProtocol: { from: ['127.0.0.1'], mode: 'require' } } },
  mirror,
  async ({ client, servers, plane }) => {
    await ask(await client(), `PROXY TCP6 2001:db8::a 2001:db8::1 40000 443\r\n${get()}`);
    assert.deepEqual(ended(servers[0].peers[0], 0), {
      source: { address: '2001:db8::a', port: 40_000 },
      destination: { address: '2001:db8::1', port: 443 },
    });
    const unknown = await client();
    await ask(unknown, `PROXY UNKNOWN\r\n${get()}`);
    assert.deepEqual(ended(servers[0].peers[1], 1), {
      source: { address: '127.0.0.1', port: unknown.socket.localPort },
      destination: { address: '127.0.0.1', port: plane.port },
    });
  },
);

proxied(
  'an endpoint that has closed its connection gets another one with a PROXY header for the next request',
  { pool: { proxyProtocol: V2 } },
  (peer) => answer(peer, 1),
  async ({ client, servers, plane }) => {
    const peer = await client();
    for (let count = 1; count <= 3; count++) {
      await ask(peer);
      await until(() => plane.table.connections[0] === 0, 'its end has been seen');
      assert.equal(servers[0].peers.length, count);
    }
    assert.deepEqual(new Set(sources(servers[0])), new Set([peer.socket.localPort]));
  },
);

proxied(
  'the connection of a client that does nothing makes room for another client at maxConnections',
  { pool: { proxyProtocol: V2, maxConnections: 1 } },
  mirror,
  async ({ client, servers }) => {
    const [one, two] = [await client(), await client()];
    for (const peer of [one, two, one]) await ask(peer);
    const { localPort } = one.socket;
    assert.deepEqual(sources(servers[0]), [localPort, two.socket.localPort, localPort]);
  },
);

proxied(
  'a refused connect goes on to another endpoint, with a PROXY header there',
  { pool: { proxyProtocol: V2 }, deadPorts: 1 },
  mirror,
  async ({ client, servers }) => {
    const peer = await client();
    await ask(peer);
    await ask(peer);
    assert.deepEqual(new Set(sources(servers[0])), new Set([peer.socket.localPort]));
  },
);
