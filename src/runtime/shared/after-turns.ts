/** Runs `task` when the loop has gone round so many times. */
export function afterTurns(turns: number, task: () => void): void {
  if (turns === 0) task();
  else setImmediate(afterTurns, turns - 1, task);
}
