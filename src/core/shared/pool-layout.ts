/** Where the numbers of a pool lie in its shared table. */
import { Layout } from './layout.ts';
import { PULSE_COLUMNS } from './pulse-board.ts';
import type { OwnPlace, Place } from './layout.ts';

/** Plain data that travels in a snapshot; every thread attaches its own views. */
export interface PoolTableHandle {
  /** Identity: the buffer is another object in every thread and with every message. */
  readonly id: number;
  readonly buffer: SharedArrayBuffer;
  readonly capacity: number;
  readonly workerSlots: number;
}

/** Columns that have ledgers: what all threads hold of something together, and what each holds. */
export const HELD_INFLIGHT = 0;
export const HELD_CONNECTIONS = 1;
export const HELD_IDLE_PLACES = 2;
export const HELD_COLUMNS = 3;
/** A ledger's column without a total: idle sockets. */
export const KEPT_IDLE = 3;
const LEDGER_COLUMNS = 4;

/** Counters of one endpoint, striped per worker. */
export const COUNTERS = 20;

/** How many held requests may be let go. */
export const HOLD_PERMITS = 0;
/** When an endpoint of the pool last answered, in seconds since 1970; 0: never. */
export const HOLD_ANSWERED = 1;
const HOLD_INTS = 2;

/** Most trials of one endpoint at the same time. */
export const MOST_TRIALS = 10;
/** A worker's line of counters of its queue, and the word by which it is woken. */
export const ADMISSION_INTS = 16;
/** A worker's line with the rank of the first that waits there, and what else tells of its queue. */
export const RANK_DOUBLES = 8;

const CURSOR_INTS = 16;
const VERSION_INTS = 16;
/** A worker's sum lies on a cache line of its own, wherever the buffer begins. */
export const SUM_STRIDE = 32;
/** A line for each worker. */
export const RECENT_STRIDE = 16;
/** A retry budget looks back so far. */
export const BUDGET_SECONDS = 10;
/** One more, so that a second that is leaving is not the one that comes. */
export const RETRY_BUCKETS = BUDGET_SECONDS + 1;
/** Rows come in as many. */
const ROWS = 16;

let tables = 0;

export interface PoolLayout {
  readonly cursor: Place;
  readonly version: Place;
  /** One for each worker, {@link SUM_STRIDE} apart. */
  readonly sums: Place;
  /** At index 0: what the workers that are bounded have in flight. */
  readonly boundedTotal: Place;
  /** One for each worker. */
  readonly bounded: Place;
  /** Ranks, {@link RANK_DOUBLES} apart, in doubles. */
  readonly queueRanks: Place;
  /** {@link ADMISSION_INTS} for each worker. */
  readonly queueWords: Place;
  /** At index 0 threads, at index 1 endpoints of threads. */
  readonly queueWaiting: Place;
  /** For each worker and row the rank of the first one that waits there for this endpoint alone. */
  readonly queueHomes: OwnPlace;
  /** At index 0. */
  readonly queueOverload: Place;
  /** One for each worker. */
  readonly silent: Place;
  /** Retries of the last seconds. */
  readonly retried: Place;
  /** Requests of the last seconds, a line for each worker. */
  readonly recent: Place;
  /** {@link HOLD_PERMITS} and {@link HOLD_ANSWERED}. */
  readonly hold: Place;
  /** Two for each worker: those that are held, and those that wait for a place. */
  readonly held: Place;
  readonly inflight: Place;
  readonly connections: Place;
  readonly idlePlaces: Place;
  readonly failures: Place;
  readonly health: Place;
  readonly generation: Place;
  readonly windows: Place;
  readonly wanted: Place;
  readonly placesWanted: Place;
  readonly strays: Place;
  readonly rescue: Place;
  /** {@link MOST_TRIALS} for each row. */
  readonly trial: Place;
  readonly breakerFailures: Place;
  readonly breakerDue: Place;
  readonly trialsDue: Place;
  /** At index 0. */
  readonly leastSilence: Place;
  readonly pulse: OwnPlace;
  /** One for each worker. */
  readonly pulseBeats: Place;
  readonly ledger: OwnPlace;
  readonly counters: OwnPlace;
  readonly bytes: number;
}

export function poolLayout({ capacity, workerSlots }: Pick<PoolTableHandle, 'capacity' | 'workerSlots'>): PoolLayout {
  const layout = new Layout(capacity, workerSlots);
  return {
    cursor: layout.header(CURSOR_INTS),
    version: layout.header(VERSION_INTS),
    sums: layout.header(workerSlots * SUM_STRIDE),
    boundedTotal: layout.header(1),
    bounded: layout.header(workerSlots),
    queueRanks: layout.headerDoubles(workerSlots * RANK_DOUBLES),
    queueWords: layout.header(workerSlots * ADMISSION_INTS),
    queueWaiting: layout.header(2),
    queueHomes: layout.doubles(1),
    queueOverload: layout.header(1),
    silent: layout.header(workerSlots),
    retried: layout.header(RETRY_BUCKETS),
    recent: layout.header(workerSlots * RECENT_STRIDE),
    hold: layout.header(HOLD_INTS),
    held: layout.header(2 * workerSlots),
    inflight: layout.column(),
    connections: layout.column(),
    idlePlaces: layout.column(),
    failures: layout.column(),
    health: layout.column(),
    generation: layout.column(),
    windows: layout.column(),
    wanted: layout.column(),
    placesWanted: layout.column(),
    strays: layout.column(),
    rescue: layout.column(),
    trial: layout.header(capacity * MOST_TRIALS),
    breakerFailures: layout.column(),
    breakerDue: layout.column(),
    trialsDue: layout.header(1),
    leastSilence: layout.header(1),
    pulse: layout.ledger(PULSE_COLUMNS),
    pulseBeats: layout.header(workerSlots),
    ledger: layout.ledger(LEDGER_COLUMNS),
    counters: layout.doubles(COUNTERS),
    bytes: layout.bytes,
  };
}

/** Room for at least `capacity` endpoints. */
export function createPoolTable(capacity: number, workerSlots: number): PoolTableHandle {
  const rounded = Math.max(1, Math.ceil(capacity / ROWS)) * ROWS;
  const { bytes } = poolLayout({ capacity: rounded, workerSlots });
  return { id: ++tables, buffer: new SharedArrayBuffer(bytes), capacity: rounded, workerSlots };
}
