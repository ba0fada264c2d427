/** Counters of one endpoint, striped per worker; `COUNTERS` of `pool-layout.ts` says how many. */
export const COUNTER_ATTEMPTS = 0;
export const COUNTER_FAILURES = 1;
export const COUNTER_RETRIES = 2;
export const COUNTER_CONNECTS = 3;
export const COUNTER_BYTES_SENT = 4;
export const COUNTER_BYTES_RECEIVED = 5;
/** Sum of the times to the first byte of the response, in ms. */
export const COUNTER_FIRST_BYTE_MS = 6;
export const COUNTER_PANIC_PICKS = 7;
export const COUNTER_STRAYS = 8;
/** Attempts that went on elsewhere before anything was sent. */
export const COUNTER_MOVES = 9;
/** Failures of kind `status` and `timeout` (`core/health/evidence.ts`): those that a whole pool can have in common. */
export const COUNTER_COMMON_FAILURES = 10;
/** Further attempts that did not follow because the retry budget was spent. */
export const COUNTER_BUDGET_SPENT = 11;
/** Attempts that moved off the endpoint because it was lost. */
export const COUNTER_RESCUES = 12;
/** Attempts that got a second one beside them because they took long. */
export const COUNTER_HEDGES = 13;
/** Answers to clients that are bound to the endpoint … */
export const COUNTER_STICKY_HITS = 14;
/** … and of another one, which such a client is bound to from then on. */
export const COUNTER_STICKY_MOVES = 15;
/** Picks of an endpoint though it is of a later priority, or a backup. */
export const COUNTER_OVERFLOWS = 16;
/** Picks of an endpoint in another zone than ours. */
export const COUNTER_SPILLS = 17;
/** Picks that it has passed on to others since it started slowly. */
export const COUNTER_SLOW_PASSES = 18;
/** Answers of another endpoint to clients that are bound to this one, and stay so: it was full. */
export const COUNTER_STICKY_SPILLS = 19;

/** What is counted as an attempt and is not the first of its request. */
export const FURTHER_ATTEMPTS = [COUNTER_RETRIES, COUNTER_MOVES, COUNTER_RESCUES, COUNTER_HEDGES];
