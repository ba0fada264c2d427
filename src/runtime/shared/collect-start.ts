/**
 * Gives back what only starting took. V8 keeps what a thread allocated while it loaded its modules, some 10 MiB for
 * each, until much later: a thread that idles has no reason to collect.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'major'; flavor: 'last-resort'; execution: 'sync' }) => void;

/**
 * Of this thread. Takes 10 to 20 ms, so nothing may be waiting for it. The flag is one of the whole process and stays
 * set: a thread that took it back would take it from another one between its two lines. Where V8 gives no collection
 * away, there is none.
 */
export function collectStart(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('globalThis.gc') as Collect | undefined;
  collect?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}
