/**
 * Reads numeric addresses: IPv4 in four decimal numbers, IPv6 in every form of RFC 4291 2.2. Nothing is allocated and
 * nothing thrown, since strangers write addresses, too.
 */

const DOT = 0x2e;
const COLON = 0x3a;
const GROUPS = 8;

/** Groups of 16 bits of the address being read. */
const groups = new Int32Array(GROUPS);
const dotted = new Int32Array(1);

/**
 * Writes the address into `words` (of at least four), the first bits in `words[0]`, and returns its family: 4 fills one
 * word, 6 all four, 0 stands for a text that is no address. A zone (`%eth0`) does not count, and `::ffff:a.b.c.d`, in
 * whichever form, is a.b.c.d.
 */
export function parseAddress(text: string, words: Int32Array): 0 | 4 | 6 {
  if (!text.includes(':')) {
    if (!parseDotted(text, 0, text.length)) return 0;
    words[0] = dotted[0];
    return 4;
  }
  const percent = text.indexOf('%');
  if (percent === text.length - 1 || !parseGroups(text, percent < 0 ? text.length : percent)) return 0;
  for (let word = 0; word < 4; word++) words[word] = (groups[2 * word] << 16) | groups[2 * word + 1];
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  if (!isMapped) return 6;
  words[0] = words[3];
  return 4;
}

/** Into `dotted`. */
function parseDotted(text: string, start: number, end: number): boolean {
  let word = 0;
  let parts = 0;
  for (let at = start; ; at++) {
    let value = 0;
    const from = at;
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      // Zeros in front would be octal to others.
      if (value > 255 || (at > from && text.charCodeAt(from) === 0x30)) return false;
    }
    if (at === from) return false;
    word = (word << 8) | value;
    parts++;
    if (at === end || parts === 4) {
      dotted[0] = word;
      return at === end && parts === 4;
    }
    if (text.charCodeAt(at) !== DOT) return false;
  }
}

/** Into `groups`. */
function parseGroups(text: string, end: number): boolean {
  let count = 0;
  /** How many groups stand in front of `::`, -1 before there is one. */
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = 0;
    at = 2;
  }
  while (at < end) {
    const next = endOfGroup(text, at, end);
    if (next < end && text.charCodeAt(next) === DOT) {
      if (count > GROUPS - 2 || !parseDotted(text, at, end)) return false;
      groups[count++] = dotted[0] >>> 16;
      groups[count++] = dotted[0] & 0xffff;
      break;
    }
    if (next === at || next - at > 4 || count === GROUPS) return false;
    groups[count++] = hexOf(text, at, next);
    if (next === end) break;
    if (text.charCodeAt(next) !== COLON) return false;
    at = next + 1;
    if (at === end) return false;
    if (text.charCodeAt(at) !== COLON) continue;
    if (gap >= 0) return false;
    gap = count;
    at++;
  }
  return fillGap(count, gap);
}

/** `::` stands for as many groups of zeros as are missing, at least one. */
function fillGap(count: number, gap: number): boolean {
  if (gap < 0) return count === GROUPS;
  if (count === GROUPS) return false;
  const behind = count - gap;
  for (let index = 1; index <= behind; index++) groups[GROUPS - index] = groups[count - index];
  for (let index = gap; index < GROUPS - behind; index++) groups[index] = 0;
  return true;
}

function endOfGroup(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && hexDigit(text.charCodeAt(at)) >= 0) at++;
  return at;
}

function hexOf(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 16 + hexDigit(text.charCodeAt(at));
  return value;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Zeros behind the first `bits` of the words of an address. */
export function maskAddress(words: Int32Array, family: 4 | 6, bits: number): void {
  for (let word = 0; word < (family === 4 ? 1 : 4); word++) {
    const left = bits - 32 * word;
    if (left <= 0) words[word] = 0;
    else if (left < 32) words[word] &= -1 << (32 - left);
  }
}
