/** The data plane as it runs in a worker, over the transport in memory and a clock that stands still. */
import { diffSnapshots } from '../../../src/config/diff.ts';
import { UNBOUNDED_MEMORY } from '../../../src/core/kept-memory.ts';
import type { Random } from '../../../src/core/random.ts';
import { PoolTable } from '../../../src/core/shared/pool-table.ts';
import type { Snapshot } from '../../../src/core/snapshot.ts';
import { SETTLING_MS } from '../../../src/upstream/settling-list.ts';
import type { LoopTurns } from '../../../src/net/loop-turns.ts';
import type { TimerWheel } from '../../../src/net/timer-wheel.ts';
import type { DataPlaneReport } from '../../../src/runtime/shared/data-plane-report.ts';
import type { DataPlane } from '../../../src/runtime/worker/data-plane-api.ts';
import { createDataPlane } from '../../../src/runtime/worker/data-plane.ts';
import { testSnapshot } from '../../support/data-plane.ts';
import { Chance } from '../chance.ts';
import type { InMemoryConnection, Remote } from './in-memory-connection.ts';
import { InMemoryTransport, StandingClock } from './in-memory-transport.ts';

export const ENDPOINT_PORTS = [9001] as const;
export const TRUSTED_CLIENT = '10.9.9.9';
export const PLAIN_CLIENT = '10.1.1.1';
/** More than the longest backoff between two attempts. */
const BACKOFF_MS = 300;
/** A pool's failed requests are summed up so often, and a round without any ends that. */
const SUM_MS = 1000;
/** A timer of the wheel is late by up to so much. */
const TICK_MS = 50;
/** A run takes a few dozen turns; one that never ends is a bug. */
const MAX_TURNS = 1_000_000;

export class SessionPlane {
  readonly transport: InMemoryTransport;
  readonly #clock = new StandingClock();
  readonly #turns = new SteppedTurns(this.#clock);
  readonly #plane: DataPlane & { readonly wheel: TimerWheel };
  readonly #snapshot: Snapshot;
  readonly #table: PoolTable;
  readonly #faults: string[] = [];
  #hasToldFailure = false;

  constructor() {
    const hear = (report: DataPlaneReport): void => {
      if (report.type === 'fault') this.#faults.push(report.stack);
      else if (report.type === 'requests-failed') this.#hasToldFailure = true;
    };
    this.transport = new InMemoryTransport((error) => this.#plane.reportFault(error));
    // Draws of the policy and of the backoff belong to the run as well.
    const random: Random = { next: () => this.transport.chance.below(1 << 24) / (1 << 24) };
    const { transport } = this;
    this.#plane = createDataPlane({
      worker: 0,
      transport,
      clock: this.#clock,
      turns: this.#turns,
      random,
      memory: UNBOUNDED_MEMORY,
      report: hear,
    }) as DataPlane & { readonly wheel: TimerWheel };
    this.#snapshot = testSnapshot({
      ports: ENDPOINT_PORTS,
      trustedProxies: [TRUSTED_CLIENT],
      headers: { via: true, forwarded: true },
    });
    this.#plane.apply(this.#snapshot, diffSnapshots(null, this.#snapshot));
    this.#table = new PoolTable(this.#snapshot.pools[0].table, 0);
  }

  /** All that follows is drawn from `seed`, and its endpoints are strangers. */
  begin(seed: number): void {
    this.transport.chance = new Chance(seed);
    // Of one that has sent a stray byte no connection would be used again for the rest of the plane's life.
    this.#table.strays.fill(0);
  }

  connect(remote: Remote, address: string): InMemoryConnection {
    return this.transport.connect(remote, address, this.#plane.accept(this.#snapshot.listeners[0]));
  }

  /** A request is being worked on. */
  get isBusy(): boolean {
    return this.#plane.exchanges > 0;
  }

  /** So many turns, or all that there are. False: nothing is left to do. */
  turns(count: number): boolean {
    for (let turn = 0; turn < count; turn++) if (!this.transport.step()) return false;
    return true;
  }

  /** Until nothing moves any more, the waits between attempts included, and connections that are looked at are kept. */
  settle(): void {
    this.#runDry();
    while (this.#turns.isAwaited) this.pass(SETTLING_MS);
    for (let wait = 0; wait < 3 && this.#plane.exchanges > 0; wait++) this.pass(BACKOFF_MS);
  }

  /** When nothing is left to be read, what has waited for that happens. */
  #runDry(): void {
    do {
      if (this.turns(MAX_TURNS)) throw new Error('the run does not end');
    } while (this.#turns.runDue());
  }

  /** Lets time pass, and what is due happen. */
  pass(ms: number): void {
    this.#clock.advance(ms);
    this.#turns.tick();
    this.#runDry();
  }

  /** What is left when everybody has gone; null: nothing. */
  leftovers(): string | null {
    // One timer is the plane's own, no request's. Were there another as well, no time passes that might hide it.
    if (this.#hasToldFailure && this.#plane.wheel.armedCount <= 1) this.#endSums();
    if (this.#faults.length > 0) return `a fault of ours: ${this.#faults.splice(0).join('\n')}`;
    const { exchanges, connections, wheel } = this.#plane;
    const counts = ENDPOINT_PORTS.map((_port, slot) => [
      this.#table.inFlight(slot),
      this.#table.connections[slot],
      this.#table.idleSockets(slot),
    ]);
    const left = [exchanges, connections, this.transport.connectionCount, wheel.armedCount, ...counts.flat()];
    if (left.every((count) => count === 0)) return null;
    return `left behind: exchanges, clients, connections, timers, then in flight, open, idle per endpoint: ${left.join(' ')}`;
  }

  #endSums(): void {
    for (let round = 0; round < 2; round++) this.pass(SUM_MS + TICK_MS);
    // Only now: a sum is told as well.
    this.#hasToldFailure = false;
  }

  /** Ends it all; the object is of no use after that. */
  destroy(): void {
    this.#plane.destroy();
  }
}

interface Awaited {
  readonly at: number;
  readonly task: () => void;
}

/** Turns of a loop that come when they are called for. */
class SteppedTurns implements LoopTurns {
  readonly #clock: StandingClock;
  readonly #repeated = new Set<() => void>();
  readonly #awaited = new Set<Awaited>();

  constructor(clock: StandingClock) {
    this.#clock = clock;
  }

  every(_ms: number, task: () => void, begin?: () => void): () => void {
    const turn = (): void => {
      begin?.();
      task();
    };
    this.#repeated.add(turn);
    return () => void this.#repeated.delete(turn);
  }

  once(ms: number, task: () => void): () => void {
    const awaited = { at: this.#clock.now() + ms, task };
    this.#awaited.add(awaited);
    return () => void this.#awaited.delete(awaited);
  }

  /** Somebody waits for a later turn. */
  get isAwaited(): boolean {
    return this.#awaited.size > 0;
  }

  tick(): void {
    for (const task of [...this.#repeated]) task();
  }

  /** What is due, where everything has been read. False: nothing was. */
  runDue(): boolean {
    const due = [...this.#awaited].filter(({ at }) => at <= this.#clock.now());
    for (const awaited of due) {
      this.#awaited.delete(awaited);
      awaited.task();
    }
    return due.length > 0;
  }
}
