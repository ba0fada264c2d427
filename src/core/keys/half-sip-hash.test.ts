import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HalfSipHash, PUBLIC_SEED, mix } from './half-sip-hash.ts';

/**
 * The algorithm straight from its paper, with any number of rounds and both widths of output: its published vectors
 * hold it, and it holds ours, whose rounds have none.
 */
function reference(bytes: readonly number[], key: readonly [number, number], c: number, d: number, isWide: boolean) {
  const v = [key[0], key[1] ^ (isWide ? 0xee : 0), 0x6c796765 ^ key[0], 0x74656462 ^ key[1]];
  const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
  const round = (): void => {
    v[0] = (v[0] + v[1]) | 0;
    v[1] = rotated(v[1], 5) ^ v[0];
    v[0] = rotated(v[0], 16);
    v[2] = (v[2] + v[3]) | 0;
    v[3] = rotated(v[3], 8) ^ v[2];
    v[0] = (v[0] + v[3]) | 0;
    v[3] = rotated(v[3], 7) ^ v[0];
    v[2] = (v[2] + v[1]) | 0;
    v[1] = rotated(v[1], 13) ^ v[2];
    v[2] = rotated(v[2], 16);
  };
  const rounds = (count: number): void => {
    for (let index = 0; index < count; index++) round();
  };
  const padded = [...bytes];
  while (padded.length % 4 !== 3) padded.push(0);
  padded.push(bytes.length & 0xff);
  for (let at = 0; at < padded.length; at += 4) {
    const word = padded[at] | (padded[at + 1] << 8) | (padded[at + 2] << 16) | (padded[at + 3] << 24);
    v[3] ^= word;
    rounds(c);
    v[0] ^= word;
  }
  v[2] ^= isWide ? 0xee : 0xff;
  rounds(d);
  const first = (v[1] ^ v[3]) >>> 0;
  v[1] ^= 0xdd;
  rounds(d);
  return [first, (v[1] ^ v[3]) >>> 0] as const;
}

function hashed(seed: { low: number; high: number }, feed: (hash: HalfSipHash) => void): readonly [number, number] {
  const hash = new HalfSipHash(seed);
  hash.begin();
  feed(hash);
  hash.end();
  return [hash.first >>> 0, hash.second >>> 0];
}

describe('HalfSipHash', () => {
  it('HalfSipHash has the published vectors of its reference, which this test holds ours against', () => {
    // HalfSipHash-2-4 with 32 bits of output, key 00 01 … 07, over 0, 1, 2 … bytes 00 01 02 …: veorq/SipHash, vectors.h.
    const published = [0x5b9f35a9, 0xb85a4727, 0x03a662fa, 0x04e7fe8a, 0x89466e2a, 0x69b6fac5, 0x23fc6358, 0xc563cf8b];
    published.forEach((expected, length) => {
      const bytes = Array.from({ length }, (_, index) => index);
      assert.equal(reference(bytes, [0x03020100, 0x07060504], 2, 4, false)[0], expected, `${length} bytes`);
    });
    // The same with 64 bits of output: 21 8d 1f 59 b9 b8 3c c8.
    assert.deepEqual(reference([], [0x03020100, 0x07060504], 2, 4, true), [0x591f8d21, 0xc83cb8b9]);
  });

  it('HalfSipHash is HalfSipHash-1-3 with 64 bits of output, in whatever pieces it is fed', () => {
    const piece = fc.oneof(fc.uint8Array({ maxLength: 9 }), fc.integer());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.integer(), fc.integer(), (pieces, low, high) => {
        const bytes = pieces.flatMap((each) =>
          typeof each === 'number' ? [0, 8, 16, 24].map((shift) => (each >>> shift) & 0xff) : [...each],
        );
        const ours = hashed({ low, high }, (hash) => {
          for (const each of pieces) {
            if (typeof each === 'number') hash.word(each);
            else hash.text(`<${Buffer.from(each).toString('latin1')}>`, 1, 1 + each.length);
          }
        });
        const [first, second] = reference(bytes, [low, high], 1, 3, true);
        assert.deepEqual(ours, [first === 0 ? 1 : first, second]);
      }),
    );
  });

  it('HalfSipHash has another hash with another seed, and the same one without', () => {
    const hash = (seed: { low: number; high: number }) => hashed(seed, (each) => each.text('client', 0, 6));
    assert.deepEqual(hash(PUBLIC_SEED), hash({ low: 0, high: 0 }));
    assert.notDeepEqual(hash(PUBLIC_SEED), hash({ low: 1, high: 0 }));
    assert.notDeepEqual(hash(PUBLIC_SEED), hash({ low: 0, high: 1 }));
  });
});

describe('mix', () => {
  it('a mixing round changes about half of the bits with each bit that changes', () => {
    for (let bit = 0; bit < 32; bit++) {
      let flipped = 0;
      for (let word = 0; word < 1000; word++) {
        let difference = mix(word * 0x9e3779b9) ^ mix((word * 0x9e3779b9) ^ (1 << bit));
        for (; difference !== 0; difference &= difference - 1) flipped++;
      }
      assert.ok(Math.abs(flipped / 32_000 - 0.5) < 0.05, `bit ${bit}: ${flipped / 32_000}`);
    }
  });
});
