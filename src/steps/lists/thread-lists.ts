/** The named lists of one thread. Their ranges are shared, and swapped between two requests. */
import { HITS_STRIDE } from '../../core/lists/list-handle.ts';
import type { ListHandle } from '../../core/lists/list-handle.ts';
import { Ranges } from '../../core/lists/ranges.ts';
import type { AddressList, ListTable } from '../../http/steps/step-host.ts';

class ThreadList implements AddressList {
  #ranges: Ranges;
  #hits: Float64Array;

  constructor(handle: ListHandle, worker: number) {
    this.#ranges = new Ranges(handle.ranges);
    this.#hits = hitsOf(handle, worker);
  }

  replace(handle: ListHandle, worker: number): void {
    this.#ranges = new Ranges(handle.ranges);
    this.#hits = hitsOf(handle, worker);
  }

  has(words: Int32Array, family: 0 | 4 | 6): boolean {
    return this.#ranges.has(words, family);
  }

  hit(): void {
    this.#hits[0]++;
  }
}

function hitsOf({ hits }: ListHandle, worker: number): Float64Array {
  return new Float64Array(hits, worker * HITS_STRIDE * 8, 1);
}

export class ThreadLists implements ListTable {
  version = 0;
  readonly #worker: number;
  #lists: ReadonlyMap<string, ThreadList> = new Map();

  constructor(worker: number) {
    this.#worker = worker;
  }

  /** All of them, in place of those before. Steps keep what `get` gave them: a list stays the same while it has its name. */
  apply(handles: readonly ListHandle[]): void {
    this.version++;
    this.#lists = new Map(
      handles.map((handle) => {
        const known = this.#lists.get(handle.name);
        known?.replace(handle, this.#worker);
        return [handle.name, known ?? new ThreadList(handle, this.#worker)];
      }),
    );
  }

  get(name: string): AddressList {
    const list = this.#lists.get(name);
    if (list === undefined) throw new Error(`lists: nobody has told this thread of ${name}`);
    return list;
  }
}
