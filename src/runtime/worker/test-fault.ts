/** Ways for a test to break a data-plane thread. */
import type { TestFault } from '../shared/messages.ts';

const BLOCK_MS = 1500;

const FAULTS: Readonly<Record<TestFault, () => void>> = {
  throw: () => {
    setImmediate(() => {
      throw new Error('test fault: throw');
    });
  },
  reject: () => void Promise.reject(new Error('test fault: reject')),
  // As code that waits for something does, without using the processor.
  block: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS),
  loop: () => {
    // Ends only with its thread.
    for (;;);
  },
  exit: () => process.exit(1),
};

export function breakDown(fault: TestFault): void {
  FAULTS[fault]();
}
