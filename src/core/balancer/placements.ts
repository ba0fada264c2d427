/** Where the load of a pool goes by the place of its endpoints: what is counted of a pick there. */
import type { Group } from './groups.ts';

/** It is of a later priority than the first, or a backup: those before it are too few. */
export const OVERFLOWN = 1;
/** It stands in another zone than ours, which has some of its priority. */
export const SPILLED = 2;

/** The flags of each endpoint, in pool order; null where all are of one group, and there is nothing to count. */
export function placementsOf(groups: readonly Group[]): Uint8Array | null {
  if (groups.length < 2) return null;
  const placements = new Uint8Array(groups[0].weights.length);
  for (const { level, zones, isNear, weights } of groups) {
    const flags = (level > 0 ? OVERFLOWN : 0) | (zones > 1 && !isNear ? SPILLED : 0);
    weights.forEach((weight, index) => {
      if (weight > 0) placements[index] = flags;
    });
  }
  return placements;
}
