/** What is counted of a limit: types alone, so that nobody loads them. */

/** The figures of a limit of rate, over all threads. They begin at 0 with its table. */
export interface RateLimitStats {
  /** Its name. */
  readonly limit: string;
  /** The route that it is a limit of; null: it stands by itself, in `rateLimits`. */
  readonly route: string | null;
  /** Room for so many keys. */
  readonly keys: number;
  /** Requests that it has let through, those that waited among them. */
  readonly admitted: number;
  /** Answered 429 `rate-limited` because of it. */
  readonly refused: number;
  readonly waited: number;
  /** Let through by `dryRun` alone. */
  readonly wouldLimit: number;
  /** Keys that have got a place. */
  readonly inserts: number;
  /** Keys that have lost theirs while they had used something up: `keys` is too small. */
  readonly evictedLive: number;
}
