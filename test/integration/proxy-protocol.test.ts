/** PROXY headers in front of requests, at the socket: who counts as the client, and what is reset. */
import assert from 'node:assert/strict';
import { FakeTime } from '../support/fake-time.ts';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import {
  BLOCK,
  LATE_MS,
  LINE,
  LOCAL,
  askHead,
  assertRefused,
  proxyListener,
  refusalsOf,
  valueOf,
} from '../support/proxied-clients.ts';
import { binaryHeader, ends, field, tlsField } from '../support/proxy-headers.ts';
import { until } from '../support/until.ts';

const mirror = answering((head) => ok(head));
const time = new FakeTime();
for (const [version, header, address] of [
  ['version 1', LINE, '192.0.2.10'],
  ['version 2', BLOCK, '2001:db8::a'],
] as const) {
  proxied(
    `the address in a PROXY header of ${version} is the client's, and its port is the one that was asked`,
    { listener: proxyListener('require'), headers: { forwarded: true } },
    mirror,
    async ({ client, plane }) => {
      const peer = await client();
      // The header and the request in one write, and a second request on the same connection.
      const first = await askHead(peer, header + get('/a'));
      const second = await askHead(peer, get('/b'));
      for (const head of [first, second]) {
        assert.equal(valueOf(head, 'X-Forwarded-For'), address);
        assert.equal(valueOf(head, 'X-Forwarded-Port'), '8443');
        assert.equal(valueOf(head, 'X-Forwarded-Proto'), 'http');
        assert.match(
          valueOf(head, 'Forwarded') ?? '',
          address.includes(':') ? /^for="\[2001:db8::a\]"/ : /^for=192\.0\.2\.10/,
        );
      }
      assert.match(first, /^GET \/a HTTP/);
      assert.match(second, /^GET \/b HTTP/);
      assert.deepEqual(refusalsOf(plane), []);
    },
  );
}

proxied(
  'a client of which a PROXY header says that it came by TLS came by https',
  { listener: proxyListener('require') },
  mirror,
  async ({ client }) => {
    const tls = tlsField(1, 0, field(0x21, 'TLSv1.3'), field(0x22, 'a\r\nX-Evil: 1'));
    const name = field(0x02, 'a\r\nX-Evil: 1');
    const header = binaryHeader(0x21, 0x11, Buffer.concat([ends('192.0.2.10', '198.51.100.1', 1, 443), tls, name]));
    const head = await askHead(await client(), header.toString('latin1') + get());
    assert.doesNotMatch(head, /evil/i);
    assert.equal(valueOf(head, 'X-Forwarded-Proto'), 'https');
    assert.equal(valueOf(head, 'X-Forwarded-Port'), '443');
  },
);

proxied(
  'trustedProxies holds for the address in a PROXY header, and not for who has sent it',
  { listener: proxyListener('require'), trustedProxies: ['192.0.2.10'] },
  mirror,
  async ({ client }) => {
    const claim = 'X-Forwarded-For: 203.0.113.5\r\n';
    assert.equal(
      valueOf(await askHead(await client(), LINE + get('/', claim)), 'X-Forwarded-For'),
      '203.0.113.5, 192.0.2.10',
    );
    assert.equal(valueOf(await askHead(await client(), BLOCK + get('/', claim)), 'X-Forwarded-For'), '2001:db8::a');
  },
);

proxied(
  'behind LOCAL and UNKNOWN there may be requests, whose client is the other end of the connection',
  { listener: proxyListener('require') },
  mirror,
  async ({ client, plane }) => {
    for (const header of [LOCAL, 'PROXY UNKNOWN\r\n', 'PROXY UNKNOWN 1.2.3.4 5.6.7.8 1 2\r\n']) {
      const head = await askHead(await client(), header + get());
      assert.equal(valueOf(head, 'X-Forwarded-For'), '127.0.0.1');
      assert.equal(valueOf(head, 'X-Forwarded-Port'), String(plane.port));
    }
  },
);

