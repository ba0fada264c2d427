import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PUBLIC_SEED } from './half-sip-hash.ts';
import { parseKeyPart } from './key-parts.ts';
import { KeySource } from './key-source.ts';
import type { KeyedRequest } from './key-source.ts';

const REQUEST: KeyedRequest = {
  client: '10.1.2.3',
  peer: '10.9.9.9',
  listener: 'web',
  route: 'api',
  host: 'api.example.com',
  path: '/v1/users',
  target: '/v1/users?user=ann&b=2',
  lines: 'Accept: */*\r\nX-User: ann\r\nCookie: a=1; session=xyz; b=2\r\n',
};

function keyOf(parts: string | readonly string[], changes: Partial<KeyedRequest> = {}): string {
  const source = new KeySource({ parts: [parts].flat(), missing: 'random' }, PUBLIC_SEED);
  source.read({ ...REQUEST, ...changes });
  return `${source.first} ${source.second}`;
}

const NO_KEY = '0 0';

function assertSame(parts: string | readonly string[], ...all: readonly Partial<KeyedRequest>[]): void {
  const keys = new Set(all.map((changes) => keyOf(parts, changes)));
  assert.equal(keys.size, 1, [...keys].join(', '));
  assert.ok(!keys.has(NO_KEY));
}

function assertApart(parts: string | readonly string[], ...all: readonly Partial<KeyedRequest>[]): void {
  assert.equal(new Set(all.map((changes) => keyOf(parts, changes))).size, all.length);
}

describe('a key of requests', () => {
  it('a key of requests takes every address of an IPv6 network of 64 bits for one client, and every way to write it', () => {
    assertSame('client', { client: '2001:db8::1' }, { client: '2001:DB8:0:0:ffff::2' }, { client: '2001:db8::9%eth0' });
    assertApart('client', { client: '2001:db8::1' }, { client: '2001:db8:0:1::1' }, { client: '32.1.13.184' });
    assertSame('client', { client: '10.1.2.3' }, { client: '::ffff:10.1.2.3' });
    assertApart('client', { client: '10.1.2.3' }, { client: '10.1.2.4' });
  });

  it('a key of requests takes as much of an address as it is told', () => {
    assertSame('client/24', { client: '10.1.2.3' }, { client: '10.1.2.250' });
    assertApart('client/24', { client: '10.1.2.3' }, { client: '10.1.3.3' });
    assertApart('client/24', { client: '2001:db8::' }, { client: '2001:db8:0:1::' });
    assertSame('client/48', { client: '2001:db8:1:1::' }, { client: '2001:db8:1:2::' });
    assertApart('client/48', { client: '2001:db8:1::' }, { client: '2001:db8:2::' });
    assertApart('client/128', { client: '2001:db8::1' }, { client: '2001:db8::2' });
    assertApart('peer', { peer: '10.1.2.3' }, { peer: '10.1.2.4' });
  });

  it('a key of requests tells by a text what is no address', () => {
    assertApart('client', { client: 'unknown' }, { client: '_hidden' }, { client: '10.1.2.3' });
  });

  it('a key of requests looks at a header in any case, with all of its lines', () => {
    assertSame('header.x-user', {}, { lines: 'x-USER:\tann \r\n' });
    assertSame('header.X-User', {}, { lines: 'x-user: ann\r\nX-Users: bob\r\n' });
    assertSame('header.x-user', { lines: 'X-User: a\r\nX-User: b\r\n' }, { lines: 'X-User: a, b\r\n' });
    assertApart('header.x-user', {}, { lines: 'X-User: Ann\r\n' });
  });

  it('a key of requests looks at a cookie by its exact name, in any of the lines', () => {
    assertSame(
      'cookie.session',
      {},
      { lines: 'Cookie: session=xyz\r\n' },
      { lines: 'cookie: xsession=1;session=xyz ;c=3\r\n' },
      { lines: 'Cookie: Session=no\r\nCookie: b; session=xyz\r\n' },
    );
    assertApart('cookie.session', {}, { lines: 'Cookie: session=xyz2\r\n' }, { lines: 'Cookie: session=xy\r\n' });
  });

  it('a key of requests looks at a parameter of the query as forms write it', () => {
    assertSame('query.user', {}, { target: '/?user=ann' }, { target: '/?x&us%65r=%61nn&user=bob' });
    assertSame('query.user', { target: '/?user=a+b' }, { target: '/?user=a%20b' });
    assertApart('query.user', { target: '/?user=%zz' }, { target: '/?user=zz' }, { target: '/?user=%' });
    assert.equal(keyOf('query.user', { target: '/user=ann' }), NO_KEY);
  });

  it('a key of requests looks at the path alone, or at the whole target', () => {
    assertSame('path', {}, { target: '/v1/users' });
    assertApart('url', {}, { target: '/v1/users' });
    assertApart('host', {}, { host: 'b.example.com' });
    assertApart(['route', 'listener'], {}, { route: 'b' }, { listener: 'b' });
  });

  it('a key of requests keeps the parts of a list from running into one another', () => {
    const lines = (a: string, b: string): Partial<KeyedRequest> => ({ lines: `A: ${a}\r\nB: ${b}\r\n` });
    assertApart(['header.a', 'header.b'], lines('x', 'yz'), lines('xy', 'z'));
  });

  it('a key of requests is none where a part is missing, or the address of the client where that is asked for', () => {
    for (const part of ['header.none', 'cookie.none', 'query.none']) {
      assert.equal(keyOf(part), NO_KEY);
      assert.equal(keyOf(['client', part]), NO_KEY);
    }
    for (const empty of ['X-User: \r\n', 'X-User:\r\nX-User:  \r\n'])
      assert.equal(keyOf('header.x-user', { lines: empty }), NO_KEY);
    assert.equal(keyOf('cookie.session', { lines: 'Cookie: session=; a=1\r\n' }), NO_KEY);
    const source = new KeySource({ parts: ['header.none'], missing: 'client' }, PUBLIC_SEED);
    source.read(REQUEST);
    assert.equal(`${source.first} ${source.second}`, keyOf('client'));
  });

  it('a key of requests spreads near keys over all of 32 bits, in both words', () => {
    const buckets = [new Float64Array(64), new Float64Array(64)];
    const source = new KeySource({ parts: ['client'], missing: 'random' }, PUBLIC_SEED);
    for (let host = 0; host < 65_536; host++) {
      source.read({ ...REQUEST, client: `10.0.${host >> 8}.${host & 255}` });
      buckets[0][source.first >>> 26]++;
      buckets[1][source.second >>> 26]++;
    }
    for (const counts of buckets) {
      const chiSquare = counts.reduce((sum, count) => sum + (count - 1024) ** 2 / 1024, 0);
      assert.ok(chiSquare < 63 + 6 * Math.sqrt(126), `χ² ${chiSquare}`);
    }
  });
});

describe('parseKeyPart', () => {
  it('parseKeyPart knows what a key is made of, and nothing else', () => {
    for (const text of ['client', 'client/1', 'client/128', 'peer/64', 'header.a', 'cookie.a_b', 'query.a b', 'url'])
      assert.notEqual(parseKeyPart(text), null, text);
    const bad = [
      '',
      'client/0',
      'client/129',
      'client/',
      'client/a',
      'client/8/8',
      'header.',
      'header',
      'header.a b',
      'cookie.a=b',
      'user',
      'Path',
    ];
    for (const text of bad) assert.equal(parseKeyPart(text), null, text);
  });
});
