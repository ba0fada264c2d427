/** What a pool is asked for, and what a trial gives. */
import type { PickRequest } from '../core/balancer/policy.ts';
import type { TakenTrial } from '../core/health/trial-word.ts';
import type { Endpoint } from './endpoint.ts';
import type { Waiter } from './waiter.ts';

/** For whom an endpoint is picked, and which of the pool's policies picks it. */
export interface PoolPick extends PickRequest {
  readonly policy: number;
  /** Index of the endpoint that a cookie names, -1: none. */
  readonly bound: number;
  /** It goes by the address of its client, whose sessions are where that leads. */
  readonly isByAddress: boolean;
  /** It goes to another endpoint where its own is full, whatever the config says. */
  readonly isSpilled: boolean;
  /** Its rank among those that wait for a place, 0: it comes before all of them. */
  readonly rank: number;
}

/** An endpoint whose trial a request has taken. */
export interface PickedTrial<W extends Waiter> extends TakenTrial {
  readonly endpoint: Endpoint<W>;
}
