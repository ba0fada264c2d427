/**
 * The process that reads command lines and configs for one that serves. Its first message is a ReadingOrder, which it
 * answers with one message; then it ends, as it does when the other one is gone.
 */
import { enableLinearRegex } from '../config/linear-regex.ts';
import { findByUrl } from '../runtime/shared/find-by-url.ts';
import type { ReadingOrder } from './reading-messages.ts';

// Signals for all of a terminal or a service are the other one's to answer: it may be reading because of one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {});
process.once('disconnect', () => process.exit());
process.once('message', (order: ReadingOrder) => void answer(order));
findByUrl();
const reading = import('./reading.ts');

async function answer(order: ReadingOrder): Promise<void> {
  enableLinearRegex();
  const { carryOut } = await reading;
  process.send?.(await carryOut(order), undefined, undefined, () => process.exit());
}
