/**
 * A bounded queue of access-log lines in shared memory, from one worker to the scribe: one writer, one reader, no
 * lock, and nobody ever waits. A line that does not fit is dropped and counted.
 *
 * Lines lie one after another, each on a border of 8 bytes and in one piece; where the rest of the ring is too small
 * for the next, a mark sends the reader back to its beginning. Equal places mean empty, so the writer never lets its
 * place catch up with the reader's.
 */

const HEAD = 0;
const TAIL = 1;
const DROPPED = 2;
const CONTROL_BYTES = 16;
/** In place of a length: go on at the beginning. */
const WRAP = -1;
/** Every line begins with its length. */
const ALIGNMENT = 8;

/** `bytes` is rounded up to a multiple of 8. */
export function createLogRing(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + align(Math.max(bytes, 64)));
}

export function align(bytes: number): number {
  return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
}

export class LogRing {
  /** The whole ring, for views of the lines' own; places are offsets in it. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #end: number;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#end = buffer.byteLength;
  }

  /** Lines that did not fit, since the beginning. */
  get dropped(): number {
    return Atomics.load(this.#words, DROPPED);
  }

  /** The writer's: where `bytes` (a multiple of 8) can be written, to be given to {@link publish}; -1, counted, where they do not fit. */
  reserve(bytes: number): number {
    const words = this.#words;
    const head = CONTROL_BYTES + words[HEAD];
    const tail = CONTROL_BYTES + Atomics.load(words, TAIL);
    if (head >= tail) {
      const rest = this.#end - head;
      if (bytes < rest || (bytes === rest && tail !== CONTROL_BYTES)) return head;
      if (CONTROL_BYTES + bytes < tail) {
        words[head >> 2] = WRAP;
        return CONTROL_BYTES;
      }
    } else if (head + bytes < tail) {
      return head;
    }
    Atomics.add(words, DROPPED, 1);
    return -1;
  }

  /** The writer's: the line at `place` is whole, and may be read. */
  publish(place: number, bytes: number): void {
    this.#words[place >> 2] = bytes;
    const next = place + bytes;
    Atomics.store(this.#words, HEAD, next === this.#end ? 0 : next - CONTROL_BYTES);
  }

  /** The reader's: the place of the oldest line, -1 where there is none. */
  peek(): number {
    const words = this.#words;
    const head = Atomics.load(words, HEAD);
    if (head === words[TAIL]) return -1;
    let tail = CONTROL_BYTES + words[TAIL];
    if (words[tail >> 2] === WRAP) {
      Atomics.store(words, TAIL, 0);
      if (head === 0) return -1;
      tail = CONTROL_BYTES;
    }
    return tail;
  }

  /** The reader's: done with the line at `place`. */
  release(place: number): void {
    const next = place + this.#words[place >> 2];
    Atomics.store(this.#words, TAIL, next === this.#end ? 0 : next - CONTROL_BYTES);
  }
}
