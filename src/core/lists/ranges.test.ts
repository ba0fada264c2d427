import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from './address.ts';
import { addNetwork } from './network-text.ts';
import { CollectedRanges, Ranges, buildRanges } from './ranges.ts';

/** An address as one number, with its family. */
interface Numbered {
  readonly family: 4 | 6;
  readonly value: bigint;
}

type Span = readonly [first: Numbered, last: Numbered];

function wordsOf({ family, value }: Numbered): Int32Array {
  const count = family === 4 ? 1 : 4;
  const words = new Int32Array(4);
  for (let word = 0; word < count; word++)
    words[word] = Number((value >> BigInt(32 * (count - 1 - word))) & 0xffffffffn);
  return words;
}

function rangesOf(spans: readonly Span[]): Ranges {
  const collected = new CollectedRanges();
  for (const [first, last] of spans) collected.add(first.family, wordsOf(first), wordsOf(last));
  return new Ranges(buildRanges(collected));
}

/** Few distinct upper bits, so that ranges meet; all borders of words are among them. */
const part = fc.constantFrom(0n, 1n, 0x7fffffffn, 0x80000000n, 0xfffffffen, 0xffffffffn, 0x20010db8n, 0x20010000n);
const small = fc.bigInt({ min: 0n, max: 40n });
const four = fc
  .tuple(fc.constantFrom(0n, 0x0a000000n, 0x0a00ffd0n, 0xffffff00n, 0xffff0000n), small)
  .map(([base, add]): Numbered => ({ family: 4, value: base + add }));
const six = fc
  .tuple(part, part, part, part)
  .map(([a, b, c, d]): Numbered => ({ family: 6, value: (a << 96n) | (b << 64n) | (c << 32n) | d }));

function spanOf(address: fc.Arbitrary<Numbered>): fc.Arbitrary<Span> {
  return fc.tuple(address, address).map(([a, b]): Span => (a.value <= b.value ? [a, b] : [b, a]));
}

function around([first, last]: Span): readonly Numbered[] {
  const most = first.family === 4 ? 0xffffffffn : (1n << 128n) - 1n;
  return [first.value - 1n, first.value, first.value + 1n, last.value - 1n, last.value, last.value + 1n]
    .filter((value) => value >= 0n && value <= most)
    .map((value) => ({ family: first.family, value }));
}

describe('ranges of addresses', () => {
  it('ranges of addresses hold just the addresses that a look at each of them finds', () => {
    const spans = fc.array(fc.oneof(spanOf(four), spanOf(six)), { maxLength: 12 });
    fc.assert(
      fc.property(spans, fc.array(fc.oneof(four, six)), (all, others) => {
        const ranges = rangesOf(all);
        for (const asked of [...all.flatMap(around), ...others]) {
          const expected = all.some(
            ([first, last]) => first.family === asked.family && first.value <= asked.value && asked.value <= last.value,
          );
          assert.equal(ranges.has(wordsOf(asked), asked.family), expected, `${asked.family} ${asked.value}`);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('ranges of addresses with an index hold just the addresses that a look at each of them finds', () => {
    const wide4 = fc.bigInt({ min: 0n, max: 0xffffffffn }).map((value): Numbered => ({ family: 4, value }));
    const wide6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((value): Numbered => ({ family: 6, value }));
    const block = (address: fc.Arbitrary<Numbered>, bits: bigint): fc.Arbitrary<Span> =>
      fc.tuple(address, fc.bigInt({ min: 0n, max: bits })).map(([{ family, value }, width]): Span => {
        const low = (1n << width) - 1n;
        return [
          { family, value: value & ~low },
          { family, value: value | low },
        ];
      });
    const spans = fc.array(fc.oneof(block(wide4, 20n), block(wide6, 90n)), { minLength: 300, maxLength: 400 });
    fc.assert(
      fc.property(spans, (all) => {
        const ranges = rangesOf(all);
        for (const asked of all.flatMap(around)) {
          const expected = all.some(
            ([first, last]) => first.family === asked.family && first.value <= asked.value && asked.value <= last.value,
          );
          assert.equal(ranges.has(wordsOf(asked), asked.family), expected, `${asked.family} ${asked.value}`);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('ranges of addresses that are none hold nothing, and everything holds all of a family', () => {
    assert.equal(rangesOf([]).has(new Int32Array(4), 4), false);
    assert.equal(rangesOf([]).has(new Int32Array(4), 6), false);
    const collected = new CollectedRanges();
    for (const text of ['0.0.0.0/0', '::/0']) assert.ok(addNetwork(text, collected) >= 0, text);
    const all = new Ranges(buildRanges(collected));
    for (const text of ['0.0.0.0', '255.255.255.255', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8::1']) {
      const words = new Int32Array(4);
      assert.ok(all.has(words, parseAddress(text, words)), text);
    }
    assert.equal(all.has(new Int32Array(4), 0), false);
  });

  it('ranges of addresses that overlap count as one', () => {
    const collected = new CollectedRanges();
    for (const text of ['10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/9', '2001:db8::/32', '2001:db8:1::/48'])
      addNetwork(text, collected);
    assert.equal(collected.count, 5);
    assert.equal(new Ranges(buildRanges(collected)).count, 2);
  });
});
