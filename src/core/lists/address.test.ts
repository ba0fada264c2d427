import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { maskAddress, parseAddress } from './address.ts';

function read(text: string): string | null {
  const words = new Int32Array(4);
  const family = parseAddress(text, words);
  if (family === 0) return null;
  return Array.from(words.subarray(0, family === 4 ? 1 : 4), (word) => (word >>> 0).toString(16).padStart(8, '0')).join(
    ' ',
  );
}

describe('parseAddress', () => {
  const readings: readonly (readonly [string, string | null])[] = [
    ['127.0.0.1', '7f000001'],
    ['255.255.255.255', 'ffffffff'],
    ['0.0.0.0', '00000000'],
    ['::', '00000000 00000000 00000000 00000000'],
    ['::1', '00000000 00000000 00000000 00000001'],
    ['2001:db8::8:800:200C:417a', '20010db8 00000000 00080800 200c417a'],
    ['1:2:3:4:5:6:7:8', '00010002 00030004 00050006 00070008'],
    ['1::', '00010000 00000000 00000000 00000000'],
    ['::2:3:4:5:6:7:8', '00000002 00030004 00050006 00070008'],
    ['64:ff9b::192.0.2.33', '0064ff9b 00000000 00000000 c0000221'],
    ['fe80::1%eth0', 'fe800000 00000000 00000000 00000001'],
    ['::ffff:10.1.2.3', '0a010203'],
    ['::FFFF:0a01:0203', '0a010203'],
    ['0:0:0:0:0:ffff:a01:203', '0a010203'],
  ];
  for (const [text, expected] of readings) {
    it(`parseAddress reads ${text}`, () => assert.equal(read(text), expected));
  }

  it('parseAddress refuses what is no address', () => {
    const bad =
      ' |a|1|1.2.3|1.2.3.4.5|1.2.3.256|01.2.3.4|1.2.3.4 | 1.2.3.4|1.2..4|1.2.3.|:|:::|1:2|1:2:3:4:5:6:7|1:2:3:4:5:6:7:8:9|1::2::3|12345::|::g|1:2:3:4:5:6:7::8:9|1:2:3:4:5:6:7:1.2.3.4|::1.2.3|::1.2.3.4:5|[::1]|fe80::1%|1:|:1|unknown|_x|1:2:3:4:5:6:7:';
    for (const text of [...bad.split('|'), '', '1::2:3:4:5:6:7:8:9'])
      assert.equal(read(text), null, JSON.stringify(text));
  });

  it('parseAddress takes and refuses what Node does', () => {
    const piece = fc.constantFrom(
      ':',
      '::',
      '.',
      '1',
      'ff',
      '0',
      '255',
      '256',
      'g',
      '1.2.3.4',
      'ffff',
      '00000',
      'dead',
    );
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (each) => assert.equal(read(each) !== null, isIP(each) !== 0, each)),
      { numRuns: 3000 },
    );
  });
});

describe('maskAddress', () => {
  it('maskAddress leaves the first bits', () => {
    for (const [bits, expected] of [
      [128, [0x20010db8, 0x11112222, 0x33334444, 0x55556666]],
      [64, [0x20010db8, 0x11112222, 0, 0]],
      [48, [0x20010db8, 0x11110000, 0, 0]],
      [33, [0x20010db8, 0, 0, 0]],
      [3, [0x20000000, 0, 0, 0]],
    ] as const) {
      const words = Int32Array.of(0x20010db8, 0x11112222, 0x33334444, 0x55556666);
      maskAddress(words, 6, bits);
      assert.deepEqual([...words], expected, `/${bits}`);
    }
    const four = Int32Array.of(0x0a010203, 7);
    maskAddress(four, 4, 24);
    assert.deepEqual([...four], [0x0a010200, 7]);
  });
});
