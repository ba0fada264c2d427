import type { Routable } from './routed-request.ts';

/**
 * Of two routes that guard, the one that keeps out whatever the other does; null: each may let in what the other keeps
 * out. A path with two readings may lead to both, and nobody knows which of them its server has: whoever could choose
 * would get around one guard by way of the other. Of two that are alike it is the second.
 */
export function stricterGuard<R extends Routable>(first: R, second: R): R | null {
  if (first === second) return first;
  // A limit of bodies gives way to what keeps out.
  if (first.limitsOnly === true && second.limitsOnly !== true) return second;
  if (second.limitsOnly === true && first.limitsOnly !== true) return first;
  if (first.limitsOnly !== true && first.pool !== second.pool) return null;
  return limitOf(first) < limitOf(second) ? first : second;
}

function limitOf({ maxBody = 0 }: Routable): number {
  return maxBody === 0 ? Infinity : maxBody;
}
