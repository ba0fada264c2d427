/** When a certificate is renewed, and how long to wait after a failure. */
import type { Random } from '../../core/random.ts';

const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 12 * 3_600_000;
/** An authority that asks for more patience than this is not believed: the certificate would run out. */
const MOST_PATIENCE_MS = 7 * 86_400_000;

/** At two thirds of its life, up to a tenth earlier or later, so that not everybody comes at once. Milliseconds since 1970. */
export function renewalTime(
  { validFrom, validTo }: { readonly validFrom: number; readonly validTo: number },
  random: Random,
): number {
  return validFrom + ((validTo - validFrom) * 2 * (0.9 + 0.2 * random.next())) / 3;
}

/**
 * How long to wait after so many failures in a row: a minute, and each time twice as long, up to twelve hours. Longer
 * where the authority wants it (`askedMs`), for a week at most.
 */
export function waitAfterFailure(failures: number, askedMs: number): number {
  const own = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(20, failures - 1));
  return Math.max(own, Math.min(askedMs, MOST_PATIENCE_MS));
}
