/** Who waits first for a place in a pool: requests of a higher class before all those of a lower one. */

/** In the order of their numbers. */
export const QUEUE_CLASSES = ['high', 'normal', 'low'] as const;

/** Place in {@link QUEUE_CLASSES}. */
export type QueueClass = 0 | 1 | 2;
