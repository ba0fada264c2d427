/**
 * Connects, and nothing more, to endpoints that refuse them: so it is known within a quarter of a second that a server
 * listens again. All endpoints of a process take turns, so that a few hundred that are down cost no more than fifty
 * connects a second; those of a pool that cannot be reached at all are tried by threes (`pool-turns.ts`). Those that wait
 * equally long from one connect to the next stand in one line, in which they come due in turn: whose turn it is costs as
 * much as there are such times, however many endpoints wait.
 */
import { WaitingLine } from '../core/waiting-line.ts';
import type { CheckSpec, EndpointSpec, TcpCheckSpec } from '../core/snapshot.ts';
import type { CheckTools } from './endpoint-check.ts';
import { PoolTurns } from './pool-turns.ts';
import type { TriedPool } from './pool-turns.ts';
import type { Probe } from './probe.ts';
import { probeAddresses } from './probe-addresses.ts';
import type { Cancel } from './scheduler.ts';

/** From one connect to the next one to the same endpoint, at first … */
const EVERY_MS = 250;
/** … and for so long. */
const QUICK_MS = 10_000;
/** The turns of a pool begin this far apart, so that one that is back is found the sooner. */
const SPREAD_MS = 80;
/** 50 a second in all. */
const SPACING_MS = 20;
/** One that is neither accepted nor refused is not waited for any longer. */
const TIMEOUT_MS = 1000;

const CONNECT: TcpCheckSpec = {
  kind: 'tcp',
  port: 0,
  intervalMs: EVERY_MS,
  fastIntervalMs: EVERY_MS,
  downIntervalMs: EVERY_MS,
  timeoutMs: TIMEOUT_MS,
  rise: 1,
  fall: 1,
  maxLatencyMs: 0,
  startUnhealthy: false,
  send: '',
  expect: '',
};

/** An endpoint that is watched. */
export interface BareConnectTarget {
  /** As it is now. */
  readonly spec: EndpointSpec;
  /** The same for all endpoints of a pool. */
  readonly pool: TriedPool;
  /** From one connect to the next one when it has refused them for long, ms; as it is now. */
  readonly slowEveryMs: number;
  /** The PROXY header that it wants, as it is now; undefined: none. */
  readonly proxyVersion: CheckSpec['proxyVersion'];
  /** A connect has succeeded. It is watched no longer. */
  onOpen(): void;
}

interface Watched {
  readonly target: BareConnectTarget;
  readonly since: number;
  readonly turns: PoolTurns<Watched>;
  /** Its turn is over when it is due. */
  isResting: boolean;
  dueAt: number;
  /** Where it waits until it is due; null: it is under way, or others of its pool are tried. */
  line: WaitingLine<Watched> | null;
}

export class BareConnects {
  readonly #tools: Pick<CheckTools, 'clock' | 'scheduler' | 'probes'>;
  readonly #watched = new Map<BareConnectTarget, Watched>();
  readonly #turns = new WeakMap<TriedPool, PoolTurns<Watched>>();
  /** By how long they wait, ms. */
  readonly #lines = new Map<number, WaitingLine<Watched>>();
  #cancel: Cancel | null = null;
  #lastAt = -Infinity;

  constructor(tools: Pick<CheckTools, 'clock' | 'scheduler' | 'probes'>) {
    this.#tools = tools;
  }

  /** Watches it, unless it is watched already. */
  watch(target: BareConnectTarget): void {
    if (this.#watched.has(target)) return;
    const turns = this.#turns.get(target.pool) ?? new PoolTurns<Watched>(target.pool);
    this.#turns.set(target.pool, turns);
    const since = this.#tools.clock.now();
    const watched: Watched = { target, since, turns, isResting: false, dueAt: 0, line: null };
    this.#watched.set(target, watched);
    this.#wait(watched, EVERY_MS);
    this.#awaitNext();
  }

  forget(target: BareConnectTarget): void {
    const watched = this.#watched.get(target);
    if (watched === undefined) return;
    this.#watched.delete(target);
    this.#leave(watched);
    this.#endTurn(watched);
    this.#awaitNext();
  }

  #endTurn(watched: Watched): void {
    watched.isResting = false;
    for (const other of watched.turns.leave(watched)) this.#wait(other, 0);
  }

