/** What killing servers has cost a few seconds later, from a client's point of view. */
import { describeLost } from './draw-demo.ts';
import type { Lost } from './traffic.ts';

/** What failures have cost since the start: further attempts, and requests without a good answer. */
export interface Toll {
  readonly retries: number;
  /** Of the further attempts, those that left a server because it was lost. */
  readonly rescues: number;
  readonly lost: Lost;
}

/** `since s2 was killed: retried 8, lost 0` */
export function describeToll(killed: readonly string[], before: Toll, now: Toll, isPanicking: boolean): string {
  const all = now.lost.all - before.lost.all;
  const posts = now.lost.posts - before.lost.posts;
  const names = `${killed.slice(0, -1).join(', ')}${killed.length > 1 ? ' and ' : ''}${killed.at(-1)}`;
  const since = `since ${names} ${killed.length > 1 ? 'were' : 'was'} killed`;
  const counted = `${since}: retried ${now.retries - before.retries}, ${describeLost({ all, posts })}`;
  if (all === 0) return counted;
  if (isPanicking) return `${counted}: no server of the pool is left`;
  return posts === all ? `${counted}: a POST that a server has got is never sent twice` : counted;
}
