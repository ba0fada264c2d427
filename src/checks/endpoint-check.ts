/** One active check of one endpoint: runs it on its schedule and holds what its answers say. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import type { RescueKind } from '../core/health/evidence.ts';
import { jitter, nextDelayMs } from '../core/health/schedule.ts';
import { HealthThreshold } from '../core/health/threshold.ts';
import type { HealthChange } from '../core/health/threshold.ts';
import type { Random } from '../core/random.ts';
import type { CheckSpec, EndpointSpec, PoolSpec } from '../core/snapshot.ts';
import type { AskAgent } from './agent-probe.ts';
import type { BareConnects } from './bare-connects.ts';
import type { Lateness } from './lateness.ts';
import { failed } from './probe.ts';
import type { DecidingResult, Probe, ProbeResult, Probes } from './probe.ts';
import { placesToAsk, probeAddresses } from './probe-addresses.ts';
import type { Cancel, Scheduler } from './scheduler.ts';

/** What all checks of a process share. */
export interface CheckTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly lateness: Lateness;
  readonly bareConnects: BareConnects;
  readonly probes: Probes;
  /** Default: over a connection of its own. */
  readonly askAgent?: AskAgent;
  /** What becomes of the checks of a pool whose requests go over TLS. Default: they are run as they are. */
  readonly checksOf?: (pool: PoolSpec) => readonly CheckSpec[];
}

export interface CheckAnswerEvent {
  readonly isPass: boolean;
  readonly isRefused: boolean;
  readonly unanswered: RescueKind | null;
  /** Clock's ms when the try began. */
  readonly beganAt: number;
  readonly reason: string;
  /** The verdict it changed, null where none. */
  readonly change: HealthChange | null;
}

function isDeciding(result: ProbeResult): result is DecidingResult {
  return result.outcome !== 'void';
}

interface Flight {
  readonly controller: AbortController;
  readonly beganAt: number;
  readonly wasLate: () => boolean;
  readonly cancelTimeout: Cancel;
}

export class EndpointCheck {
  readonly spec: CheckSpec;
  readonly threshold: HealthThreshold;
  /** Clock's ms at which the last try began that passed. */
  passBeganAt = -Infinity;
  readonly #tools: CheckTools;
  readonly #onAnswer: (answer: CheckAnswerEvent) => void;
  #endpoint: EndpointSpec;
  #flight: Flight | null = null;
  #cancelNext: Cancel | null = null;
  #nextAt = 0;
  /** The address that passed last goes first. */
  #preferred = '';

  /** `servesUntried`: see {@link HealthThreshold}. */
  constructor(
    spec: CheckSpec,
    endpoint: EndpointSpec,
    tools: CheckTools,
    onAnswer: (answer: CheckAnswerEvent) => void,
    servesUntried?: boolean,
  ) {
    this.spec = spec;
    this.threshold = new HealthThreshold(spec, servesUntried);
    this.#endpoint = endpoint;
    this.#tools = tools;
    this.#onAnswer = onAnswer;
  }

  /** Checks at once, then on schedule. */
  start(): void {
    this.#run();
  }

  stop(): void {
    this.#cancelNext?.();
    if (this.#flight !== null) this.#land(this.#flight);
  }

  /** What the config says of the endpoint has changed. Where it has other addresses, another server is there: tries at once. */
  setEndpoint(endpoint: EndpointSpec): void {
    const isElsewhere = !isDeepStrictEqual(endpoint.addresses, this.#endpoint.addresses);
    this.#endpoint = endpoint;
    if (isElsewhere) this.#begin();
  }

  /** Traffic met failures: the next try comes within the fast interval. */
  suspect(): void {
    this.threshold.suspect();
    if (this.#flight !== null) return;
    const soon = jitter(this.spec.fastIntervalMs, this.#tools.random);
    if (this.#nextAt - this.#tools.clock.now() > soon) this.#schedule(soon);
  }

  /** It refused connects and listens again: tries at once, and a pass decides alone. */
  expectReturn(): void {
    this.threshold.expectReturn();
    this.#begin();
  }

  /** Whatever is under way says nothing any more. */
  #begin(): void {
    this.#cancelNext?.();
    if (this.#flight !== null) this.#land(this.#flight);
    this.#run();
  }

  #schedule(delayMs: number): void {
    const { clock, scheduler } = this.#tools;
    this.#cancelNext?.();
    this.#nextAt = clock.now() + delayMs;
    this.#cancelNext = scheduler.after(delayMs, () => this.#run());
  }

  #run(): void {
    const { clock, scheduler, lateness, probes } = this.#tools;
    const { spec } = this;
    const { addresses, port } = placesToAsk(this.#endpoint, spec.port);
    const flight: Flight = {
      controller: new AbortController(),
      beganAt: clock.now(),
      wasLate: lateness.begin(),
      cancelTimeout: scheduler.after(spec.timeoutMs, () =>
        this.#finish(flight, failed(`no answer within ${spec.timeoutMs} ms`, 'timeout'), ''),
      ),
    };
    this.#flight = flight;
    const target = { check: spec, port, authority: this.#endpoint.authority };
    const ordered = addresses.toSorted((a, b) => Number(b === this.#preferred) - Number(a === this.#preferred));
    // That of the check's own kind, which the compiler does not see.
    const probe = probes[spec.kind] as Probe;
    void probeAddresses(probe, target, ordered, scheduler, flight.controller.signal).then((result) =>
      this.#finish(flight, result, result.address),
    );
  }

  #finish(flight: Flight, result: ProbeResult, address: string): void {
    if (this.#flight !== flight) return;
    const elapsedMs = this.#tools.clock.now() - flight.beganAt;
    if (this.#land(flight)) {
      // We were late ourselves: this try says nothing.
      this.#schedule(0);
      return;
    }
    if (!isDeciding(result)) {
      this.#schedule(jitter(this.spec.fastIntervalMs, this.#tools.random));
      return;
    }
    this.#record(judgeLatency(result, elapsedMs, this.spec.maxLatencyMs), flight.beganAt, address);
  }

  #record(result: DecidingResult, beganAt: number, address: string): void {
    const isPass = result.outcome === 'pass';
    if (isPass) {
      this.#preferred = address;
      this.passBeganAt = beganAt;
    }
    const { outcome, reason, isRefused, unanswered } = result;
    const change = this.threshold.record(outcome, this.#tools.clock.wallTime(), reason);
    this.#schedule(nextDelayMs(this.spec, this.threshold, this.#tools.random));
    this.#onAnswer({ isPass, isRefused, unanswered, beganAt, reason, change });
  }

  /** Ends a try. True when this thread was late in it. */
  #land(flight: Flight): boolean {
    this.#flight = null;
    flight.cancelTimeout();
    flight.controller.abort();
    return flight.wasLate();
  }
}

function judgeLatency(result: DecidingResult, elapsedMs: number, maxLatencyMs: number): DecidingResult {
  const took = `in ${Math.round(elapsedMs)} ms`;
  if (result.outcome !== 'pass') return result;
  if (maxLatencyMs > 0 && elapsedMs > maxLatencyMs)
    return failed(`${result.reason} ${took}, allowed are ${maxLatencyMs}`);
  return { ...result, reason: `${result.reason} ${took}` };
}
