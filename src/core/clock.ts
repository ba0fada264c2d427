/** Code gets the time through this, so that tests can control it. */
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
