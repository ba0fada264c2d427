/**
 * What a stranger sends costs no more than in proportion to its length. A reader is fed texts of one shape and two
 * lengths; what the longer one costs, beside as many of the shorter ones as are as long together, tells a line from a
 * square, however fast the machine. Both take about as long, so that other work on the machine disturbs both alike.
 */
import assert from 'node:assert/strict';

/** Reads `text`, which is a stranger's. Remembers nothing: each call does the whole work. */
export type Read = (text: string) => void;

/** How many times as long the longer text is, unless told: a line costs as much as 8 shorter ones, a square 8 times that. */
const FACTOR = 8;
/**
 * On a busy machine a round may be disturbed; what counts is the least of each length. Only what costs too much so far
 * goes on to the next round. (The kernel's figures of a thread's processor time may be in steps of 4 ms: too coarse.)
 */
const ROUNDS = 60;

/** Whatever separates anything in a head, and three characters that do not. */
const SEPARATORS = [
  ' ',
  '\t',
  ',',
  ';',
  ':',
  '=',
  '&',
  '?',
  '%',
  '/',
  '\\',
  '.',
  '-',
  '+',
  '"',
  "'",
  '(',
  '[',
  '<',
  '_',
  '1',
  'a',
  '%2e',
  '%2F',
  '%41',
  '/.',
  '/..',
  '//',
];

/** A text of about `length` characters. */
export type Make = (length: number) => string;

/** The same, made with a separator. */
type Shape = (separator: string, length: number) => string;

const repeat = (text: string, length: number): string => text.repeat(Math.max(1, Math.floor(length / text.length)));

const SHAPES: Readonly<Record<string, Shape>> = {
  'nothing but': repeat,
  'between two words': (separator, length) => `a${repeat(separator, length)}b`,
  'behind each letter': (separator, length) => repeat(`a${separator}`, length),
  'and blanks in turn': (separator, length) => repeat(`${separator} `, length),
  'before what breaks it': (separator, length) => `chunked${repeat(separator, length)}(`,
  'in quotes': (separator, length) => `${repeat(`a;a="${separator}",`, length)}(`,
  'behind a bracket': (separator, length) => `[::${repeat(separator, length)}`,
};

/** Fails where some separator, in some shape, costs a reader more than in proportion; `length` is the longer one. */
export function assertLinear(read: Read, length: number, factor = FACTOR): void {
  for (const [shape, make] of Object.entries(SHAPES)) {
    for (const separator of SEPARATORS) {
      assertLinearIn((size) => make(separator, size), read, length, `${JSON.stringify(separator)} ${shape}`, factor);
    }
  }
}

/** The same for one way of making a text. */
export function assertLinearIn(make: Make, read: Read, length: number, what: string, factor = FACTOR): void {
  const short = make(length / factor);
  const long = make(length);
  read(short);
  let least = Infinity;
  let most = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    least = Math.min(least, timeOf(read, short, factor));
    most = Math.min(most, timeOf(read, long, 1));
    // Midway between a line and a square.
    if (most <= factor ** 0.5 * least) return;
  }
  const times = (most / least).toFixed(1);
  assert.fail(`${what}: ${long.length} characters cost ${times} times what ${factor} times ${short.length} do`);
}

function timeOf(read: Read, text: string, count: number): number {
  const startedAt = performance.now();
  for (let turn = 0; turn < count; turn++) read(text);
  return performance.now() - startedAt;
}
