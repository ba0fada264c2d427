/**
 * HalfSipHash-1-3 with 64 bits of output (Aumasson and Bernstein 2012, "SipHash: a fast short-input PRF"; the variant on
 * 32-bit words that Linux has for its hash tables): a stranger who does not know the seed cannot make keys that
 * collide. Made of pieces of latin1 text, bytes and words, so that nothing has to be put together first; it allocates
 * nothing.
 */

/** Two words; with a secret seed its hashes can be neither guessed nor made to meet. */
export interface HashSeed {
  readonly low: number;
  readonly high: number;
}

/**
 * For what has to come out alike in every process and after every restart, such as the endpoint of a key. It is no
 * secret.
 */
export const PUBLIC_SEED: HashSeed = Object.freeze({ low: 0, high: 0 });

const INITIAL_2 = 0x6c796765;
const INITIAL_3 = 0x74656462;
/** What tells 64 bits of output from 32. */
const WIDE = 0xee;
const SECOND_WORD = 0xdd;
const FINAL_ROUNDS = 3;

export class HalfSipHash {
  readonly #low: number;
  readonly #high: number;
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;
  /** Up to three bytes that do not fill a word yet. */
  #tail = 0;
  #length = 0;
  /** The first word of the last hash, an Int32 that is never 0. */
  first = 0;
  /** The second one. */
  second = 0;

  constructor(seed: HashSeed) {
    this.#low = seed.low | 0;
    this.#high = seed.high | 0;
  }

  begin(): void {
    this.#v0 = this.#low;
    this.#v1 = this.#high ^ WIDE;
    this.#v2 = this.#low ^ INITIAL_2;
    this.#v3 = this.#high ^ INITIAL_3;
    this.#tail = 0;
    this.#length = 0;
  }

  /** The bytes of `text[start, end)`; of a character beyond latin1 only the lower one counts. */
  text(text: string, start: number, end: number): void {
    for (let at = start; at < end; at++) this.byte(text.charCodeAt(at));
  }

  byte(code: number): void {
    const shift = (this.#length & 3) << 3;
    this.#tail |= (code & 0xff) << shift;
    this.#length = (this.#length + 1) | 0;
    if (shift !== 24) return;
    this.#compress(this.#tail);
    this.#tail = 0;
  }

  /** Four bytes at once, the lowest first. */
  word(word: number): void {
    if ((this.#length & 3) === 0) {
      this.#length = (this.#length + 4) | 0;
      this.#compress(word);
      return;
    }
    for (let shift = 0; shift < 32; shift += 8) this.byte(word >>> shift);
  }

  /** Leaves the hash in `first` and `second`. */
  end(): void {
    this.#compress((this.#length << 24) | this.#tail);
    this.#v2 ^= WIDE;
    for (let round = 0; round < FINAL_ROUNDS; round++) this.#round();
    const first = this.#v1 ^ this.#v3;
    this.#v1 ^= SECOND_WORD;
    for (let round = 0; round < FINAL_ROUNDS; round++) this.#round();
    this.first = first === 0 ? 1 : first;
    this.second = this.#v1 ^ this.#v3;
  }

  #compress(word: number): void {
    this.#v3 ^= word;
    this.#round();
    this.#v0 ^= word;
  }

  #round(): void {
    let v0 = (this.#v0 + this.#v1) | 0;
    let v1 = rotate(this.#v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    let v2 = (this.#v2 + this.#v3) | 0;
    let v3 = rotate(this.#v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Spreads 32 bits over all of them (the finish of MurmurHash3, Appleby): for further draws out of one hash. */
export function mix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
