/**
 * Where things lie in a shared table. Three shapes, each of some numbers a row:
 *
 * - a **column**: one Int32 a row, for all threads;
 * - a **ledger**: Int32 columns that each worker has of its own, what it holds of a column for all;
 * - **stripes**: counters that each worker has of its own, and that are only ever summed.
 *
 * What a worker has of its own fills whole cache lines of 64 bytes, and one more that stays empty, because a buffer
 * need not begin on a line's border. So no two workers ever write to the same line.
 */
const LINE = 64;

/** Part of a buffer, in elements of its kind. */
export interface Place {
  readonly byteOffset: number;
  readonly length: number;
}

/** A part for each worker. */
export interface OwnPlace extends Place {
  /** Elements from one worker's part to the next one's. */
  readonly stride: number;
}

/** Hands out one place after another; the same calls give the same places in every thread. */
export class Layout {
  readonly #rows: number;
  readonly #workers: number;
  #bytes = 0;

  constructor(rows: number, workers: number) {
    this.#rows = rows;
    this.#workers = workers;
  }

  /** So far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Int32 that belong to no row. */
  header(length: number): Place {
    return this.#take(length, 4);
  }

  /** The same as doubles. */
  headerDoubles(length: number): Place {
    return this.#take(length, 8);
  }

  column(): Place {
    return this.#take(this.#rows, 4);
  }

  /** Column `c` of row `r` of a worker is `worker * stride + c * rows + r`. */
  ledger(columns: number): OwnPlace {
    return this.#own(columns, 4);
  }

  /** Doubles: counter `c` of row `r` of a worker is `worker * stride + r * perRow + c`. */
  doubles(perRow: number): OwnPlace {
    return this.#own(perRow, 8);
  }

  /** The same as Uint32. */
  counts(perRow: number): OwnPlace {
    return this.#own(perRow, 4);
  }

  #own(perRow: number, size: number): OwnPlace {
    const lines = Math.ceil((this.#rows * perRow * size) / LINE) + 1;
    const stride = (lines * LINE) / size;
    return { ...this.#take(this.#workers * stride, size), stride };
  }

  #take(length: number, size: number): Place {
    const byteOffset = this.#bytes;
    // Whole lines, so that every kind of number may follow.
    this.#bytes += Math.ceil((length * size) / LINE) * LINE;
    return { byteOffset, length };
  }
}

export function int32At(buffer: SharedArrayBuffer, { byteOffset, length }: Place): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

export function uint32At(buffer: SharedArrayBuffer, { byteOffset, length }: Place): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

export function float64At(buffer: SharedArrayBuffer, { byteOffset, length }: Place): Float64Array {
  return new Float64Array(buffer, byteOffset, length);
}
