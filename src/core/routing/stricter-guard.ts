import type { Routable } from './routed-request.ts';

/**
 * Of two routes that guard, the one that denies all that the other denies; null: each may let in what the other denies.
 * A path with two readings may lead to both routes, and it is not known which reading the server has: a client that
 * could choose would get around one guard by way of the other. Of two equal ones it is the second.
 */
export function stricterGuard<R extends Routable>(first: R, second: R): R | null {
  if (first === second) return first;
  // What only limits yields to a route that denies.
  if (first.limitsOnly === true && second.limitsOnly !== true) return second;
  if (second.limitsOnly === true && first.limitsOnly !== true) return first;
  // Who is sent elsewhere is let in nowhere.
  if (first.redirect !== undefined) return first;
  if (second.redirect !== undefined) return second;
  if (JSON.stringify(first.access) !== JSON.stringify(second.access)) return null;
  if (first.limitsOnly !== true && first.pool !== second.pool) return null;
  return stricterLimit(first, second);
}

/** Null: each is the stricter one in something. */
function stricterLimit<R extends Routable>(first: R, second: R): R | null {
  const differences = [limitOf, slowestRate, fewestPlaces].map((limit) => limit(first) - limit(second));
  const [isStricter, isLaxer] = [differences.some((each) => each < 0), differences.some((each) => each > 0)];
  if (isStricter && isLaxer) return null;
  return isStricter ? first : second;
}

function limitOf({ maxBody = 0 }: Routable): number {
  return maxBody === 0 ? Infinity : maxBody;
}

/** Requests each ms. */
function slowestRate({ rateLimit = [] }: Routable): number {
  const kept = rateLimit.filter(({ dryRun }) => !dryRun);
  return Math.min(Infinity, ...kept.map(({ rate }) => rate.count / rate.periodMs));
}

function fewestPlaces({ concurrency = [] }: Routable): number {
  return Math.min(Infinity, ...concurrency.map(({ max }) => max));
}
