import type { Chance } from '../chance.ts';

/** Up to 190 KB, more than one read and more than what is written as text. */
export function drawBigBody(chance: Chance): string {
  return 'x123456789abcdef'.repeat(1 + chance.below(12_000));
}
