/** Waiting for what other processes and threads bring about. */
import assert from 'node:assert/strict';

const LIMIT_MS = 10_000;
const PAUSE_MS = 5;

/** Waits for a condition, at most 10 s; then fails with `what` did not happen. */
export async function until(condition: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      assert.fail(`did not happen within ${LIMIT_MS} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
