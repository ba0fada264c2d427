/** What an exchange needs from the worker it runs on. */
import type { BODY_TOO_SLOW, CLIENT_TOO_SLOW } from '../../core/errors.ts';
import type { KeptMemory } from '../../core/kept-memory.ts';
import type { Random } from '../../core/random.ts';
import type { RouteTable } from '../../core/shared/route-table.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';
import type { ExchangeLog } from '../exchange-log.ts';
import type { Routing } from '../routing.ts';
import type { ExchangeRecord } from '../record.ts';
import type { Exchange } from './exchange.ts';

export type SlowReason = typeof BODY_TOO_SLOW | typeof CLIENT_TOO_SLOW;

export interface ExchangeHost {
  /** The routes that new requests meet. */
  readonly routing: Routing;
  /** For exchanges that met no route. */
  readonly unroutedLog: ExchangeLog | null;
  readonly routeTable: RouteTable;
  readonly wheel: TimerWheel;
  readonly random: Random;
  readonly isDraining: boolean;
  /** Counts what is kept for later. */
  readonly memory: KeptMemory;
  now(): number;
  /** How much of the time since then, ms, this thread did not stand still. */
  ranMs(since: number, now: number): number;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** A new request id, unique over all threads and restarts. */
  nextRequestId(): string;
  /** Whether an address is one of `trustedProxies`. */
  readonly isTrusted: (address: string) => boolean;
  /** For the log: connections that end because their client is too slow; `rule`: for what, in words. */
  readonly refusals: { note(listener: string, reason: SlowReason, rule: string, client: string): void };
  /** An exchange that had met a route has ended with a reason: by an answer of ours, or broken off. */
  failed(record: ExchangeRecord): void;
  /** Counts and reports an exception of ours that belongs to one exchange, and not to the entry it happened in. */
  reportFault(error: unknown): void;
  /** Takes an exchange that is over back for reuse. */
  recycle(exchange: Exchange): void;
}
