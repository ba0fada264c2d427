/** `fairlead run` and `fairlead dev` with little more in memory than serving needs. */
import { knowEngine } from '../runtime/control/engine-choice.ts';
import { giveBackStart } from './give-back-start.ts';
import { readServingOrder, sourceOf } from './read-apart.ts';

/** Resolves to the exit code once everything has ended; null if there is nothing to serve, without having said why. */
export async function serveCommand(args: readonly string[]): Promise<number | null> {
  // While the thread reads.
  const [order, { runFrom }] = await Promise.all([readServingOrder(args), import('./run.ts')]);
  if (order === null) return null;
  knowEngine(order.engine);
  const source = sourceOf(order);
  if (order.command === 'run') return runFrom(source, order.options, giveBackStart);
  const { devFrom } = await import('./dev.ts');
  return devFrom(source, order.options, giveBackStart);
}
