/** What a codec's server session needs from the worker it runs on, and what that worker asks of it. */
import type { KeptMemory } from '../core/kept-memory.ts';
import type { Fault } from '../core/errors.ts';
import type { Limits, Timeouts } from '../core/snapshot.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Routing } from './routing.ts';
import type { ClientEvents, ClientStream } from './stream.ts';

export interface ServerHost {
  readonly routing: Routing;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly wheel: TimerWheel;
  readonly isDraining: boolean;
  /** Counts what is kept for later. */
  readonly memory: KeptMemory;
  now(): number;
  /** The time as an HTTP date, made anew once a second. */
  httpDate(): string;
  /** Begins an exchange for a request of this stream. */
  begin(client: ClientStream): ClientEvents;
  opened(session: ServerSession): void;
  closed(session: ServerSession): void;
  /** Counts and reports an exception of ours that belongs to one session, and not to the entry it happened in. */
  reportFault(error: unknown): void;
  /** A request was refused before it became an exchange. `head`: what has come of it. */
  rejected(fault: Fault, client: ClientStream, head: string): void;
}

/** A client connection, as the worker that drains or ends it sees it. */
export interface ServerSession {
  readonly connection: ClientConnection;
  drain(): void;
  /** The same for this connection alone: it ends after the answer that is under way, or the next. */
  leave(): void;
  /** The exchanges under way. */
  visitExchanges(visit: (exchange: ClientEvents) => void): void;
  /** The limits on heads have changed. */
  updateLimits(limits: Limits): void;
  destroy(): void;
}
