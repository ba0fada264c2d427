/** What the steps of a thread have of it besides the requests they see. */
import type { TableClock } from '../../core/limits/gcra-table.ts';
import type { MiddlewareSpec } from '../../core/middleware/spec.ts';
import type { Middleware } from '../../core/middleware/types.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';

/** A named list of addresses, as a thread has it. */
export interface AddressList {
  /** Words and family as `parseAddress` gives them. */
  has(words: Int32Array, family: 0 | 4 | 6): boolean;
  /** Counts a request that it has decided about. */
  hit(): void;
}

/** The lists of a thread. */
export interface ListTable {
  /** Another number for every other content of any of them. */
  readonly version: number;
  get(name: string): AddressList;
}

/** What was found out about the client of a request. */
export interface AccessVerdict {
  /** Of the lists it was found out by. */
  readonly version: number;
  readonly isDenied: boolean;
  /** What decided; null: no list did. */
  readonly list: AddressList | null;
}

/** Who is banned. */
export interface BanLookUp {
  /** Another number after every change. */
  readonly version: number;
  /** Seconds since 1970 at which a client's ban ends, which may be over; 0: it has none. */
  endOf(client: string): number;
}

/** What was found out about bans of the client of a request. */
export interface BanVerdict {
  readonly version: number;
  readonly end: number;
}

/** What a thread knows of clients. */
export interface ClientTables {
  /** Null: the config has no list. */
  readonly lists: ListTable | null;
  /** Null: nobody can be banned. */
  readonly bans: BanLookUp | null;
}

/** Users' modules of a thread. */
export interface MiddlewareModules {
  /** Throws where it was not imported. */
  of(spec: MiddlewareSpec): Middleware;
  /** One of its hooks went wrong, and cost at most its exchange. */
  failed(spec: MiddlewareSpec, name: string, error: unknown): void;
}

export interface StepHost {
  /** Slot of this thread: its row in ledgers and its stripe of counters. */
  readonly worker: number;
  readonly wheel: TimerWheel;
  /** The one whose routes are being compiled. */
  readonly snapshot: Snapshot | null;
  /** Its time, as of the turn of the loop or read from the system now. */
  readonly clock: TableClock;
  /** Milliseconds since 1970. */
  wallTime(): number;
  readonly clients: ClientTables;
  /** Null: no route has any. */
  readonly modules: MiddlewareModules | null;
}
