/**
 * The health of a pool's endpoints, kept per (pool, endpoint): brings together what active checks say, what traffic
 * met, and what is draining, and publishes it to every worker at once through the pool's shared table. Lives in the
 * control plane, the only one that writes health.
 *
 * | state     | when                                            | takes new requests |
 * | --------- | ----------------------------------------------- | ------------------ |
 * | healthy   | none of the below                               | yes                |
 * | unchecked | a check has nothing to ask there                | yes                |
 * | ejected   | too many failures in a row, for a time          | no                 |
 * | trial     | that time is over, one request decides          | that one           |
 * | open      | its circuit breaker is, for a time              | no                 |
 * | probing   | that time is over, a few requests decide        | those              |
 * | unhealthy | one of its checks says so                       | no                 |
 * | draining  | it has left the config, or somebody wants it so | no                 |
 * | maintenance | somebody works on it                          | no                 |
 */
import { isDeepStrictEqual } from 'node:util';
import { evidenceNumber, evidenceOf, isDownBy } from '../core/health/evidence.ts';
import type { BlamedFailure, Evidence, RescueKind, RescueOrder, TrialResult } from '../core/health/evidence.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import { startSlowly } from '../core/shared/slow-windows.ts';
import type { CheckSpec, EndpointSpec, PoolSpec } from '../core/snapshot.ts';
import type { CheckAnswerEvent, CheckTools } from './endpoint-check.ts';
import { EndpointHealth } from './endpoint-health.ts';
import type { EndpointHealthReport, HealthState, Wish, WishOf } from './endpoint-health.ts';
import type { OutagePool, WithheldEjection } from './pool-outages.ts';
import { PoolTraffic } from './pool-traffic.ts';
import { RefusedEndpoints } from './refused-endpoints.ts';

/** An endpoint's state has changed. */
export interface HealthEvent extends EndpointHealthReport {
  readonly pool: string;
  readonly endpoint: string;
  readonly before: HealthState;
}

/** A pool has come to have no endpoint that is healthy, or has one again. */
export interface PanicEvent {
  readonly pool: string;
  readonly phase: 'begin' | 'end';
  /** Endpoints with a weight, those that are healthy among them. */
  readonly endpoints: number;
  readonly healthy: number;
  /** Endpoints that do not refuse connections are tried all the same (`panic: on`). */
  readonly triesAnyway: boolean;
  /** Requests are answered 503 `breaker-open` at once: the breakers of all of them keep them from requests. */
  readonly failsFast: boolean;
}

/** A failure that counts against an endpoint, as a worker reports it. */
export interface ReportedFailure {
  readonly slot: number;
  readonly generation: number;
  readonly failure: BlamedFailure;
  /** The rule that a malformed answer broke, else `''`. */
  readonly detail: string;
}

export interface PoolHealthEvents {
  onChange(event: HealthEvent): void;
  onPanic(event: PanicEvent): void;
  onWithheld(event: WithheldEjection): void;
  /** Attempts are to move off an endpoint: to be told to every worker. */
  onRescue(order: RescueOrder): void;
}

export class PoolHealth {
  readonly #id: string;
  readonly #tools: CheckTools;
  readonly #events: PoolHealthEvents;
  readonly #endpoints = new Map<string, EndpointHealth>();
  /** There since the start of the process, and not eligible so far. */
  readonly #unserved = new Set<EndpointHealth>();
  #spec: PoolSpec;
  #table: PoolTable;
  readonly #traffic: PoolTraffic;
  readonly #refused: RefusedEndpoints;
  /** No endpoint that could be picked is healthy. */
  isPanicking = false;

  constructor(spec: PoolSpec, table: PoolTable, tools: CheckTools, events: PoolHealthEvents) {
    this.#id = spec.id;
    this.#spec = spec;
    this.#table = table;
    this.#tools = tools;
    this.#events = events;
    const pool = this.#asOutagePool();
    this.#traffic = new PoolTraffic(pool, tools);
    this.#refused = new RefusedEndpoints(pool, tools.bareConnects, (endpoint) => this.#opened(endpoint));
  }

  /** What the config says of the pool has changed, or its table. */
  update(spec: PoolSpec, table: PoolTable): void {
    const before = this.#spec;
    this.#spec = spec;
    const hasMoved = table !== this.#table;
    this.#table = table;
    if (hasMoved) this.#traffic.moveToTable();
    this.#traffic.update(before, spec);
    const isRechecked = !isDeepStrictEqual(before.checks, spec.checks) || !isDeepStrictEqual(before.tls, spec.tls);
    for (const endpoint of this.#endpoints.values()) {
      if (isRechecked) this.#startChecks(endpoint);
      if (isRechecked) this.#traffic.checksChanged(endpoint);
      this.#publish(endpoint, 'its checks have changed');
    }
  }

