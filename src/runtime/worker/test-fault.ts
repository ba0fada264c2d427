/** Ways for a test to break a data-plane thread. */
import type { TestFault } from '../shared/messages.ts';

const FAULTS: Readonly<Record<TestFault, () => void>> = {
  throw: () => {
    setImmediate(() => {
      throw new Error('test fault: throw');
    });
  },
  reject: () => void Promise.reject(new Error('test fault: reject')),
  loop: () => {
    // Ends only with its thread.
    for (;;);
  },
  exit: () => process.exit(1),
};

export function breakDown(fault: TestFault): void {
  FAULTS[fault]();
}
