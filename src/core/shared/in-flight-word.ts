/**
 * The word that holds what an endpoint has in flight over all threads: the count, and above it the bits that keep the
 * endpoint from being picked. Limits are kept in the same compare-and-swap as the count, so they are never exceeded.
 *
 * {@link FULL} only spares policies a comparison with a limit that they do not know: the count decides. It may be set or
 * cleared by threads that have different configs for a moment; whoever meets a wrong one sets it right.
 */

/** Set in the in-flight column while the endpoint may not be picked: it then loses every comparison. */
export const INELIGIBLE = 0x40000000;
/** Set there while the endpoint has as many attempts in flight as it may have. */
export const FULL = 0x20000000;
/** An endpoint with one of these is passed over by policies. */
export const CLOSED = INELIGIBLE | FULL;
/** The in-flight count without the bits. */
export const COUNT_MASK = 0x1fffffff;

/** One more in flight, unless `most` are. */
export function takePlace(inflight: Int32Array, slot: number, most: number): boolean {
  for (;;) {
    const word = Atomics.load(inflight, slot);
    const isTaken = (word & COUNT_MASK) < most;
    const next = marked(isTaken ? word + 1 : word, most);
    if (next === word || Atomics.compareExchange(inflight, slot, word, next) === word) return isTaken;
  }
}

/** One fewer in flight. */
export function givePlace(inflight: Int32Array, slot: number, most: number): void {
  for (;;) {
    const word = Atomics.load(inflight, slot);
    if (Atomics.compareExchange(inflight, slot, word, marked(word - 1, most)) === word) return;
  }
}

/** The limit is another one from now on; 0: none. */
export function setMost(inflight: Int32Array, slot: number, most: number): void {
  for (;;) {
    const word = Atomics.load(inflight, slot);
    const next = most === 0 ? word & ~FULL : marked(word, most);
    if (next === word || Atomics.compareExchange(inflight, slot, word, next) === word) return;
  }
}

function marked(word: number, most: number): number {
  return (word & COUNT_MASK) < most ? word & ~FULL : word | FULL;
}
