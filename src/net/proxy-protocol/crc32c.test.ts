import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from './crc32c.ts';

test('CRC-32C of the examples of RFC 3720 B.4', () => {
  const of = (bytes: Uint8Array): number => crc32c(bytes, 0, bytes.length);
  assert.equal(of(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(of(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(of(Uint8Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e);
  assert.equal(of(Uint8Array.from({ length: 32 }, (_, at) => 31 - at)), 0x113fdb5c);
  assert.equal(of(Buffer.from('123456789')), 0xe3069283);
  assert.equal(of(Buffer.alloc(0)), 0);
});

test('CRC-32C looks at the given range alone, and takes the field of the checksum for zeros', () => {
  const bytes = Buffer.from('..1234\xff\xfe\xfd\xfc56..', 'latin1');
  const zeroed = Buffer.from('1234\0\0\0\x0056', 'latin1');
  assert.equal(crc32c(bytes, 2, bytes.length - 2, 6), crc32c(zeroed, 0, zeroed.length));
});
