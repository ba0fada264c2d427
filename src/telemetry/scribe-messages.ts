/** What the control plane and the scribe thread say to each other. */
import type { MemoryTableHandle } from '../core/shared/memory-table.ts';
import type { AccessLogSpec } from '../core/access-log.ts';

export type ToScribe =
  /** Write like this from now on, from these rings. Answered by `opened` or `not-opened`. */
  | { readonly type: 'write'; readonly spec: AccessLogSpec; readonly rings: readonly SharedArrayBuffer[] }
  | { readonly type: 'reopen' }
  /** Empty the rings and end. Answered by `ended`. */
  | { readonly type: 'end' };

export type FromScribe =
  | { readonly type: 'opened' }
  /** The log goes on as it was. */
  | { readonly type: 'not-opened'; readonly message: string }
  /** For whoever looks after the process. */
  | { readonly type: 'trouble'; readonly message: string }
  | { readonly type: 'ended' };

/** Given to the thread when it starts: words of {@link SCRIBE_WORDS}. */
export interface ScribeStart {
  readonly counters: SharedArrayBuffer;
  /** The last row is this thread's. */
  readonly memory: MemoryTableHandle;
}

/** Lines taken out of rings, since the process started. */
export const TAKEN = 0;
/** Of these, lines that are known to have left. */
export const WRITTEN = 1;
/** Of these, lines that no sink took. */
export const REFUSED = 2;
export const SCRIBE_WORDS = 3;
