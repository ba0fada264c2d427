import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CLIENT_TLS,
  CLIENT_TLS_FIELD,
  addressBytes,
  binaryHeader,
  ends,
  field,
  tlsField,
} from '../../../test/support/proxy-headers.ts';
import { crc32c } from './crc32c.ts';
import { readProxyHeader } from './parse.ts';
import type { ProxyReading } from './parse.ts';
import { isVerified } from './tlvs.ts';
import type { ProxyFields } from './tlvs.ts';

/** Some bytes in front, as in a read buffer. */
const FRONT = 7;

function read(bytes: Buffer | string, length?: number): ProxyReading {
  const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  const placed = Buffer.concat([Buffer.alloc(FRONT, 0x2e), all, Buffer.alloc(3, 0x2e)]);
  return readProxyHeader(placed, FRONT, FRONT + (length ?? all.length));
}

/** Reads it whole, and as it comes byte by byte: the first verdict is the same, and so is its length. */
function readBothWays(bytes: Buffer | string): ProxyReading {
  const whole = read(bytes);
  for (let length = 1; length <= bytes.length; length++) {
    const reading = read(bytes, length);
    if (reading.verdict === 'open' || reading.verdict === 'more') continue;
    assert.deepEqual(reading, whole, `after ${length} bytes`);
    break;
  }
  return whole;
}

/** `1.2.3.4:5 → 6.7.8.9:10 (length)`, or the verdict. */
function said(bytes: Buffer | string): string {
  const reading = readBothWays(bytes);
  if (reading.verdict === 'bad') return `bad: ${reading.rule}`;
  if (reading.verdict !== 'done') return reading.verdict;
  const { ends: both } = reading.header;
  if (both === null) return `real peer (${reading.length})`;
  const { source, destination } = both;
  return `${source.address} ${source.port} → ${destination.address} ${destination.port} (${reading.length})`;
}

const TCP4 = ends('192.0.2.10', '198.51.100.1', 40_000, 443);
const TCP6 = ends('2001:db8::a', '2001:db8::1', 40_000, 443);

