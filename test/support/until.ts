/** Waiting for what sockets, processes and threads bring about. */
import assert from 'node:assert/strict';

const LIMIT_MS = 10_000;
const PAUSE_MS = 2;

/** Waits for a condition, at most `limitMs` (default: 10 s); then fails with `what` did not happen. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  limitMs = LIMIT_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      assert.fail(`did not happen within ${limitMs} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
