import type { Operation } from '../../core/operations.ts';

/** A config that cannot take effect in this process, or not now. `message` says why. */
export class ReloadError extends Error {
  readonly code = 'FL_RELOAD';
  override readonly name = 'ReloadError';
}

/** Throws a {@link ReloadError} where a number of threads needs a new process. `most`: what there is room for. */
export function requirePossible(from: number, to: number, most: number): void {
  if (from === to) return;
  if (from === 0 || to === 0) {
    throw new ReloadError(
      `reload: threads cannot change from ${from} to ${to}: with 0 the data plane runs in the caller's thread; start anew`,
    );
  }
  if (to > most) throw new ReloadError(`reload: ${to} threads: this process has room for ${most}; start anew`);
}

/** What is taken away, which comes last. */
export function isRemoval({ op }: Operation): boolean {
  return op === 'remove-endpoint' || op === 'remove-pool';
}
