import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  CLIENT_TLS,
  CLIENT_TLS_FIELD,
  binaryHeader,
  ends,
  field,
  tlsField,
} from '../../../test/support/proxy-headers.ts';
import type { ProxyHeaderSpec } from '../../core/snapshot.ts';
import { readProxyHeader } from './parse.ts';
import { localHeader } from './wire.ts';
import { proxyHeader } from './write.ts';
import type { ProxyTls } from './tlvs.ts';
import type { ProxiedClient } from './write.ts';

function client(source: string, destination: string, more: Partial<ProxiedClient> = {}): ProxiedClient {
  return {
    source: { address: source, port: 54_314 },
    destination: { address: destination, port: 24_201 },
    authority: '',
    uniqueId: '',
    alpn: '',
    tls: null,
    ...more,
  };
}

function hexOf(header: string): string {
  return Buffer.from(header, 'latin1').toString('hex');
}

const V1: ProxyHeaderSpec = { version: 1, add: [] };
const V2: ProxyHeaderSpec = { version: 2, add: [] };
const ALL: ProxyHeaderSpec = { version: 2, add: ['ssl', 'unique-id', 'authority', 'alpn', 'crc32c'] };

describe('PROXY headers that are written', () => {
  it('PROXY headers of version 1 are written as HAProxy writes them', () => {
    const v4 = proxyHeader(V1, client('127.0.0.1', '127.0.0.1'));
    assert.equal(v4, 'PROXY TCP4 127.0.0.1 127.0.0.1 54314 24201\r\n');
    assert.equal(proxyHeader(V1, client('::1', '::1')), 'PROXY TCP6 ::1 ::1 54314 24201\r\n');
  });

  it('PROXY headers of version 2 are written as HAProxy writes them', () => {
    const v4 = '0d0a0d0a000d0a515549540a2111000c7f0000017f000001d42a5e89';
    assert.equal(hexOf(proxyHeader(V2, client('127.0.0.1', '127.0.0.1'))), v4);
    const loopback = '00000000000000000000000000000001';
    const v6 = `0d0a0d0a000d0a515549540a21210024${loopback}${loopback}d42a5e89`;
    assert.equal(hexOf(proxyHeader(V2, client('::1', '::1'))), v6);
  });

  it('the fields of PROXY headers are written in the order of HAProxy, whatever the order in the config', () => {
    const said = { authority: 'shop.example', uniqueId: 'id-1', alpn: 'http/1.1', tls: CLIENT_TLS };
    const header = proxyHeader(ALL, client('127.0.0.1', '127.0.0.1', said));
    const fields = [
      field(3, Buffer.from(header.slice(31, 35), 'latin1')),
      field(1, 'http/1.1'),
      field(2, 'shop.example'),
      field(5, 'id-1'),
      CLIENT_TLS_FIELD,
    ];
    const expected = binaryHeader(
      0x21,
      0x11,
      Buffer.concat([ends('127.0.0.1', '127.0.0.1', 54_314, 24_201), ...fields]),
    );
    assert.equal(hexOf(header), expected.toString('hex'));
  });

  it('a PROXY header names a client and a server of two families in IPv6', () => {
    const mixed = client('192.0.2.1', '2001:db8::1');
    assert.equal(proxyHeader(V1, mixed), 'PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 54314 24201\r\n');
    const block = ends('::ffff:c000:201', '2001:db8::1', 54_314, 24_201);
    assert.equal(hexOf(proxyHeader(V2, mixed)), binaryHeader(0x21, 0x21, block).toString('hex'));
  });

  it('a PROXY header of a health check, or of a client without an address, names nobody', () => {
    assert.equal(localHeader(1), 'PROXY UNKNOWN\r\n');
    assert.equal(hexOf(localHeader(2)), '0d0a0d0a000d0a515549540a20000000');
    assert.equal(proxyHeader(V1, client('unix', '')), localHeader(1));
    assert.equal(proxyHeader(ALL, client('unix', '127.0.0.1', { authority: 'a' })), localHeader(2));
  });

  it('fields of a PROXY header that are too long are cut, and empty ones are left out', () => {
    const long = client('127.0.0.1', '::1', { authority: 'a'.repeat(300), uniqueId: 'b'.repeat(300) });
    const reading = readProxyHeader(Buffer.from(proxyHeader(ALL, long), 'latin1'), 0, 600);
    assert.ok(reading.verdict === 'done');
    assert.equal(reading.header.fields.authority, 'a'.repeat(255));
    assert.equal(reading.header.fields.uniqueId, 'b'.repeat(128));
    assert.equal(proxyHeader(ALL, client('127.0.0.1', '127.0.0.1')).length, 28 + 7);
  });

  it('a PROXY header says of TLS what there is, and nothing where the client did not come by it', () => {
    const fieldOf = (tls: ProxyTls | null): string => {
      const spec: ProxyHeaderSpec = { version: 2, add: ['alpn', 'ssl'] };
      return hexOf(proxyHeader(spec, client('127.0.0.1', '127.0.0.1', { tls }))).slice(2 * 28);
    };
    const bare = { ...CLIENT_TLS, commonName: '', signature: '', key: '' };
    const within = [field(0x21, 'TLSv1.3'), field(0x23, 'TLS_AES_256_GCM_SHA384')];
    assert.equal(fieldOf(null), '');
    assert.equal(fieldOf({ ...bare, certificate: 'none' }), tlsField(1, 0, ...within).toString('hex'));
    assert.equal(fieldOf({ ...bare, certificate: 'earlier' }), tlsField(5, 0, ...within).toString('hex'));
    assert.equal(fieldOf({ ...bare, verifyResult: 0x8000_0012 }), tlsField(7, 0x8000_0012, ...within).toString('hex'));
    // Cut, it would be somebody else's.
    assert.equal(fieldOf({ ...bare, commonName: 'c'.repeat(257) }), fieldOf(bare));
    const most = { ...bare, commonName: 'c'.repeat(256) };
    assert.ok(fieldOf(most).includes(field(0x22, 'c'.repeat(256)).toString('hex')));
  });

  it('what is written as a PROXY header is read as the same', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    const end = fc.record({ address, port: fc.nat(65_535) });
    const text = fc.string({ maxLength: 128, unit: 'binary-ascii' });
    const tls = fc.record(
      {
        certificate: fc.constantFrom('now', 'earlier', 'none'),
        verifyResult: fc.nat(0xffff_ffff),
        ...{ version: text, commonName: text, cipher: text, signature: text, key: text },
      },
      { noNullPrototype: true },
    );
    const said = { authority: text, uniqueId: text, alpn: text, tls: fc.option(tls) };
    const written = fc.record({ source: end, destination: end, ...said });
    fc.assert(
      fc.property(written, fc.constantFrom(V1, V2, ALL), (given, spec) => {
        const header = Buffer.from(proxyHeader(spec, given), 'latin1');
        const reading = readProxyHeader(header, 0, header.length);
        assert.ok(reading.verdict === 'done');
        assert.equal(reading.length, header.length);
        const both = reading.header.ends;
        assert.ok(both !== null);
        const again = proxyHeader(spec, { ...given, source: both.source, destination: both.destination });
        assert.equal(again, header.toString('latin1'));
        const { source: _source, destination: _destination, ...fields } = given;
        if (spec === ALL) assert.deepEqual(reading.header.fields, fields);
      }),
    );
  });
});
