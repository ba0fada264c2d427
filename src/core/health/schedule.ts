/** When an active check is due next. */
import type { Random } from '../random.ts';
import type { CheckSpec } from '../snapshot.ts';
import type { HealthThreshold } from './threshold.ts';

/** Checks that began together drift apart, so that an endpoint does not get several at once. */
const JITTER = 0.1;

/** `ms` ± 10 %, uniformly. */
export function jitter(ms: number, random: Random): number {
  return ms * (1 - JITTER + 2 * JITTER * random.next());
}

/**
 * Delay in ms from the end of a check to its next run: `fastInterval` in transition, `downInterval` while unhealthy,
 * else `interval`, each ± 10 %. 0 before the first answer: an endpoint is checked at once when it is added.
 */
export function nextDelayMs(
  spec: Pick<CheckSpec, 'intervalMs' | 'fastIntervalMs' | 'downIntervalMs'>,
  threshold: Pick<HealthThreshold, 'state' | 'isInTransition'>,
  random: Random,
): number {
  if (threshold.state === 'untried') return 0;
  if (threshold.isInTransition) return jitter(spec.fastIntervalMs, random);
  return jitter(threshold.state === 'unhealthy' ? spec.downIntervalMs : spec.intervalMs, random);
}
