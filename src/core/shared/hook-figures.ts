/**
 * How long the two hooks of one middleware take, and how often they go wrong: each worker writes its own stripe with plain
 * stores, the control plane reads the sum.
 */
import { HISTOGRAM_BUCKETS, bucketOf } from './histogram.ts';
import { Layout, uint32At } from './layout.ts';
import type { OwnPlace } from './layout.ts';

export const HOOK_REQUEST = 0;
export const HOOK_RESPONSE = 1;
export type Hook = typeof HOOK_REQUEST | typeof HOOK_RESPONSE;

const HOOKS = 2;
const ERRORS = 0;
const OVER_BUDGET = 1;
/** Of a hook: its counters, and behind them its histogram. */
const PER_HOOK = 2 + HISTOGRAM_BUCKETS;

function placeFor(workerSlots: number): { readonly place: OwnPlace; readonly bytes: number } {
  const layout = new Layout(HOOKS, workerSlots);
  const place = layout.counts(PER_HOOK);
  return { place, bytes: layout.bytes };
}

export function createHookFigures(workerSlots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(placeFor(workerSlots).bytes);
}

/** Of a worker. */
export class HookFigures {
  readonly #counts: Uint32Array;
  readonly #own: number;
  readonly #budgetMs: number;

  constructor(buffer: SharedArrayBuffer, worker: number, budgetMs: number) {
    this.#counts = new Uint32Array(buffer);
    this.#own = worker * placeFor(1).place.stride;
    this.#budgetMs = budgetMs;
  }

  /** A call is over. */
  took(hook: Hook, ms: number): void {
    const at = this.#own + hook * PER_HOOK;
    this.#counts[at + 2 + bucketOf(ms)]++;
    if (ms > this.#budgetMs) this.#counts[at + OVER_BUDGET]++;
  }

  failed(hook: Hook): void {
    this.#counts[this.#own + hook * PER_HOOK + ERRORS]++;
  }
}

export interface HookTotals {
  readonly errors: number;
  readonly overBudget: number;
  readonly histogram: Float64Array;
}

/** Of a hook, over all workers. */
export function hookTotals(buffer: SharedArrayBuffer, hook: Hook): HookTotals {
  const { stride } = placeFor(1).place;
  const counts = uint32At(buffer, { byteOffset: 0, length: buffer.byteLength / Uint32Array.BYTES_PER_ELEMENT });
  const histogram = new Float64Array(HISTOGRAM_BUCKETS);
  let errors = 0;
  let overBudget = 0;
  for (let at = hook * PER_HOOK; at < counts.length; at += stride) {
    errors += counts[at + ERRORS];
    overBudget += counts[at + OVER_BUDGET];
    for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) histogram[bucket] += counts[at + 2 + bucket];
  }
  return { errors, overBudget, histogram };
}