describe('PROXY headers of version 1', () => {
  it('PROXY headers of version 1 are read as HAProxy, nginx and curl write them', () => {
    assert.equal(said('PROXY TCP4 127.0.0.1 127.0.0.1 54314 24201\r\n'), '127.0.0.1 54314 → 127.0.0.1 24201 (44)');
    assert.equal(said('PROXY TCP6 ::1 ::1 40000 443\r\n'), '::1 40000 → ::1 443 (30)');
    assert.equal(said('PROXY UNKNOWN\r\n'), 'real peer (15)');
  });

  it('PROXY headers of version 1 end with their CRLF, whatever follows', () => {
    const line = 'PROXY TCP4 192.0.2.10 198.51.100.1 40000 443\r\n';
    for (const behind of ['', 'GET / HTTP/1.1\r\n\r\n', line, '\r\n', '\0'.repeat(200)]) {
      assert.equal(said(line + behind), `192.0.2.10 40000 → 198.51.100.1 443 (${line.length})`);
    }
  });

  it('PROXY headers of version 1 have the longest line of all in 107 bytes', () => {
    const full = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
    assert.equal(said(`PROXY TCP6 ${full} ${full} 65535 65535\r\n`), `${full} 65535 → ${full} 65535 (104)`);
    const rest = `PROXY UNKNOWN ${full} ${full} 65535 65535\r\n`;
    assert.equal(rest.length, 107);
    assert.equal(said(rest), 'real peer (107)');
    assert.equal(
      said(rest.replace(' ', '  ').replace('PROXY  ', 'PROXY ').replace('N ', 'N  ')),
      'bad: a line of more than 107 bytes',
    );
  });

  it('PROXY headers of version 1 with UNKNOWN may have anything behind it, which is for nobody', () => {
    assert.equal(said('PROXY UNKNOWN \r\n'), 'real peer (16)');
    assert.equal(said('PROXY UNKNOWN 1.2.3.4 what else\t\0\xff\r\n'), 'real peer (36)');
    assert.equal(said('PROXY UNKNOWNS\r\n'), 'bad: a family other than TCP4, TCP6 and UNKNOWN');
  });

  it('PROXY headers of version 1 have addresses in one form', () => {
    assert.equal(said('PROXY TCP6 2001:DB8:0:0::000A ::FFFF:192.0.2.1 1 2\r\n'), '2001:db8::a 1 → 192.0.2.1 2 (52)');
  });

  for (const [line, rule] of Object.entries({
    'PROXY tcp4 1.2.3.4 1.2.3.4 1 2': 'a family other than TCP4, TCP6 and UNKNOWN',
    'PROXY  TCP4 1.2.3.4 1.2.3.4 1 2': 'a family other than TCP4, TCP6 and UNKNOWN',
    'PROXY ': 'a family other than TCP4, TCP6 and UNKNOWN',
    'PROXY UDP4 1.2.3.4 1.2.3.4 1 2': 'a family other than TCP4, TCP6 and UNKNOWN',
    'PROXY TCP4': 'other than two addresses and two ports',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1': 'other than two addresses and two ports',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 ': 'other than two addresses and two ports',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3': 'other than two addresses and two ports',
    'PROXY TCP4 1.2.3.4  1.2.3.4 1 2': 'other than two addresses and two ports',
    'PROXY TCP4 ::1 ::1 1 2': 'an address that is none of TCP4',
    'PROXY TCP6 1.2.3.4 1.2.3.4 1 2': 'an address that is none of TCP6',
    'PROXY TCP4 1.2.3.4 ::1 1 2': 'an address that is none of TCP4',
    'PROXY TCP4 1.2.3 1.2.3.4 1 2': 'an address that is none of TCP4',
    'PROXY TCP4 1.2.3.4.5 1.2.3.4 1 2': 'an address that is none of TCP4',
    'PROXY TCP4 01.2.3.4 1.2.3.4 1 2': 'an address that is none of TCP4',
    'PROXY TCP4 256.2.3.4 1.2.3.4 1 2': 'an address that is none of TCP4',
    'PROXY TCP4 localhost 1.2.3.4 1 2': 'an address that is none of TCP4',
    'PROXY TCP6 fe80::1%eth0 ::1 1 2': 'an address that is none of TCP6',
    'PROXY TCP6 ::1::1 ::1 1 2': 'an address that is none of TCP6',
    'PROXY TCP6 [::1] ::1 1 2': 'an address that is none of TCP6',
    'PROXY TCP4 1.2.3.4 1.2.3.4 65536 2': 'a malformed port',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1 00': 'a malformed port',
    'PROXY TCP4 1.2.3.4 1.2.3.4 080 2': 'a malformed port',
    'PROXY TCP4 1.2.3.4 1.2.3.4 +1 2': 'a malformed port',
    'PROXY TCP4 1.2.3.4 1.2.3.4 -1 2': 'a malformed port',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1e3 2': 'a malformed port',
  })) {
    it(`a PROXY header of version 1 is refused: ${JSON.stringify(line)}`, () => {
      assert.equal(said(`${line}\r\n`), `bad: ${rule}`);
    });
  }

  it('PROXY headers of version 1 end with CRLF and nothing else', () => {
    assert.equal(said('PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n'), 'bad: a line that ends with LF alone');
    assert.equal(said('PROXY UNKNOWN a\nb\r\n'), 'bad: a line that ends with LF alone');
    assert.equal(said('PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r'), 'more');
    assert.equal(said('PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rG'), 'bad: CR within a line');
  });

  it('PROXY headers of version 1 have ports from 0 to 65535', () => {
    assert.equal(said('PROXY TCP4 1.2.3.4 5.6.7.8 0 65535\r\n'), '1.2.3.4 0 → 5.6.7.8 65535 (36)');
  });
});

describe('what is not yet, or never, a PROXY header', () => {
  it('the beginning of a PROXY header may be something else until its signature is whole', () => {
    for (const start of ['P', 'PR', 'PROXY', '\r', '\r\n\r\n\0\r\nQUIT']) assert.equal(said(start), 'open', start);
    for (const start of ['PROXY ', '\r\n\r\n\0\r\nQUIT\n']) assert.equal(said(start), 'more', start);
  });

  it('what begins otherwise is no PROXY header', () => {
    for (const other of [
      'GET / HTTP/1.1\r\n',
      'POST',
      'PROPFIND / ',
      'proxy ',
      'PROXY\t',
      '\r\nGET /',
      '\n',
      '\0',
      '\x16\x03\x01',
    ]) {
      assert.equal(said(other), 'none', JSON.stringify(other));
    }
  });
});