  /** A new endpoint, or one that has moved to another row. */
  add(spec: EndpointSpec, isLate = true): void {
    const known = this.#endpoints.get(spec.id);
    if (known !== undefined) {
      this.#traffic.forget(known);
      known.setEndpoint(spec);
      this.#publish(known, 'moved');
      return;
    }
    const endpoint = new EndpointHealth(spec, this.#tools.clock.wallTime());
    this.#endpoints.set(spec.id, endpoint);
    if (isLate) this.#startSlowly(endpoint);
    else this.#unserved.add(endpoint);
    this.#startChecks(endpoint);
    this.#publish(endpoint, 'not checked yet');
  }

  change(spec: EndpointSpec): void {
    this.#endpoints.get(spec.id)?.setEndpoint(spec);
  }

  /** It drains in its row until nobody counts there any more. */
  remove(id: string, slot: number): void {
    const endpoint = this.#endpoints.get(id);
    if (endpoint?.spec.slot !== slot) return;
    endpoint.stop();
    endpoint.isDraining = true;
    this.#traffic.forget(endpoint);
    this.#publish(endpoint, 'removed from the config');
    this.#endpoints.delete(id);
    this.#unserved.delete(endpoint);
  }

  /** An agent or an operator wants something of an endpoint. Returns false where there is no such endpoint. */
  want(id: string, by: WishOf, wish: Wish, reason: string): boolean {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) return false;
    endpoint.wishes.set(by, wish);
    this.#traffic.checksChanged(endpoint);
    this.#publish(endpoint, reason);
    this.watchPanic();
    return true;
  }

  close(): void {
    this.#traffic.close();
    for (const endpoint of this.#endpoints.values()) {
      endpoint.stop();
      this.#refused.forget(endpoint);
    }
  }

  report(id: string): EndpointHealthReport | null {
    return this.#endpoints.get(id)?.report() ?? null;
  }

