/** Adds one unless `max` is reached; refused, it has changed nothing. */
export function addBelow(column: Int32Array, slot: number, max: number): boolean {
  for (;;) {
    const count = Atomics.load(column, slot);
    if (count >= max) return false;
    if (Atomics.compareExchange(column, slot, count, count + 1) === count) return true;
  }
}