proxied(
  'a body behind a PROXY header passes byte by byte, however much of it comes with the header',
  { listener: proxyListener('require') },
  async (peer) => {
    const head = await peer.readUntil('\r\n\r\n');
    const body = await peer.readBytes(Number(/content-length: (\d+)/i.exec(head)?.[1]));
    await peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  },
  async ({ client, net }) => {
    const body = Buffer.from(Array.from({ length: 200_000 }, () => net.random.next() * 256)).toString('latin1');
    const peer = await client();
    await peer.send(`${LINE}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const answer = await readResponse(peer);
    assert.ok(answer.body === body, 'the same bytes');
  },
);

proxied(
  'requests that belong to one client by its address do so by that of the PROXY header',
  {
    listener: proxyListener('require'),
    endpoints: 4,
    pool: { policy: { hash: { key: { parts: ['client'], missing: 'client' }, table: 'rendezvous', boundedLoad: 0 } } },
  },
  async (peer, endpoint) => answering(() => ok(String(endpoint)))(peer, endpoint),
  async ({ client }) => {
    const reached = async (host: number): Promise<string> =>
      askHead(await client(), `PROXY TCP4 192.0.2.${host} 198.51.100.1 1 80\r\n${get()}`);
    const first = await Promise.all(Array.from({ length: 16 }, (_, host) => reached(host)));
    const again = await Promise.all(Array.from({ length: 16 }, (_, host) => reached(host)));
    assert.deepEqual(again, first);
    assert.ok(new Set(first).size > 1, `all of 16 clients at ${first[0]}`);
  },
);

// ——— health checks

proxied(
  'a connection that closes before its first byte, or behind LOCAL, is a health check: nothing is told or counted',
  { listener: proxyListener('require') },
  mirror,
  async ({ client, plane }) => {
    const empty = await client();
    empty.end();
    assert.equal(await empty.closed, 'fin');
    const cut = await client();
    cut.reset();
    const local = await client();
    await local.send(LOCAL);
    local.end();
    assert.equal(await local.readAll(), '');
    const gone = await client();
    await gone.send(LINE);
    gone.end();
    assert.equal(await gone.readAll(), '');
    await until(() => plane.plane.connections === 0, 'all of them are gone');
    assert.deepEqual(plane.reports, []);
    assert.equal(plane.routes.total(0, 0), 0);
  },
);

// ——— what is refused

for (const [name, bytes, rule] of [
  [
    'a malformed PROXY header',
    'PROXY TCP4 192.0.2.10 198.51.100.1 40000\r\n',
    'other than two addresses and two ports',
  ],
  [
    'a PROXY header with another checksum',
    `${BLOCK.slice(0, 14)}\0\x2b${BLOCK.slice(16)}\x03\0\x04abcd`,
    'a wrong checksum',
  ],
  ['a request in place of a PROXY header', get(), 'it has no header'],
] as const) {
  proxied(
    `${name} is reset, counted and told`,
    { listener: proxyListener('require') },
    mirror,
    async ({ client, plane, servers }) => {
      const peer = await client();
      await peer.send(bytes + get());
      assert.equal(await peer.closed, 'rst');
      await assertRefused(plane, rule);
      assert.equal(servers[0].peers.length, 0);
      assert.equal(plane.routes.total(0, 0), 0);
    },
  );
}

proxied(
  'a PROXY header that is cut off is reset, counted and told',
  { listener: proxyListener('require') },
  mirror,
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(BLOCK.slice(0, 20));
    peer.end();
    assert.equal(await peer.closed, 'rst');
    await assertRefused(plane, 'it is cut off');
  },
);

proxied(
  'with mode: require a peer outside of the listed networks is reset before it has said anything',
  { listener: proxyListener('require', '192.0.2.0/24') },
  mirror,
  async ({ client, plane }) => {
    // It may be reset before its connect is done.
    const end = await client().then(
      (peer) => peer.closed,
      () => 'rst',
    );
    assert.equal(end, 'rst');
    await assertRefused(plane, 'it comes from none of the listed networks');
  },
);

proxied(
  'many bad PROXY headers are told of once a second, with their number',
  { listener: proxyListener('require'), time },
  mirror,
  async ({ client, plane }) => {
    for (let count = 0; count < 5; count++) {
      const peer = await client();
      await peer.send('PROXY \r\n');
      assert.equal(await peer.closed, 'rst');
    }
    assert.deepEqual(
      refusalsOf(plane).map(({ count }) => count),
      [1],
    );
    time.advance(1000 + LATE_MS);
    assert.deepEqual(
      refusalsOf(plane).map(({ count }) => count),
      [1, 4],
    );
  },
);

proxied(
  'a PROXY header has the time of requestHead from the accept on, and trickling does not help',
  { listener: proxyListener('require'), time, timeouts: { requestHeadMs: 80 } },
  mirror,
  async ({ client, plane }) => {
    const silent = await client();
    const slow = await client();
    slow.socket.write(LINE.slice(0, 10));
    await until(() => plane.plane.connections === 2 && plane.memory.keptBytes > 0, 'a part of it is there');
    time.advance(40);
    slow.socket.write(LINE.slice(10, 12));
    time.advance(40 + LATE_MS);
    assert.equal(await silent.closed, 'rst');
    assert.equal(await slow.closed, 'rst');
    await until(() => plane.plane.connections === 0, 'both are gone');
    assert.equal(plane.memory.keptBytes, 0);
  },
);

proxied(
  'what has come of PROXY headers is memory that is counted, and there is none left for too many of them',
  { listener: proxyListener('require'), memoryBytes: 8192 },
  mirror,
  async ({ client, plane }) => {
    const peers = await Promise.all(Array.from({ length: 32 }, client));
    for (const peer of peers) peer.socket.write(LINE.slice(0, 10));
    await until(
      () => refusalsOf(plane).some(({ rule }) => rule === 'there is no memory left to hold it'),
      'one is reset',
    );
    assert.ok(plane.memory.keptBytes <= 8192);
    for (const peer of peers) peer.reset();
  },
);
