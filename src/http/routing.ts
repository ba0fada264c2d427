/**
 * What a worker works with: the snapshot's routes and pools as objects. It is immutable and swapped
 * between requests; pools and endpoints live on from one to the next while their identity stays.
 */
import type { KeySource } from '../core/keys/key-source.ts';
import type { HedgeDelay } from '../core/resilience/hedge-delay.ts';
import type { Routable, RoutedRequest } from '../core/routing/routed-request.ts';
import type { RouteSpec, Snapshot } from '../core/snapshot.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ExchangeLog } from './exchange-log.ts';
import type { RouteSteps } from './steps/route-steps.ts';
import type { HttpPool } from './stream.ts';

/** A route with everything it needs decided. */
export interface Route extends Routable {
  readonly spec: RouteSpec;
  readonly pool: HttpPool;
  /** Answers that are retried; null: none are. */
  readonly retriedStatuses: ReadonlySet<number> | null;
  /** When a second attempt begins beside the first; null: never. */
  readonly hedge: HedgeDelay | null;
  /** Which of the pool's policies picks for it, 0: the pool's own. */
  readonly policy: number;
  /** What its policy takes for the key of a request; null: none. */
  readonly key: KeySource | null;
  /** Null: requests go straight to the pool, and answers straight back. */
  readonly steps: RouteSteps | null;
  /** Under what HTTP/1.1 keeps the heads it has encoded: routes that change nothing share them. Each codec has its own. */
  readonly http1Heads: object;
  /** Null: its exchanges are not logged. */
  readonly log: ExchangeLog | null;
}

/** Keeps out requests whose host is not for the connection that they come by. */
export interface Misdirection {
  /** `host`: in its normal form; `''`: the request names none. */
  isMisdirected(connection: Pick<ClientConnection, 'listener' | 'facts'>, host: string): boolean;
}

export interface Routing {
  readonly snapshot: Snapshot;
  /** Null: every host is served on every connection. */
  readonly misdirection: Misdirection | null;
  /** Whether a route asks how its requests came. */
  readonly looksAtScheme: boolean;
  match(request: RoutedRequest): Route | null;
}
