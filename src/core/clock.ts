/** Time reaches code through this, so that tests can own it. */
export interface Clock {
  /** Monotonic milliseconds, with a fraction. */
  now(): number;
  /** Wall-clock milliseconds since 1970. */
  wallTime(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
};
