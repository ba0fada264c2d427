/** Which routes guard where the config does not say so. What lets in, asks or counts has its place here too. */

interface Guarding {
  readonly guards: boolean;
  /** It guards by `maxBody` alone. */
  readonly limitsOnly?: boolean;
  /** Bytes, 0: no limit. */
  readonly maxBody: number;
}

/** A route whose config may say nothing of it: null. */
export type Unsettled<R extends Guarding> = Omit<R, 'guards'> & { readonly guards: boolean | null };

/**
 * The routes, each with whether it guards. `maxBody` guards where another route takes more: with one limit for all there is
 * nothing to be had by another spelling, and paths with escaped slashes stay where they are.
 */
export function settleGuards<R extends Guarding>(routes: readonly Unsettled<R>[]): readonly R[] {
  const most = routes.reduce((largest, { maxBody }) => Math.max(largest, bytesOf(maxBody)), 0);
  return routes.map((route) => {
    const limitsOnly = route.guards === null && bytesOf(route.maxBody) < most;
    return (limitsOnly ? { ...route, guards: true, limitsOnly } : { ...route, guards: route.guards ?? false }) as R;
  });
}

function bytesOf(maxBody: number): number {
  return maxBody === 0 ? Infinity : maxBody;
}
