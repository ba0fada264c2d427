/** Who waits first for a place in a pool: requests of a higher class before all those of a lower one. */

/** In the order of their numbers. */
export const QUEUE_CLASSES = ['high', 'normal', 'low'] as const;

/** Place in {@link QUEUE_CLASSES}. */
export type QueueClass = 0 | 1 | 2;

/** How far the ranks of two classes are apart. Numbers of this size still tell fractions of a millisecond. */
const CLASS_APART = 1e12;

/** Who comes first has the lowest: by class, then by the time (ms) at which it asked. */
export function rankOf(queueClass: QueueClass, askedAt: number): number {
  return queueClass * CLASS_APART + askedAt + 1;
}

export function classOf(rank: number): QueueClass {
  return Math.floor(rank / CLASS_APART) as QueueClass;
}
