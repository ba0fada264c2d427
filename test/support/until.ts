/** Waiting for what sockets, processes and threads bring about. */
import assert from 'node:assert/strict';

/** Long: it is reached only by what never happens, and a busy machine takes its time. */
const LIMIT_MS = 40_000;
const PAUSE_MS = 2;

/** Waits for a condition, at most `limitMs` (default: 40 s); then fails with `what` did not happen. */
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
