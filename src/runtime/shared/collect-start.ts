/**
 * Gives back what only starting took. V8 keeps what a thread allocated while it loaded its modules, some 10 MiB for
 * each, until much later: a thread that idles has no reason to collect.
 */
type Collect = (options: { type: 'major'; flavor: 'last-resort'; execution: 'sync' }) => unknown;

/**
 * Of this thread. Takes 10 to 20 ms, so nothing may be waiting for it. `collect`: this thread's, which it has where
 * `allowCollection` was called before it began; where V8 gives no collection away, there is none.
 */
export function collectStart(collect: Collect | undefined = globalThis.gc): void {
  collect?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}
