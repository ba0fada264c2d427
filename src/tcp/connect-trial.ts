/** The trial of an endpoint by a session, which can show no more than that it takes connects. */
import { FIT } from '../core/health/trial-word.ts';
import type { Picking } from '../upstream/choosing.ts';
import type { PickedTrial } from '../upstream/pool-pick.ts';
import type { Pool } from '../upstream/pool.ts';
import type { Waiter } from '../upstream/waiter.ts';

/** The first that is due and fit for it, acquired; null: there is none. `isShared`: HTTP may have lost it by more than connects. */
export function takeConnectTrial<W extends Waiter>(
  pool: Pool<W>,
  picking: Picking,
  isShared: boolean,
): PickedTrial<W> | null {
  if (!pool.isTrialDue) return null;
  return pool.takeTrial(picking.without([], pool), FIT, ({ lostBy }) => !isShared || lostBy === 'connect');
}
