/**
 * Connects, and nothing more, to endpoints that refuse them: so it is known within a quarter of a second that a server
 * listens again. All endpoints of a process take turns, so that a few hundred that are down cost no more than fifty
 * connects a second.
 */
import type { EndpointSpec, TcpCheckSpec } from '../core/snapshot.ts';
import type { CheckTools } from './endpoint-check.ts';
import type { Probe } from './probe.ts';
import { probeAddresses } from './probe-addresses.ts';
import type { Cancel } from './scheduler.ts';

/** From one connect to the next one to the same endpoint, at first … */
const EVERY_MS = 250;
/** … and for so long. */
const QUICK_MS = 10_000;
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
  /** From one connect to the next one when it has refused them for long, ms. */
  readonly slowEveryMs: number;
  /** A connect has succeeded. It is watched no longer. */
  onOpen(): void;
}

interface Watched {
  readonly target: BareConnectTarget;
  readonly since: number;
  dueAt: number;
  isUnderWay: boolean;
}

export class BareConnects {
  readonly #tools: Pick<CheckTools, 'clock' | 'scheduler' | 'probes'>;
  readonly #watched = new Map<BareConnectTarget, Watched>();
  #cancel: Cancel | null = null;
  #lastAt = -Infinity;

  constructor(tools: Pick<CheckTools, 'clock' | 'scheduler' | 'probes'>) {
    this.#tools = tools;
  }

  /** Watches it, unless it is watched already. */
  watch(target: BareConnectTarget): void {
    if (this.#watched.has(target)) return;
    const now = this.#tools.clock.now();
    this.#watched.set(target, { target, since: now, dueAt: now + EVERY_MS, isUnderWay: false });
    this.#awaitNext();
  }

  forget(target: BareConnectTarget): void {
    if (this.#watched.delete(target)) this.#awaitNext();
  }

  #awaitNext(): void {
    this.#cancel?.();
    this.#cancel = null;
    const next = this.#next();
    if (next === null) return;
    const { clock, scheduler } = this.#tools;
    const at = Math.max(next.dueAt, this.#lastAt + SPACING_MS);
    this.#cancel = scheduler.after(Math.max(0, at - clock.now()), () => this.#connect(next));
  }

  /** The one that has waited longest. */
  #next(): Watched | null {
    let next: Watched | null = null;
    for (const watched of this.#watched.values()) {
      if (!watched.isUnderWay && (next === null || watched.dueAt < next.dueAt)) next = watched;
    }
    return next;
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
    watched.isUnderWay = true;
    this.#awaitNext();
    const question = { check: CONNECT, port, authority };
    void probeAddresses(probes.tcp as Probe, question, addresses, scheduler, aborted.signal).then(({ outcome }) => {
      if (aborted.signal.aborted) return;
      cancelTimeout();
      aborted.abort();
      if (outcome === 'pass') this.#opened(watched);
      else this.#failed(watched);
    });
  }

  #opened({ target }: Watched): void {
    if (this.#watched.delete(target)) target.onOpen();
  }

  #failed(watched: Watched): void {
    const now = this.#tools.clock.now();
    const isQuick = now - watched.since < QUICK_MS;
    watched.isUnderWay = false;
    watched.dueAt = now + (isQuick ? EVERY_MS : watched.target.slowEveryMs);
    this.#awaitNext();
  }
}
