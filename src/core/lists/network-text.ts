/** One network as people and programs write it: an address, a block, or a range from one address to another. */
import { maskAddress, parseAddress } from './address.ts';
import type { CollectedRanges } from './ranges.ts';

const first = new Int32Array(4);
const last = new Int32Array(4);
const mask = new Int32Array(4);

/** Bits in front that the mapped form of an IPv4 address has. */
const MAPPED_BITS = 96;

/**
 * Adds `10.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `10.0.0.1-10.0.0.9` and the same of IPv6 to `into`. Returns how
 * many bits a block of as many addresses has in front, -1 where the text is none of these. Bits behind those of a block
 * count for nothing.
 */
export function addNetwork(text: string, into: CollectedRanges): number {
  const slash = text.indexOf('/');
  if (slash >= 0) return addBlock(text, slash, into);
  const dash = text.indexOf('-');
  if (dash >= 0) return addSpan(text.slice(0, dash), text.slice(dash + 1), into);
  const family = parseAddress(text, first);
  if (family === 0) return -1;
  into.add(family, first, first);
  return family === 4 ? 32 : 128;
}

function addBlock(text: string, slash: number, into: CollectedRanges): number {
  const address = text.slice(0, slash);
  const family = parseAddress(address, first);
  if (family === 0) return -1;
  const bits = bitsOf(text.slice(slash + 1), family, address.includes(':'));
  if (bits < 0) return -1;
  maskAddress(first, family, bits);
  last.set(first);
  fillBehind(last, family, bits);
  into.add(family, first, last);
  return bits;
}

/** `isLong`: the address is written as one of IPv6, though it may be one of IPv4. */
function bitsOf(text: string, family: 4 | 6, isLong: boolean): number {
  if (/^\d{1,3}$/.test(text)) {
    const bits = Number(text) - (family === 4 && isLong ? MAPPED_BITS : 0);
    return bits >= 0 && bits <= (family === 4 ? 32 : 128) ? bits : -1;
  }
  if (family === 6 || isLong || parseAddress(text, mask) !== 4) return -1;
  // A mask is ones, then zeros.
  const zeros = ~mask[0];
  return (zeros & (zeros + 1)) === 0 ? Math.clz32(zeros) : -1;
}

function addSpan(from: string, to: string, into: CollectedRanges): number {
  const family = parseAddress(from.trim(), first);
  if (family === 0 || parseAddress(to.trim(), last) !== family) return -1;
  const words = family === 4 ? 1 : 4;
  let span = 0;
  for (let word = 0; word < words; word++) span = span * 2 ** 32 + ((last[word] >>> 0) - (first[word] >>> 0));
  if (span < 0) return -1;
  into.add(family, first, last);
  return 32 * words - Math.ceil(Math.log2(span + 1));
}

/** Ones behind the first `bits`. */
function fillBehind(words: Int32Array, family: 4 | 6, bits: number): void {
  for (let word = 0; word < (family === 4 ? 1 : 4); word++) {
    const left = bits - 32 * word;
    if (left <= 0) words[word] = -1;
    else if (left < 32) words[word] |= -1 >>> left;
  }
}
