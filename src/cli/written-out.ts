/** Waits for what was printed to be with whoever reads it. */
import type { Writable } from 'node:stream';

/**
 * Resolves once these streams have handed on all that was written to them, or their readers have gone; at the latest after
 * `limitMs`, which may be infinite. A process that exits sooner cuts what a pipe had no room for (64 KiB on Linux) off,
 * without a word.
 */
export async function writtenOut(streams: readonly Writable[], limitMs: number): Promise<void> {
  const waiting = streams.filter(({ writableLength }) => writableLength > 0);
  if (waiting.length === 0) return;
  const { promise: isLate, resolve } = Promise.withResolvers<null>();
  const timer = Number.isFinite(limitMs) ? setTimeout(() => resolve(null), limitMs) : undefined;
  await Promise.race([isLate, Promise.all(waiting.map(handedOn))]);
  clearTimeout(timer);
}

/** An empty write is done, or fails, behind all others. */
function handedOn(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.write('', () => resolve());
  });
}
