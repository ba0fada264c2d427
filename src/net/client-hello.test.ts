import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  extension,
  helloOf,
  preSharedKey,
  protocols,
  serverName,
  vector,
  versions,
} from '../../test/support/client-hello.ts';
import type { HelloParts } from '../../test/support/client-hello.ts';
import { parseClientHello } from './client-hello.ts';
import type { ClientHello } from './client-hello.ts';

/** Behind the headers of record and message. */
function parse(parts: HelloParts): ClientHello | null {
  return parseClientHello(helloOf(parts).subarray(9));
}

const withExtensions = (...extensions: readonly Buffer[]): ClientHello | null => parse({ extensions });

describe('a ClientHello', () => {
  it('a ClientHello says name, protocols, versions, ticket key and whether it has an encrypted hello', () => {
    const ticket = Buffer.from('0123456789abcdef-the rest is encrypted');
    const hello = withExtensions(
      extension(0x0a0a, Buffer.alloc(0)),
      serverName('Shop.Example.COM'),
      extension(0xfe0d, Buffer.from([0, 1, 2])),
      protocols('h2', 'http/1.1'),
      versions(0x0a0a, 0x0304, 0x0303),
      preSharedKey(ticket),
    );
    assert.deepEqual(
      { ...hello },
      {
        serverName: 'shop.example.com',
        alpn: ['h2', 'http/1.1'],
        versions: [0x0a0a, 0x0304, 0x0303],
        ticketKeyName: Buffer.from('0123456789abcdef').toString('hex'),
        hasEncryptedHello: true,
      },
    );
  });

  it('a ClientHello of TLS 1.2 may end before its extensions, and offers the one version in its head', () => {
    const hello = parse({ extensions: null, session: Buffer.alloc(0) });
    assert.deepEqual(hello?.versions, [0x0303]);
    assert.deepEqual([hello.serverName, hello.alpn, hello.ticketKeyName], ['', [], '']);
  });

  it('a ClientHello names the key of a ticket of TLS 1.2; an empty ticket only asks for one', () => {
    const name = Buffer.from('the key of today');
    assert.equal(
      withExtensions(extension(35, Buffer.concat([name, Buffer.alloc(90)])))?.ticketKeyName,
      name.toString('hex'),
    );
    assert.equal(withExtensions(extension(35, Buffer.alloc(0)))?.ticketKeyName, '');
  });

  const longest = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}`;
  for (const name of ['a', 'xn--bcher-kva.example', '127.0.0.1', 'a-b.c-d', 'my_app._tcp.example', longest]) {
    it(`a ClientHello may ask for ${name.slice(0, 30)}`, () => {
      assert.equal(withExtensions(serverName(name))?.serverName, name);
    });
  }

  const badNames = ['', 'a b', 'a\0b', 'b\xfccher', 'a..b', '.a', 'a.', '[::1]', 'a:443', 'a/b', '*.a'];
  for (const name of [...badNames, 'e'.repeat(64), `${longest}.e`]) {
    it(`a ClientHello is refused that asks for ${JSON.stringify(name.slice(0, 30))}`, () => {
      assert.equal(withExtensions(serverName(name)), null);
    });
  }

  const BROKEN: Readonly<Record<string, HelloParts>> = {
    'two names': { extensions: [serverName('a.example', 'b.example')] },
    'a list of no names': { extensions: [extension(0, vector(Buffer.alloc(0), 2))] },
    'an empty name extension': { extensions: [extension(0, Buffer.alloc(0))] },
    'a name of another kind': { extensions: [extension(0, vector(Buffer.from([1, 0, 1, 0x61]), 2))] },
    'a name with something behind its list': {
      extensions: [extension(0, Buffer.concat([serverName('a').subarray(4), Buffer.from([0])]))],
    },
    'the same extension twice': { extensions: [protocols('h2'), serverName('a'), protocols('h2')] },
    'an unknown extension twice': { extensions: [extension(999, Buffer.alloc(1)), extension(999, Buffer.alloc(1))] },
    'an extension that is cut off': { extensions: [Buffer.from([0, 35, 0, 9, 1])] },
    'half a head of an extension': { extensions: [Buffer.from([0, 35, 0])] },
    'no protocol in ALPN': { extensions: [extension(16, vector(Buffer.alloc(0), 2))] },
    'an empty protocol in ALPN': { extensions: [protocols('h2', '')] },
    'a protocol that is cut off': { extensions: [extension(16, vector(Buffer.from([9, 0x68]), 2))] },
    'no version among its versions': { extensions: [extension(43, Buffer.from([0]))] },
    'half a version': { extensions: [extension(43, Buffer.from([3, 3, 4, 3]))] },
    'an empty identity of a key': { extensions: [preSharedKey(Buffer.alloc(0))] },
    'no binders': { extensions: [extension(41, Buffer.from([0, 7, 0, 1, 5, 0, 0, 0, 0, 0, 0]))] },
    'no ciphers': { ciphers: Buffer.alloc(0) },
    'half a cipher': { ciphers: Buffer.from([0x13, 0x01, 0xc0]) },
    'no compression': { compressions: Buffer.alloc(0) },
    'a session id of 33 bytes': { session: Buffer.alloc(33) },
    'something behind its extensions': { extensions: [], rest: Buffer.from([0]) },
    'half a length of its extensions': { extensions: null, rest: Buffer.from([0]) },
  };
  for (const [what, parts] of Object.entries(BROKEN)) {
    it(`a ClientHello is refused that has ${what}`, () => assert.equal(parse(parts), null));
  }

  it('a ClientHello is refused that ends anywhere before its end', () => {
    const body = helloOf({ extensions: [serverName('a.example'), protocols('h2'), versions(0x0304)] }).subarray(9);
    assert.notEqual(parseClientHello(body), null);
    // Where the extensions would begin it is one of TLS 1.2.
    const mayEndAt = helloOf({ extensions: null }).length - 9;
    for (let length = 0; length < body.length; length++) {
      assert.equal(parseClientHello(body.subarray(0, length)) !== null, length === mayEndAt, String(length));
    }
  });
});
