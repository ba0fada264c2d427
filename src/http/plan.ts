/**
 * What a worker works with: the snapshot's routes and pools as objects. A plan is immutable and swapped between
 * requests; pools and endpoints live on from plan to plan while their identity stays.
 */
import type { RouteSpec, Snapshot } from '../core/snapshot.ts';
import type { PoolRuntime } from './pool-runtime.ts';
import type { RouteTaps } from './taps.ts';

/** A route with everything it needs decided. */
export interface RoutePlan {
  readonly spec: RouteSpec;
  readonly pool: PoolRuntime;
  readonly taps: RouteTaps;
}

/** A request as routing sees it. */
export interface RoutedRequest {
  readonly host: string;
  /** Normal form. */
  readonly path: string;
  readonly query: string;
  readonly method: string;
  readonly lines: string;
}

export interface Plan {
  readonly snapshot: Snapshot;
  match(request: RoutedRequest): RoutePlan | null;
}
