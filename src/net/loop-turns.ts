/**
 * Later turns of a thread's event loop, behind an interface, so that tests can step them.
 *
 * In each turn Node runs the timers that are due, then reads the sockets, then runs the immediates. So an immediate that
 * was set by a timer runs after everything that had arrived before that timer has been read, however long the thread was
 * held up before, by itself or by the system. What has arrived since is another matter: the thread may have been held up
 * between the two as well.
 */

/** Cancels the task. Has no effect once it has run for the last time. */
export type Cancel = () => void;

export interface LoopTurns {
  /**
   * Runs `task` every `ms`, each time after everything has been read that had arrived when `begin` ran before it: a
   * deadline that was over by then has been missed, whatever the clock says when `task` runs.
   */
  every(ms: number, task: () => void, begin?: () => void): Cancel;
  /** Runs `task` once, at least `ms` from now, after everything that had arrived by then has been read. */
  once(ms: number, task: () => void): Cancel;
}

/** Node's timers may fire this much early. */
const EARLY_MS = 1;

/** The turns of this thread's loop. They do not keep the process alive. */
export const nodeTurns: LoopTurns = {
  every(ms, task, begin) {
    let next: NodeJS.Immediate | undefined;
    const interval = setInterval(() => {
      begin?.();
      clearImmediate(next);
      next = setImmediate(task).unref();
    }, ms).unref();
    return () => {
      clearInterval(interval);
      clearImmediate(next);
    };
  },
  once(ms, task) {
    let next: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => (next = setImmediate(task)), ms + EARLY_MS).unref();
    return () => {
      clearTimeout(timer);
      clearImmediate(next);
    };
  },
};
