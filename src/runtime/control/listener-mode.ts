import type { ListenerSpec } from '../../core/snapshot.ts';
import { canReusePort } from './threads.ts';

/**
 * Who accepts the connections of a listener:
 *
 * - `own`: the only data plane, and no other can beside it (the caller's thread; systems without `reusePort`).
 * - `shared`: every thread has a listening socket of its own on the address (`reusePort`), the kernel spreads. One
 *   thread alone listens so as well, so that its replacement can listen before it ends.
 * - `passed`: the control plane accepts and passes each socket to the thread with the fewest connections
 *   (`spread: even`, and wherever threads cannot share an address).
 */
export type ListenerMode = 'own' | 'shared' | 'passed';

/** `threads`: data-plane threads; 0 and 1: one data plane. */
export function modeOf({ spread }: ListenerSpec, threads: number): ListenerMode {
  if (threads === 0 || (threads === 1 && !canReusePort)) return 'own';
  return threads > 1 && (spread === 'even' || !canReusePort) ? 'passed' : 'shared';
}
