/**
 * Addresses as sorted ranges that do not overlap, in one shared buffer: any number of threads look into it, and none
 * writes. IPv4 has a table of first and last addresses. IPv6 has one of whole networks of 64 bits, and one of what is
 * narrower; hardly any list needs that. A table that is not small has an index of the upper 16 bits in front, which leaves
 * a few steps of the search.
 */

/** Below so many ranges the search itself is short, and an index of 256 KiB is not worth its memory. */
const INDEXED_FROM = 64;
const INDEX_LENGTH = 65_537;
const HEADER = 3;
const ALL_ONES = 0xffffffff;

/** What a list is made of: ranges in any order, overlapping or not. */
export class CollectedRanges {
  /** First and last address of each, as unsigned words. */
  readonly of4: number[] = [];
  /** Four words of the first address and four of the last one of each. */
  readonly of6: number[] = [];

  get count(): number {
    return this.of4.length / 2 + this.of6.length / 8;
  }

  /** Words as `parseAddress` fills them; the first address is not above the last one. */
  add(family: 4 | 6, first: Int32Array, last: Int32Array): void {
    if (family === 4) {
      this.of4.push(first[0] >>> 0, last[0] >>> 0);
      return;
    }
    for (let word = 0; word < 4; word++) this.of6.push(first[word] >>> 0);
    for (let word = 0; word < 4; word++) this.of6.push(last[word] >>> 0);
  }
}

/** Rows of words, sorted and merged: all first words of the rows, then all second ones … */
interface Table {
  readonly rows: number;
  readonly columns: readonly (readonly number[])[];
}

/** Linear but for sorting: 100,000 ranges take about a tenth of a second. */
export function buildRanges(collected: CollectedRanges): SharedArrayBuffer {
  const { whole, narrow } = splitNetworks(collected.of6);
  const tables = [mergeRows(collected.of4, 1), mergeRows(whole, 2), mergeRows(narrow, 4)];
  const lengths = tables.map((table, at) => lengthOf(table.rows, table.columns.length, at));
  const words = HEADER + lengths.reduce((sum, length) => sum + length, 0);
  const buffer = new SharedArrayBuffer(words * 4);
  const all = new Uint32Array(buffer);
  let at = HEADER;
  tables.forEach((table, number) => {
    all[number] = table.rows;
    writeTable(all.subarray(at, at + lengths[number]), table, number);
    at += lengths[number];
  });
  return buffer;
}

/** The table of narrow ranges has no index: their upper words are those of whole networks. */
function isIndexed(rows: number, number: number): boolean {
  return number < 2 && rows >= INDEXED_FROM;
}

function lengthOf(rows: number, columns: number, number: number): number {
  return rows * columns + (isIndexed(rows, number) ? INDEX_LENGTH : 0);
}

function writeTable(into: Uint32Array, { rows, columns }: Table, number: number): void {
  let at = 0;
  if (isIndexed(rows, number)) {
    const [starts] = columns;
    // Entry `h`: how many ranges begin below `h << 16`.
    for (let high = 0, row = 0; high < INDEX_LENGTH; high++) {
      while (row < rows && starts[row] >>> 16 < high) row++;
      into[high] = row;
    }
    at = INDEX_LENGTH;
  }
  for (const column of columns) {
    into.set(column, at);
    at += rows;
  }
}

/** Ranges of IPv6: the networks of 64 bits that lie in them as a whole, and what is left at their ends. */
function splitNetworks(of6: readonly number[]): { readonly whole: number[]; readonly narrow: number[] } {
  const [whole, narrow]: [number[], number[]] = [[], []];
  for (let at = 0; at < of6.length; at += 8) {
    let [high, low] = [of6[at], of6[at + 1]];
    let [lastHigh, lastLow] = [of6[at + 4], of6[at + 5]];
    const isFromStart = of6[at + 2] === 0 && of6[at + 3] === 0;
    const isToEnd = of6[at + 6] === ALL_ONES && of6[at + 7] === ALL_ONES;
    const isOneNetwork = high === lastHigh && low === lastLow;
    if (isOneNetwork && !(isFromStart && isToEnd)) {
      for (let word = 0; word < 8; word++) narrow.push(of6[at + word]);
      continue;
    }
    if (!isFromStart) {
      narrow.push(high, low, of6[at + 2], of6[at + 3], high, low, ALL_ONES, ALL_ONES);
      low = (low + 1) >>> 0;
      if (low === 0) high++;
    }
    if (!isToEnd) {
      narrow.push(lastHigh, lastLow, 0, 0, lastHigh, lastLow, of6[at + 6], of6[at + 7]);
      if (lastLow === 0) lastHigh--;
      lastLow = (lastLow - 1) >>> 0;
    }
    if (high < lastHigh || (high === lastHigh && low <= lastLow)) whole.push(high, low, lastHigh, lastLow);
  }
  return { whole, narrow };
}