  #wait(watched: Watched, afterMs: number): void {
    const line = this.#lines.get(afterMs) ?? new WaitingLine<Watched>();
    this.#lines.set(afterMs, line);
    watched.dueAt = this.#tools.clock.now() + afterMs;
    watched.line = line;
    line.join(watched);
  }

  #leave(watched: Watched): void {
    watched.line?.leave(watched);
    watched.line = null;
  }

  #awaitNext(): void {
    this.#cancel?.();
    this.#cancel = null;
    const next = this.#next();
    if (next === null) return;
    const { clock, scheduler } = this.#tools;
    const at = Math.max(next.dueAt, this.#lastAt + SPACING_MS);
    this.#cancel = scheduler.after(Math.max(0, at - clock.now()), () => this.#connectNext());
  }

  /** The one that is due first. */
  #next(): Watched | null {
    let next: Watched | null = null;
    for (const [afterMs, { first }] of this.#lines) {
      if (first === null) this.#lines.delete(afterMs);
      else if (next === null || first.dueAt < next.dueAt) next = first;
    }
    return next;
  }

  /** One of those that are due connects. Those before it that have no turn take no time. */
  #connectNext(): void {
    const now = this.#tools.clock.now();
    for (let next = this.#next(); next !== null && next.dueAt <= now; next = this.#next()) {
      if (!this.#takesTurn(next)) continue;
      this.#connect(next);
      return;
    }
    this.#awaitNext();
  }

  /** False: it waits, for its turn or until it is due again. */
  #takesTurn(watched: Watched): boolean {
    this.#leave(watched);
    if (watched.isResting) {
      this.#endTurn(watched);
      if (this.#isSlow(watched)) {
        this.#wait(watched, Math.max(0, watched.target.slowEveryMs - EVERY_MS));
        return false;
      }
    }
    const before = watched.turns.enter(watched);
    if (before > 0) this.#wait(watched, before * SPREAD_MS);
    return before === 0;
  }

  #isSlow({ since }: Watched): boolean {
    return this.#tools.clock.now() - since >= QUICK_MS;
  }

  #connect(watched: Watched): void {
    const { clock, scheduler, probes } = this.#tools;
    const { target } = watched;
    const { addresses, port, authority } = target.spec;
    const aborted = new AbortController();
    const cancelTimeout = scheduler.after(TIMEOUT_MS, () => {
      aborted.abort();
      this.#failed(watched);
    });
    this.#lastAt = clock.now();
    this.#awaitNext();
    const { proxyVersion } = target;
    const check = proxyVersion === undefined ? CONNECT : { ...CONNECT, proxyVersion };
    const question = { check, port, authority };
    void probeAddresses(probes.tcp as Probe, question, addresses, scheduler, aborted.signal).then(({ outcome }) => {
      if (aborted.signal.aborted) return;
      cancelTimeout();
      aborted.abort();
      if (outcome === 'pass') this.#opened(watched);
      else this.#failed(watched);
    });
  }

  #opened(watched: Watched): void {
    const { target } = watched;
    if (this.#watched.get(target) !== watched) return;
    this.forget(target);
    target.onOpen();
  }

  #failed(watched: Watched): void {
    const { target } = watched;
    // It may have been forgotten meanwhile.
    if (this.#watched.get(target) !== watched) return;
    if (this.#isSlow(watched) && !target.pool.isOut) {
      this.#endTurn(watched);
      this.#wait(watched, target.slowEveryMs);
    } else {
      watched.isResting = true;
      this.#wait(watched, EVERY_MS);
    }
    this.#awaitNext();
  }
}
