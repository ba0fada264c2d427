/**
 * The longest prefix of a path, on segment borders, among any number of prefixes: one pass over the path with a running
 * hash (FNV-1a, 32 bits), looked up at each border and confirmed by comparing. No slice and no allocation; the pass
 * ends at the longest prefix there is, so a path of thousands of slashes costs no more than a short one. Only the
 * config adds prefixes: a path made to collide costs one failing comparison at each border, and nothing more.
 */

const SLASH = 0x2f;
const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

export interface PrefixEntry<T> {
  /** `/v1` for `/v1/*`; `''` for `/*`. */
  readonly prefix: string;
  readonly value: T;
  /** The next shorter prefix in the table that holds wherever this one does. */
  readonly shorter: PrefixEntry<T> | null;
}

interface MutableEntry<T> extends PrefixEntry<T> {
  shorter: MutableEntry<T> | null;
  /** The next entry with the same hash. */
  next: MutableEntry<T> | null;
}

export class PrefixTable<T> {
  readonly #byHash = new Map<number, MutableEntry<T>>();
  readonly #longest: number = 0;

  /** Prefixes are in normal form, without a final slash of their own (`''` is the root), each once. */
  constructor(values: ReadonlyMap<string, T>) {
    // Shortest first, so that an entry finds its shorter neighbour in the table.
    const prefixes = [...values.keys()].sort((a, b) => a.length - b.length);
    for (const prefix of prefixes) {
      const hash = hashOf(prefix);
      const shorter = this.find(prefix) as MutableEntry<T> | null;
      const next = this.#byHash.get(hash) ?? null;
      this.#byHash.set(hash, { prefix, value: values.get(prefix) as T, shorter, next });
      this.#longest = prefix.length;
    }
  }

  /** The longest prefix of `path`, or null. */
  find(path: string): PrefixEntry<T> | null {
    if (path.charCodeAt(0) !== SLASH && path !== '') return null;
    let found: MutableEntry<T> | null = null;
    let hash = FNV_OFFSET;
    const end = Math.min(path.length, this.#longest);
    for (let at = 0; at <= end; at++) {
      const isEnd = at === path.length;
      const code = isEnd ? SLASH : path.charCodeAt(at);
      if (code === SLASH) found = this.#lookUp(path, hash, at) ?? found;
      if (isEnd) break;
      hash = Math.imul(hash ^ code, FNV_PRIME);
    }
    return found;
  }

  #lookUp(path: string, hash: number, length: number): MutableEntry<T> | null {
    let entry = this.#byHash.get(hash) ?? null;
    while (entry !== null && !(entry.prefix.length === length && path.startsWith(entry.prefix))) entry = entry.next;
    return entry;
  }
}

function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return hash;
}