describe('PROXY headers of version 2', () => {
  it('PROXY headers of version 2 are read byte by byte as HAProxy writes them', () => {
    const v4 = Buffer.from('0d0a0d0a000d0a515549540a2111000c7f0000017f000001d42a5e89', 'hex');
    assert.equal(said(v4), '127.0.0.1 54314 → 127.0.0.1 24201 (28)');
    const loopback = '00000000000000000000000000000001';
    const v6 = Buffer.from(`0d0a0d0a000d0a515549540a21210024${loopback}${loopback}d42a5e89`, 'hex');
    assert.equal(said(v6), '::1 54314 → ::1 24201 (52)');
    const local = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');
    assert.equal(said(local), 'real peer (16)');
    assert.equal(said(Buffer.concat([local, Buffer.from('GET / HTTP/1.1\r\n')])), 'real peer (16)');
  });

  it('PROXY headers of version 2 have addresses in one form', () => {
    const mapped = binaryHeader(0x21, 0x21, ends('0:0:0:0:0:ffff:c000:20a', '2001:db8::1', 1, 2));
    assert.equal(said(mapped), '192.0.2.10 1 → 2001:db8::1 2 (52)');
  });

  it('the other end of the connection counts where a PROXY header names no TCP client over IP', () => {
    const unix = Buffer.alloc(216, 1);
    for (const [family, rest] of [
      [0x00, Buffer.alloc(0)],
      [0x00, Buffer.from('whatever it is')],
      [0x01, Buffer.alloc(12)],
      [0x10, TCP4],
      [0x12, TCP4],
      [0x22, TCP6],
      [0x31, unix],
      [0x32, unix],
    ] as const) {
      assert.equal(said(binaryHeader(0x21, family, rest)), `real peer (${16 + rest.length})`, String(family));
    }
  });

  it('LOCAL is the other end of the connection, whatever stands behind it', () => {
    for (const family of [0x00, 0x11, 0x21, 0x31, 0x55, 0xff]) {
      for (const rest of [Buffer.alloc(0), Buffer.alloc(5, 0xff), TCP4]) {
        assert.equal(said(binaryHeader(0x20, family, rest)), `real peer (${16 + rest.length})`);
      }
    }
  });

  for (const [name, header, rule] of [
    ['a version 1 in its binary form', binaryHeader(0x11, 0x11, TCP4), 'a version other than 1 and 2'],
    ['a version 3', binaryHeader(0x31, 0x11, TCP4), 'a version other than 1 and 2'],
    ['an unknown command', binaryHeader(0x22, 0x11, TCP4), 'an unknown command'],
    ['an unknown family', binaryHeader(0x21, 0x41, TCP4), 'an unknown family'],
    ['an unknown protocol', binaryHeader(0x21, 0x13, TCP4), 'an unknown family'],
    ['IPv4 with too little', binaryHeader(0x21, 0x11, TCP4.subarray(1)), 'a length below that of its addresses'],
    ['IPv6 with addresses of IPv4', binaryHeader(0x21, 0x21, TCP4), 'a length below that of its addresses'],
    ['unix with too little', binaryHeader(0x21, 0x31, Buffer.alloc(215)), 'a length below that of its addresses'],
    ['more than 4 KiB', binaryHeader(0x21, 0x11, TCP4, 4081), 'more than 4096 bytes'],
    ['more than 4 KiB of LOCAL', binaryHeader(0x20, 0, TCP4, 0xffff), 'more than 4096 bytes'],
    [
      'one byte of a field',
      binaryHeader(0x21, 0x11, Buffer.concat([TCP4, Buffer.of(4)])),
      'a field that goes beyond the header',
    ],
    [
      'two bytes of a field',
      binaryHeader(0x21, 0x11, Buffer.concat([TCP4, Buffer.of(4, 0)])),
      'a field that goes beyond the header',
    ],
    [
      'a field that is too long',
      binaryHeader(0x21, 0x11, Buffer.concat([TCP4, Buffer.of(4, 0, 2, 0)])),
      'a field that goes beyond the header',
    ],
    [
      'fields of UDP that do not fit',
      binaryHeader(0x21, 0x12, Buffer.concat([TCP4, Buffer.of(4)])),
      'a field that goes beyond the header',
    ],
    [
      'a checksum of three bytes',
      binaryHeader(0x21, 0x11, Buffer.concat([TCP4, field(3, 'abc')])),
      'a checksum that has not four bytes',
    ],
    ['a wrong checksum', binaryHeader(0x21, 0x11, Buffer.concat([TCP4, field(3, 'abcd')])), 'a wrong checksum'],
    [
      'four bytes of TLS',
      binaryHeader(0x21, 0x11, Buffer.concat([TCP4, field(0x20, '\x01\0\0\0')])),
      'a TLS field that does not fit',
    ],
    [
      'a field within TLS that is too long',
      binaryHeader(0x21, 0x11, Buffer.concat([TCP4, tlsField(1, 0, Buffer.of(0x21, 0, 9, 1))])),
      'a TLS field that does not fit',
    ],
  ] as const) {
    it(`a PROXY header of version 2 is refused: ${name}`, () => assert.equal(said(header), `bad: ${rule}`));
  }

  it('PROXY headers of version 2 have at most 4096 bytes', () => {
    const most = binaryHeader(0x21, 0x11, Buffer.concat([TCP4, field(4, Buffer.alloc(4096 - 16 - 12 - 3))]));
    assert.equal(most.length, 4096);
    assert.equal(said(most), '192.0.2.10 40000 → 198.51.100.1 443 (4096)');
  });
});

