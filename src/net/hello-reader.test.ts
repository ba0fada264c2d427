import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { extension, helloOf, recordsOf, serverName } from '../../test/support/client-hello.ts';
import { usedBytes } from '../../test/support/used-bytes.ts';
import { UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import { USE_REQUEST } from '../core/shared/memory-table.ts';
import { HelloReader, MOST_HELLO_BYTES } from './hello-reader.ts';
import type { HelloVerdict } from './hello-reader.ts';
import { KeptBytes } from './kept-bytes.ts';

/** Reads up to a verdict, in pieces of these lengths, the last of which repeats. */
function read(
  bytes: Buffer,
  ...lengths: readonly number[]
): { verdict: HelloVerdict; reader: HelloReader; at: number } {
  const reader = new HelloReader(new KeptBytes(UNBOUNDED_MEMORY, USE_REQUEST));
  let verdict: HelloVerdict = 'more';
  let at = 0;
  for (let piece = 0; at < bytes.length && verdict === 'more'; piece++) {
    const end = Math.min(bytes.length, at + lengths[Math.min(piece, lengths.length - 1)]);
    verdict = reader.take(bytes, at, end);
    at = end;
  }
  return { verdict, reader, at };
}

/** Of records and all. */
function helloOfLength(bytes: number): Buffer {
  const least = helloOf({ extensions: [extension(21, Buffer.alloc(0))] }).length;
  return helloOf({ extensions: [extension(21, Buffer.alloc(bytes - least))] });
}

const FIXTURES = new URL('../../test/fixtures/hello/', import.meta.url);

describe('the reader of hellos', () => {
  for (const name of readdirSync(FIXTURES)) {
    const [hex, expected] = readFileSync(new URL(name, FIXTURES), 'utf8').split('\n\n');
    const bytes = Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

    it(`the reader of hellos reads that of ${name} whole, and cut in two anywhere`, () => {
      for (let cut = 1; cut <= bytes.length; cut++) {
        const { verdict, reader } = read(bytes, cut, bytes.length);
        assert.equal(verdict, 'done', String(cut));
        assert.deepEqual({ ...reader.hello }, JSON.parse(expected));
        assert.deepEqual(reader.held, bytes);
      }
    });

    it(`the reader of hellos reads that of ${name} byte by byte, and no sooner than at its last byte`, () => {
      const { verdict, reader, at } = read(bytes, 1);
      assert.deepEqual([verdict, at], ['done', bytes.length]);
      assert.deepEqual({ ...reader.hello }, JSON.parse(expected));
    });
  }

  it('the reader of hellos puts a message together that comes in records of any size', () => {
    for (const fragmentBytes of [1, 2, 3, 4, 5, 7, 64, 100]) {
      const bytes = helloOf({ extensions: [serverName('a.example')], fragmentBytes });
      for (const length of [1, 3, bytes.length]) {
        const { verdict, reader } = read(bytes, length);
        assert.equal(verdict, 'done');
        assert.equal(reader.hello?.serverName, 'a.example');
        assert.deepEqual(reader.held, bytes);
      }
    }
  });

  it('the reader of hellos keeps what comes behind the hello', () => {
    const bytes = Buffer.concat([helloOf(), Buffer.from('early data')]);
    const { verdict, reader } = read(bytes, 5, bytes.length);
    assert.equal(verdict, 'done');
    assert.deepEqual(reader.held, bytes);
  });

  it('the reader of hellos sees by the first byte that it is no TLS', () => {
    for (const text of ['GET / HTTP/1.1\r\n', '\x80\x2e\x01\x03\x01', '\x15\x03\x03', '\0']) {
      assert.equal(read(Buffer.from(text, 'latin1'), 1).verdict, 'not-tls', JSON.stringify(text));
      assert.equal(read(Buffer.from(text, 'latin1'), 99).verdict, 'not-tls', JSON.stringify(text));
    }
  });

  const message = helloOf().subarray(5);
  const BAD: Readonly<Record<string, Buffer>> = {
    'a record of version 2': Buffer.from([22, 2, 0, 0, 5]),
    'an empty record': Buffer.from([22, 3, 1, 0, 0]),
    'a record above 16 KiB': Buffer.from([22, 3, 1, 0x40, 1]),
    'another message than a hello': recordsOf(Buffer.from([2, 0, 0, 1, 0])),
    'an empty message': recordsOf(Buffer.from([1, 0, 0, 0])),
    'a message of 16 MiB': recordsOf(Buffer.from([1, 0xff, 0xff, 0xff])),
    'an alert in the middle': Buffer.concat([recordsOf(message.subarray(0, 20)), Buffer.from([21])]),
    'a body that breaks a rule': helloOf({ ciphers: Buffer.alloc(0) }),
  };
  for (const [what, bytes] of Object.entries(BAD)) {
    it(`the reader of hellos refuses ${what}, whole and byte by byte`, () => {
      assert.equal(read(bytes, bytes.length).verdict, 'bad');
      assert.equal(read(bytes, 1).verdict, 'bad');
    });
  }

  it('the reader of hellos takes one of 16 KiB, and none that is a byte longer', () => {
    for (const length of [1, 1000, Infinity]) {
      assert.equal(read(helloOfLength(MOST_HELLO_BYTES), length).verdict, 'done');
      assert.equal(read(helloOfLength(MOST_HELLO_BYTES + 1), length).verdict, 'bad');
    }
  });

  it('the reader of hellos keeps no more than 16 KiB of one that never ends, in whatever records it comes', () => {
    const dripping = recordsOf(Buffer.concat([Buffer.from([1, 0, 0x30, 0]), Buffer.alloc(12_000)]), 1);
    const { verdict, reader, at } = read(dripping, 1);
    assert.equal(verdict, 'bad');
    assert.equal(at, MOST_HELLO_BYTES);
    assert.equal(reader.held.length, MOST_HELLO_BYTES);
  });

  it('the reader of hellos has no more in memory than the bytes that are counted, however small their records', () => {
    const dripping = recordsOf(Buffer.concat([Buffer.from([1, 0, 0x30, 0]), Buffer.alloc(2600)]), 1);
    const before = usedBytes();
    const readers = Array.from({ length: 200 }, () => read(dripping, dripping.length).reader);
    const each = (usedBytes() - before) / readers.length;
    assert.ok(readers.every(({ held }) => held.length === dripping.length));
    assert.ok(each < dripping.length + 2048, `${Math.round(each)} bytes for ${dripping.length}`);
  });
});
