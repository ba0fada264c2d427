/** Writes numeric addresses, in the one form in which they are compared, logged and hashed. */

const GROUPS = 8;

/**
 * The text of the address in `words`, as `parseAddress` fills them. IPv6 is written as RFC 5952 recommends: lower case,
 * no zeros in front, `::` in place of the longest run of at least two groups of zeros, the first of equal ones.
 */
export function addressText(words: Int32Array, family: 4 | 6): string {
  if (family === 4) {
    const [word] = words;
    return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
  }
  const groups = Array.from({ length: GROUPS }, (_, at) => (words[at >> 1] >>> (at % 2 === 0 ? 16 : 0)) & 0xffff);
  const { from, length } = longestGap(groups);
  if (length < 2) return hexGroups(groups);
  return `${hexGroups(groups.slice(0, from))}::${hexGroups(groups.slice(from + length))}`;
}

function hexGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

function longestGap(groups: readonly number[]): { readonly from: number; readonly length: number } {
  let longest = { from: 0, length: 0 };
  let from = 0;
  for (let at = 0; at <= groups.length; at++) {
    if (groups[at] === 0) continue;
    if (at - from > longest.length) longest = { from, length: at - from };
    from = at + 1;
  }
  return longest;
}