  /** To be called when a config has been applied as a whole, and by itself whenever health has changed. */
  watchPanic(): void {
    const all = [...this.#endpoints.values()].filter(
      ({ spec, isDraining, isReady }) => spec.weight > 0 && !isDraining && isReady,
    );
    const healthy = all.filter(({ isUp }) => isUp).length;
    const isPanicking = all.length > 0 && healthy === 0;
    if (isPanicking === this.isPanicking) return;
    this.isPanicking = isPanicking;
    const failsFast = isPanicking && all.every((endpoint) => this.#isBarred(endpoint));
    this.#events.onPanic({
      pool: this.#id,
      phase: isPanicking ? 'begin' : 'end',
      endpoints: all.length,
      healthy,
      triesAnyway: this.#spec.panic && !failsFast,
      failsFast,
    });
  }

  /** Whether its circuit breaker keeps requests from it even in panic. */
  #isBarred({ ejection }: EndpointHealth): boolean {
    return this.#spec.breaker?.failFast === true && ejection?.cause === 'breaker';
  }

  // ——— what traffic met

  /** The first failure after successes, `tookMs` after that attempt began; or another one, refused where the last was not. */
  failed(report: ReportedFailure, isFirst: boolean, tookMs: number): void {
    const endpoint = this.#at(report.slot, report.generation);
    if (endpoint === null) return;
    if (isFirst) endpoint.failingSince = this.#tools.clock.now() - tookMs;
    this.#note(endpoint, report);
    endpoint.suspect();
    this.#publish(endpoint, endpoint.reason);
  }

  recovered(slot: number, generation: number): void {
    const endpoint = this.#at(slot, generation);
    if (endpoint === null) return;
    endpoint.isRefused = false;
    this.#publish(endpoint, endpoint.reason);
  }

  /** Failures in a row have reached their number. `kind` is the strictest of them, the report is about the last. */
  failedInARow(report: ReportedFailure, kind: Evidence): void {
    const endpoint = this.#at(report.slot, report.generation);
    if (endpoint === null) return;
    this.#note(endpoint, report);
    this.#traffic.ejections.failedInARow(endpoint, { kind, isDown: isDownBy(report.failure) }, endpoint.lastFailure);
    this.watchPanic();
  }

  /** Something has failed at an endpoint with a circuit breaker, see {@link PoolTraffic}. */
  breakerFailed(report: ReportedFailure, inARow: Evidence | null): void {
    const endpoint = this.#at(report.slot, report.generation);
    if (endpoint === null) return;
    this.#note(endpoint, report);
    this.#traffic.breakers.failed(endpoint, inARow, isDownBy(report.failure));
    this.watchPanic();
  }

  /** Nothing comes from it while others answer: so many attempts wait, the oldest for so long. */
  silent(slot: number, generation: number, overdue: number, oldestMs: number): void {
    const endpoint = this.#at(slot, generation);
    if (endpoint !== null) this.#traffic.ejections.silent(endpoint, overdue, oldestMs);
  }

  /** The trial request of an endpoint has shown what became of it. */
  trialEnded(report: Pick<ReportedFailure, 'slot' | 'generation'>, number: number, result: TrialResult): void {
    const endpoint = this.#at(report.slot, report.generation);
    if (endpoint !== null) this.#traffic.trialEnded(endpoint, number, result);
  }

  /** A worker's thread is gone. */
  workerGone(worker: number): void {
    this.#traffic.workerGone(worker);
  }

  #note(endpoint: EndpointHealth, { failure, detail }: ReportedFailure): void {
    endpoint.isRefused = failure === 'refused';
    endpoint.lastFailure = detail === '' ? failure : `${failure}: ${detail}`;
    endpoint.lastEvidence = evidenceOf(failure);
  }

  // ———

  #startChecks(endpoint: EndpointHealth): void {
    const checks = this.#tools.checksOf?.(this.#spec) ?? this.#spec.checks;
    endpoint.check(checks, this.#tools, (answer, check) => this.#onAnswer(endpoint, answer, check));
  }

  #onAnswer(endpoint: EndpointHealth, answer: CheckAnswerEvent, check: CheckSpec): void {
    endpoint.isCheckDue = false;
    if (answer.isPass) {
      // A pool whose checks pass is one that is waited for, be it never asked anything else.
      this.#table.held.poolAnswered(this.#tools.clock.wallTime());
      this.#traffic.checkPassed(endpoint, check, answer.beganAt);
    }
    // A check on a port of its own says nothing about connects to the endpoint's.
    if (check.port === 0) endpoint.isRefused = answer.isRefused;
    if (answer.change !== null) this.#traffic.checksChanged(endpoint);
    const hasChanged = this.#publish(endpoint, `${check.kind} check: ${answer.reason}`);
    // One that answers badly may still be finishing what it has.
    if (answer.change?.isHealthy === false && answer.unanswered !== null) this.#moveOff(endpoint, answer.unanswered);
    // It looks at all endpoints, and answers come from each of them.
    if (hasChanged) this.watchPanic();
  }

  /** It refused connects and has taken one. With checks it is theirs to say what that means. */
  #opened(endpoint: EndpointHealth): void {
    const hasChecks = endpoint.expectReturn();
    const isAsked = hasChecks && this.#spec.checks.some(({ port }) => port === 0);
    // Until the check has answered, another connect would only begin it anew.
    endpoint.isCheckDue = isAsked;
    if (!isAsked) endpoint.isRefused = false;
    if (!hasChecks) this.#traffic.tryNow(endpoint);
    this.#publish(endpoint, 'it listens again');
    this.watchPanic();
  }

  /** What is under way there is to go elsewhere. */
  #moveOff(endpoint: EndpointHealth, kind: RescueKind): void {
    const { slot, generation } = endpoint.spec;
    Atomics.store(this.#table.rescue, slot, evidenceNumber(kind));
    this.#events.onRescue({ pool: this.#id, slot, generation, kind });
  }

  /** Publishes the flags to all workers, and a change of state to who listens. Returns whether there is one. */
  #publish(endpoint: EndpointHealth, reason: string): boolean {
    const { flags } = endpoint;
    const { slot, id } = endpoint.spec;
    const startsSlowly = this.#table.health[slot] !== flags && this.#setHealth(endpoint, flags);
    if (this.#table.isEligible(slot)) this.#unserved.delete(endpoint);
    if (this.#table.isEligible(slot) && this.#table.rescue[slot] !== 0) Atomics.store(this.#table.rescue, slot, 0);
    this.#refused.look(endpoint);
    const before = endpoint.state;
    const state = endpoint.currentState();
    if (state === before) return false;
    const words = startsSlowly ? `${reason}: it starts slowly, for ${this.#spec.slowStartMs / 1000} s` : reason;
    endpoint.moveTo(state, this.#tools.clock.wallTime(), words);
    this.#events.onChange({ pool: this.#id, endpoint: id, before, ...endpoint.report() });
    return true;
  }

  /** Returns whether the endpoint starts slowly: it takes requests again, and this is not the start of the process. */
  #setHealth(endpoint: EndpointHealth, flags: number): boolean {
    const { slot } = endpoint.spec;
    const wasOut = !this.#table.isEligible(slot);
    this.#table.setHealth(slot, flags);
    return wasOut && this.#table.isEligible(slot) && !this.#unserved.has(endpoint) && this.#startSlowly(endpoint);
  }

  #startSlowly({ spec }: EndpointHealth): boolean {
    if (this.#spec.slowStartMs === 0) return false;
    startSlowly(this.#table, spec.slot, this.#tools.clock.now());
    return true;
  }

  #at(slot: number, generation: number): EndpointHealth | null {
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint.spec.slot === slot && endpoint.spec.generation === generation) return endpoint;
    }
    return null;
  }

  #asOutagePool(): OutagePool {
    const spec = (): PoolSpec => this.#spec;
    const table = (): PoolTable => this.#table;
    return {
      get spec() {
        return spec();
      },
      get table() {
        return table();
      },
      endpoints: () => this.#endpoints.values(),
      publish: (endpoint, reason) => {
        this.#publish(endpoint, reason);
        this.watchPanic();
      },
      moveOff: (endpoint, kind) => this.#moveOff(endpoint, kind),
      forgetFailures: (endpoint) => this.#traffic.forgetFailures(endpoint),
      onWithheld: (event) => this.#events.onWithheld(event),
    };
  }
}
