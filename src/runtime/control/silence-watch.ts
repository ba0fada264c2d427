/**
 * Finds silent endpoints, ten times a second, in what the threads have published, and learns each second how long answers
 * of each route take. A judgement is void in a turn in which this thread was late, or a worker has not been heard of.
 */
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';
import type { Clock } from '../../core/clock.ts';
import { FirstBytes, findSilent, silenceMs } from '../../core/health/silence.ts';
import { ROUTE_REQUESTS } from '../../core/shared/route-table.ts';
import type { PulseBoard } from '../../core/shared/pulse-board.ts';
import type { RouteTable } from '../../core/shared/route-table.ts';
import type { PoolSpec, RouteSpec, Snapshot } from '../../core/snapshot.ts';
import type { HealthKeeper } from './health.ts';
import type { SharedTables } from './shared-tables.ts';

const WATCH_MS = 100;
const LATE_MS = 50;
/** A worker whose pulse is older says nothing, and then nobody can be judged. */
const STALE_MS = 350;
const LEARN_TICKS = 10;

export interface SilenceWatchOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly tables: SharedTables;
  readonly health: HealthKeeper;
  snapshot(): Snapshot | null;
}

interface Beat {
  readonly beats: number;
  readonly at: number;
}

export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  /** By the route's identity. */
  readonly #learned = new Map<string, FirstBytes>();
  /** By board, the workers' heartbeats as they were last seen to move. */
  readonly #beats = new WeakMap<PulseBoard, Map<number, Beat>>();
  #cancel: Cancel | null = null;
  #tickedAt = -Infinity;
  #ticks = 0;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#tickedAt = this.#options.clock.now();
    this.#later();
  }

  stop(): void {
    this.#cancel?.();
  }

  #later(): void {
    this.#cancel = this.#options.scheduler.after(WATCH_MS, () => {
      this.#tick();
      this.#later();
    });
  }

  #tick(): void {
    const now = this.#options.clock.now();
    const isLate = now - this.#tickedAt > WATCH_MS + LATE_MS;
    this.#tickedAt = now;
    const snapshot = this.#options.snapshot();
    if (snapshot === null) return;
    const watched = snapshot.pools.filter(({ ejection }) => ejection.enabled && ejection.silence !== 'off');
    if (++this.#ticks % LEARN_TICKS === 0) this.#learn(snapshot, watched, now);
    for (const pool of watched) this.#judge(pool, now, isLate);
  }

  // ——— how long answers take

  #learn({ routes }: Snapshot, watched: readonly PoolSpec[], now: number): void {
    const { tables } = this.#options;
    const kept = new Set(routes.map(({ id }) => id));
    for (const id of this.#learned.keys()) if (!kept.has(id)) this.#learned.delete(id);
    for (const pool of watched) {
      const own = routes.filter((route) => route.pool === pool.id && !route.longPoll);
      const learned = own.map((route) => this.#learnRoute(route, tables.routes, now));
      const ofPool = silenceMs(learned);
      const limits = own.map((_route, index) => {
        if (pool.ejection.silence !== 'auto') return Number(pool.ejection.silence);
        return silenceMs([learned[index]]) || ofPool;
      });
      own.forEach((route, index) => tables.routes.setSilence(route.slot, limits[index]));
      const least = Math.min(...limits.filter((ms) => ms > 0));
      Atomics.store(tables.pool(pool.id).leastSilence, 0, Number.isFinite(least) ? least : 0);
    }
  }

  #learnRoute({ id, slot }: RouteSpec, routes: RouteTable, now: number): FirstBytes {
    const learned = this.#learned.get(id) ?? new FirstBytes();
    this.#learned.set(id, learned);
    if (routes.total(slot, ROUTE_REQUESTS) > 0) learned.learn(routes.firstBytes(slot), now);
    return learned;
  }

  // ——— who is silent

  #judge(pool: PoolSpec, now: number, isLate: boolean): void {
    const table = this.#options.tables.pool(pool.id);
    const workers = this.#workersHeardOf(table.pulses, now);
    if (workers === null || isLate || table.leastSilence[0] === 0) return;
    const endpoints = pool.endpoints.map(({ slot }) => {
      return { slot, pulses: workers.map((worker) => table.pulses.read(worker, slot)) };
    });
    for (const { slot, overdue, oldestMs } of findSilent(endpoints)) {
      const spec = pool.endpoints.find((endpoint) => endpoint.slot === slot);
      if (spec !== undefined) this.#options.health.silent(pool.id, spec, overdue, oldestMs);
    }
  }

  /** Null where one of them has not been heard of for too long. */
  #workersHeardOf(board: PulseBoard, now: number): readonly number[] | null {
    const seen = this.#beats.get(board) ?? new Map<number, Beat>();
    this.#beats.set(board, seen);
    const workers: number[] = [];
    let isStale = false;
    for (let worker = 0; worker < board.workers; worker++) {
      const beats = board.beats(worker);
      if (beats === 0) continue;
      workers.push(worker);
      const before = seen.get(worker);
      if (before?.beats !== beats) seen.set(worker, { beats, at: now });
      else if (now - before.at > STALE_MS) isStale = true;
    }
    return isStale ? null : workers;
  }
}
