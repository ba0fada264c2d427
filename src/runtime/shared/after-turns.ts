/** As many as a backlog holds. */
const MOST_TURNS = 4096;

/** Runs `task` when the loop has gone round so many times. */
export function afterTurns(turns: number, task: () => void): void {
  if (turns === 0) task();
  else setImmediate(afterTurns, turns - 1, task);
}

/**
 * Runs `task` when two turns of the loop have brought nobody new. A listening socket accepts one connection with each turn
 * (libuv), and who waits in its backlog when it closes is reset. Where people keep coming, it ends with as many as a backlog
 * holds.
 *
 * @param accepted how many have come by now
 */
export function afterBacklog(accepted: () => number, task: () => void, mostTurns = MOST_TURNS): void {
  const before = accepted();
  afterTurns(2, () => {
    if (mostTurns > 0 && accepted() !== before) afterBacklog(accepted, task, mostTurns - 2);
    else task();
  });
}