describe('the fields of PROXY headers', () => {
  function fieldsOf(...fields: readonly Buffer[]): unknown {
    const reading = readBothWays(binaryHeader(0x21, 0x11, Buffer.concat([TCP4, ...fields])));
    return reading.verdict === 'done' ? reading.header.fields : reading;
  }
  const NONE = { alpn: '', authority: '', uniqueId: '', tls: null };

  it('names, ids and TLS are kept of the fields of PROXY headers, and others are passed over', () => {
    assert.deepEqual(
      fieldsOf(
        field(0x04, '\0\0'),
        field(0x01, 'h2'),
        field(0x02, 'shop.example'),
        field(0x05, 'id-1'),
        field(0xea, 'vpce'),
        CLIENT_TLS_FIELD,
      ),
      {
        alpn: 'h2',
        authority: 'shop.example',
        uniqueId: 'id-1',
        tls: CLIENT_TLS,
      },
    );
  });

  it('a client counts as verified in a PROXY header only with a certificate that was accepted', () => {
    const verified = (client: number, verify: number): unknown => {
      const { tls } = fieldsOf(tlsField(client, verify)) as ProxyFields;
      return tls && isVerified(tls);
    };
    assert.deepEqual(
      [verified(1, 0), verified(3, 0), verified(5, 0), verified(7, 1), verified(0, 0), verified(6, 0)],
      [false, true, true, false, null, null],
    );
  });

  it('the first of equal fields of a PROXY header counts', () => {
    assert.deepEqual(fieldsOf(field(2, 'a'), field(2, 'b')), { ...NONE, authority: 'a' });
  });

  it('at most 1 KiB is kept of the fields of a PROXY header, and what is too long is left out', () => {
    const long = 'a'.repeat(1000);
    assert.deepEqual(fieldsOf(field(2, long), field(5, 'b'.repeat(25)), field(1, 'h2')), {
      ...NONE,
      authority: long,
      alpn: 'h2',
    });
  });

  it('a PROXY header with its own checksum is accepted, wherever that stands, and with any other byte changed it is not', () => {
    const header = binaryHeader(
      0x21,
      0x11,
      Buffer.concat([TCP4, field(2, 'a.example'), field(3, '\0\0\0\0'), field(5, 'x')]),
    );
    const at = header.indexOf(Buffer.from([3, 0, 4])) + 3;
    header.writeUInt32BE(crc32c(header, 0, header.length, at), at);
    assert.equal(readBothWays(header).verdict, 'done');
    for (let byte = 16; byte < 16 + TCP4.length; byte++) {
      const other = Buffer.from(header);
      other[byte] ^= 1;
      assert.equal(said(other), 'bad: a wrong checksum');
    }
  });

  it('the addresses of tests are those of the protocol', () => {
    assert.equal(addressBytes('2001:db8::1').toString('hex'), '20010db8000000000000000000000001');
  });
});
