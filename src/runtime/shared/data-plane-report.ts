/** The reports of data planes. */
import type { BAD_PROXY_HEADER, BODY_TOO_SLOW, CLIENT_TOO_SLOW } from '../../core/errors.ts';
import type { TlsFailureReason } from '../../net/tls.ts';
import type { BlamedFailure, Evidence, TrialResult } from '../../core/health/evidence.ts';

/** Requests that a pool had no good answer for. */
export interface FailedRequests {
  readonly pool: string;
  /** Of the last of them; `''` where none was chosen. */
  readonly endpoint: string;
  /** Code of our answer, or of why an answer broke off. */
  readonly reason: string;
  /** What is known beyond that of the last of them, e.g. `ECONNREFUSED`; else `''`. */
  readonly cause: string;
  /** What the client got: our status, or that of the answer that broke off; 0: nothing. */
  readonly status: number;
  readonly count: number;
}

/** Connections of clients that were reset before they had a protocol, or ended because their client was too slow. */
export interface RefusedConnections {
  /** Id of the listener. */
  readonly listener: string;
  readonly reason: typeof BAD_PROXY_HEADER | typeof BODY_TOO_SLOW | typeof CLIENT_TOO_SLOW;
  /** What was wrong with the last of them, in words. */
  readonly rule: string;
  /** The other end of the last of them; of one that was too slow, its client. */
  readonly address: string;
  readonly count: number;
}

/** Handshakes of clients that are over. */
export interface EndedHandshakes {
  /** Id of the listener. */
  readonly listener: string;
  /** Why they failed; `''`: they are done. */
  readonly reason: TlsFailureReason | '';
  /** Of the last of them: a code of OpenSSL or Node, `''` where there is none. */
  readonly code: string;
  /** The name that it asked for, `''` where it asked for none or was not understood. */
  readonly serverName: string;
  /** Its client. */
  readonly address: string;
  readonly count: number;
}

/** Hooks of a middleware that threw, or took longer than they may. */
export interface FailedMiddleware {
  /** Path of its module. */
  readonly module: string;
  readonly middleware: string;
  /** What the last of them threw. */
  readonly message: string;
  readonly stack: string;
  readonly count: number;
}

/** What a data plane tells the control plane on its own account. */
export type DataPlaneReport =
  /** Consecutive gateway failures reached the pool's threshold: the control plane decides on ejection. */
  | {
      readonly type: 'failures-reached';
      readonly pool: string;
      readonly slot: number;
      readonly generation: number;
      /** The strictest kind of failure among them. */
      readonly kind: Evidence;
      /** The last of them, and the rule that a malformed answer broke. */
      readonly failure: BlamedFailure;
      readonly detail: string;
    }
  /** The first failure after successes, or a refused connect that was not known: checks go to their fast interval. */
  | {
      readonly type: 'passive-failure';
      readonly pool: string;
      readonly slot: number;
      readonly generation: number;
      readonly failure: BlamedFailure;
      readonly detail: string;
      /** The one before was a success. */
      readonly isFirst: boolean;
      /** How long the attempt had been under way, ms. */
      readonly tookMs: number;
    }
  /** A failure at an endpoint with a circuit breaker: the control plane judges by what all threads have counted. */
  | {
      readonly type: 'breaker-failure';
      readonly pool: string;
      readonly slot: number;
      readonly generation: number;
      /** The strictest of the failures in a row, where these have reached their number. */
      readonly inARow: Evidence | null;
      /** The last failure, and the rule that a malformed answer broke. */
      readonly failure: BlamedFailure;
      readonly detail: string;
    }
  /** A trial that this worker had taken is over. */
  | {
      readonly type: 'trial-ended';
      readonly pool: string;
      readonly slot: number;
      readonly generation: number;
      readonly number: number;
      readonly result: TrialResult;
    }
  /** A success after a refused connect. */
  | { readonly type: 'recovered'; readonly pool: string; readonly slot: number; readonly generation: number }
  /** Requests for which a pool had no good answer; at most one report a second of each pool and reason. */
  | ({ readonly type: 'requests-failed' } & FailedRequests)
  /** Connections that were refused; at most one report a second of each listener and reason. */
  | ({ readonly type: 'connections-refused' } & RefusedConnections)
  /** Hooks of users' own steps that went wrong; at most one report a second of each. */
  | ({ readonly type: 'middleware-failed' } & FailedMiddleware)
  /** Handshakes that are over; at most one report a second of each listener and ending. */
  | ({ readonly type: 'handshakes-ended' } & EndedHandshakes)
  /** An exception in our own code that the guard caught. */
  | { readonly type: 'fault'; readonly message: string; readonly stack: string };

/** A report on one endpoint. */
export type EndpointReport = Extract<DataPlaneReport, { readonly slot: number }>;