/** `words` of a first address and as many of a last one a row; overlapping rows become one. */
function mergeRows(flat: readonly number[], words: number): Table {
  const width = 2 * words;
  const count = flat.length / width;
  const order = new Uint32Array(count).map((_, row) => row);
  order.sort((a, b) => compare(flat, a * width, flat, b * width, words));
  const columns = Array.from({ length: width }, (): number[] => []);
  let rows = 0;
  const last = new Array<number>(words).fill(0);
  for (const row of order) {
    const at = row * width;
    if (rows > 0 && compare(flat, at, last, 0, words) <= 0) {
      if (compare(flat, at + words, last, 0, words) <= 0) continue;
    } else {
      for (let word = 0; word < words; word++) columns[word].push(flat[at + word]);
      rows++;
    }
    for (let word = 0; word < words; word++) {
      last[word] = flat[at + words + word];
      columns[words + word][rows - 1] = last[word];
    }
  }
  return { rows, columns };
}

function compare(a: readonly number[], at: number, b: readonly number[], from: number, words: number): number {
  for (let word = 0; word < words; word++) {
    const difference = a[at + word] - b[from + word];
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What {@link buildRanges} has built, as one thread looks into it. Nothing is allocated by a look. */
export class Ranges {
  /** Ranges that do not overlap. */
  readonly count: number;
  readonly #starts4: Uint32Array;
  readonly #ends4: Uint32Array;
  readonly #index4: Uint32Array | null;
  readonly #index6: Uint32Array | null;
  /** Rows of the table of networks, whose four columns follow one another; likewise the eight of narrow ranges. */
  readonly #rows6: number;
  readonly #networks: Uint32Array;
  readonly #rowsNarrow: number;
  readonly #narrow: Uint32Array;

  constructor(buffer: SharedArrayBuffer) {
    const all = new Uint32Array(buffer);
    const [rows4, rows6, rowsNarrow] = all;
    this.count = rows4 + rows6 + rowsNarrow;
    let at = HEADER;
    const take = (length: number): Uint32Array => all.subarray(at, (at += length));
    this.#index4 = isIndexed(rows4, 0) ? take(INDEX_LENGTH) : null;
    this.#starts4 = take(rows4);
    this.#ends4 = take(rows4);
    this.#index6 = isIndexed(rows6, 1) ? take(INDEX_LENGTH) : null;
    this.#rows6 = rows6;
    this.#networks = take(4 * rows6);
    this.#rowsNarrow = rowsNarrow;
    this.#narrow = take(8 * rowsNarrow);
  }

  /** Words and family as `parseAddress` gives them; 0, which is no address, is in no range. */
  has(words: Int32Array, family: 0 | 4 | 6): boolean {
    if (family === 4) return this.#has4(words[0] >>> 0);
    return family === 6 && (this.#hasNetwork(words[0] >>> 0, words[1] >>> 0) || this.#hasNarrow(words));
  }

  #has4(word: number): boolean {
    const starts = this.#starts4;
    const index = this.#index4;
    const high = word >>> 16;
    let from = index === null ? 0 : index[high];
    let to = index === null ? starts.length : index[high + 1];
    // The first range that begins above the word; the one in front of it is the only one that may hold it.
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (starts[middle] <= word) from = middle + 1;
      else to = middle;
    }
    return from > 0 && word <= this.#ends4[from - 1];
  }

  #hasNetwork(high: number, low: number): boolean {
    const rows = this.#rows6;
    const words = this.#networks;
    const index = this.#index6;
    let from = index === null ? 0 : index[high >>> 16];
    let to = index === null ? rows : index[(high >>> 16) + 1];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const start = words[middle];
      if (start < high || (start === high && words[rows + middle] <= low)) from = middle + 1;
      else to = middle;
    }
    if (from === 0) return false;
    const end = words[2 * rows + from - 1];
    return high < end || (high === end && low <= words[3 * rows + from - 1]);
  }

  #hasNarrow(words: Int32Array): boolean {
    let from = 0;
    let to = this.#rowsNarrow;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#compareNarrow(words, 0, middle) >= 0) from = middle + 1;
      else to = middle;
    }
    return from > 0 && this.#compareNarrow(words, 4, from - 1) <= 0;
  }

  /** Of an address with the first (`column` 0) or the last one (4) of a row. */
  #compareNarrow(words: Int32Array, column: number, row: number): number {
    for (let word = 0; word < 4; word++) {
      const difference = (words[word] >>> 0) - this.#narrow[(column + word) * this.#rowsNarrow + row];
      if (difference !== 0) return difference;
    }
    return 0;
  }
}
