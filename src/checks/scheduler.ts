/** One-shot timers of the control plane, behind an interface, so that tests own the time. */

/** Calls the timer off; without effect once it has fired. */
export type Cancel = () => void;

/** What active checks are timed by. */
export interface Scheduler {
  /** Calls `run` once, after `ms`. Keeps the process alive no longer. */
  after(ms: number, run: () => void): Cancel;
}

/** A delay beyond this would fire at once (Node keeps delays in 31 bits). */
const LONGEST_MS = 2 ** 31 - 1;

export const systemScheduler: Scheduler = {
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, LONGEST_MS)).unref();
    return () => clearTimeout(timer);
  },
};
