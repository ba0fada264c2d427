/**
 * The health of a pool's endpoints, kept per (pool, endpoint): brings together what active checks say, what traffic
 * met, and what is draining, and publishes it to every worker at once through the pool's shared table. Lives in the
 * control plane, the only one that writes health.
 *
 * | state     | when                                            | takes new requests |
 * | --------- | ----------------------------------------------- | ------------------ |
 * | healthy   | none of the below                               | yes                |
 * | ejected   | too many failures in a row, for a time          | no                 |
 * | unhealthy | one of its checks says so                       | no                 |
 * | draining  | it has left the config                          | no                 |
 */
import { isDeepStrictEqual } from 'node:util';
import { clearFailures } from '../core/health/consecutive-failures.ts';
import { evidenceNumber } from '../core/health/evidence.ts';
import type { RescueKind, RescueOrder } from '../core/health/evidence.ts';
import { OutlierDetector } from '../core/health/outlier-detector.ts';
import type { EjectionPool } from '../core/health/outlier-detector.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { CheckSpec, EndpointSpec, PoolSpec } from '../core/snapshot.ts';
import type { CheckAnswerEvent, CheckTools } from './endpoint-check.ts';
import { EndpointHealth } from './endpoint-health.ts';
import type { EndpointHealthReport, HealthState } from './endpoint-health.ts';
import type { Cancel } from './scheduler.ts';

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
}

export interface PoolHealthEvents {
  onChange(event: HealthEvent): void;
  onPanic(event: PanicEvent): void;
  /** Attempts are to move off an endpoint: to be told to every worker. */
  onRescue(order: RescueOrder): void;
}

export class PoolHealth {
  readonly #id: string;
  readonly #tools: CheckTools;
  readonly #events: PoolHealthEvents;
  readonly #endpoints = new Map<string, EndpointHealth>();
  #spec: PoolSpec;
  #table: PoolTable;
  #detector: OutlierDetector;
  #cancelReturn: Cancel | null = null;
  /** No endpoint that could be picked is healthy. */
  isPanicking = false;

  constructor(spec: PoolSpec, table: PoolTable, tools: CheckTools, events: PoolHealthEvents) {
    this.#id = spec.id;
    this.#spec = spec;
    this.#table = table;
    this.#tools = tools;
    this.#events = events;
    this.#detector = this.#createDetector();
  }

  /** What the config says of the pool has changed, or its table. */
  update(spec: PoolSpec, table: PoolTable): void {
    const before = this.#spec;
    this.#spec = spec;
    this.#table = table;
    if (!isDeepStrictEqual(before.ejection, spec.ejection)) this.#restartDetector();
    const isRechecked = !isDeepStrictEqual(before.checks, spec.checks);
    for (const endpoint of this.#endpoints.values()) {
      if (isRechecked) this.#startChecks(endpoint);
      this.#publish(endpoint, 'its checks have changed');
    }
  }

  /** A new endpoint, or one that has moved to another row. */
  add(spec: EndpointSpec): void {
    const known = this.#endpoints.get(spec.id);
    if (known !== undefined) {
      this.#detector.forget(known.spec.slot);
      known.isEjected = false;
      known.setEndpoint(spec);
      this.#publish(known, 'moved');
      return;
    }
    const endpoint = new EndpointHealth(spec, this.#tools.clock.wallTime());
    this.#endpoints.set(spec.id, endpoint);
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
    this.#detector.forget(slot);
    this.#publish(endpoint, 'removed from the config');
    this.#endpoints.delete(id);
  }

  close(): void {
    this.#cancelReturn?.();
    for (const endpoint of this.#endpoints.values()) endpoint.stop();
  }

  report(id: string): EndpointHealthReport | null {
    return this.#endpoints.get(id)?.report() ?? null;
  }

  /** To be called when a config has been applied as a whole, and by itself whenever health has changed. */
  watchPanic(): void {
    const all = [...this.#endpoints.values()].filter(({ spec, isDraining }) => spec.weight > 0 && !isDraining);
    const healthy = all.filter((endpoint) => endpoint.currentState() === 'healthy').length;
    const isPanicking = all.length > 0 && healthy === 0;
    if (isPanicking === this.isPanicking) return;
    this.isPanicking = isPanicking;
    this.#events.onPanic({
      pool: this.#id,
      phase: isPanicking ? 'begin' : 'end',
      endpoints: all.length,
      healthy,
      triesAnyway: this.#spec.panic,
    });
  }

  // ——— what traffic met

  /** The first failure after successes, or a refused connect. */
  failed(slot: number, generation: number, kind: string): void {
    const endpoint = this.#at(slot, generation);
    if (endpoint === null) return;
    endpoint.isRefused = kind === 'refused';
    endpoint.lastFailure = kind;
    endpoint.suspect();
    this.#publish(endpoint, endpoint.reason);
  }

  recovered(slot: number, generation: number): void {
    const endpoint = this.#at(slot, generation);
    if (endpoint === null) return;
    endpoint.isRefused = false;
    this.#publish(endpoint, endpoint.reason);
  }

  /** Too many failures in a row: ejected, unless too many are out already. */
  failedInARow(slot: number, generation: number, kind: string): void {
    const endpoint = this.#at(slot, generation);
    if (endpoint === null) return;
    endpoint.lastFailure = kind;
    const verdict = this.#detector.consider(slot, this.#tools.clock.now());
    if (!verdict.isEjected) return;
    endpoint.isEjected = true;
    endpoint.ejectedUntil = this.#tools.clock.wallTime() + verdict.ejection.durationMs;
    endpoint.suspect();
    const { failures } = this.#spec.ejection;
    const seconds = Math.round(verdict.ejection.durationMs / 1000);
    this.#publish(endpoint, `${failures} failures in a row (${kind}): out for ${seconds} s`);
    this.watchPanic();
    this.#awaitReturn();
  }

  // ———

  #startChecks(endpoint: EndpointHealth): void {
    endpoint.check(this.#spec.checks, this.#tools, (answer, check) => this.#onAnswer(endpoint, answer, check));
  }

  #onAnswer(endpoint: EndpointHealth, answer: CheckAnswerEvent, check: CheckSpec): void {
    if (answer.isPass) this.#endEjection(endpoint, answer.beganAt);
    // A check on a port of its own says nothing about connects to the endpoint's.
    if (check.port === 0) endpoint.isRefused = answer.isRefused;
    this.#publish(endpoint, `${check.kind} check: ${answer.reason}`);
    // One that answers badly may still be finishing what it has.
    if (answer.change?.isHealthy === false && answer.unanswered !== null) this.#moveOff(endpoint, answer.unanswered);
    this.watchPanic();
  }

  /** A check that began after the ejection has passed. */
  #endEjection(endpoint: EndpointHealth, beganAt: number): void {
    const { slot } = endpoint.spec;
    const ejection = this.#detector.ejections.find((one) => one.slot === slot);
    if (ejection === undefined || beganAt < ejection.at || !endpoint.isPassing) return;
    this.#detector.passed(slot, this.#tools.clock.now());
    this.#returned(endpoint);
  }

  #awaitReturn(): void {
    this.#cancelReturn?.();
    const { clock, scheduler } = this.#tools;
    const { nextDueAt } = this.#detector;
    if (nextDueAt === Infinity) return;
    this.#cancelReturn = scheduler.after(Math.max(0, nextDueAt - clock.now()), () => this.#bringBack());
  }

  #bringBack(): void {
    for (const { slot } of this.#detector.due(this.#tools.clock.now())) {
      for (const endpoint of this.#endpoints.values()) {
        if (endpoint.spec.slot !== slot) continue;
        this.#returned(endpoint);
        this.#publish(endpoint, 'its ejection is over');
      }
    }
    this.watchPanic();
    this.#awaitReturn();
  }

  #returned(endpoint: EndpointHealth): void {
    endpoint.isEjected = false;
    endpoint.ejectedUntil = null;
    endpoint.isRefused = false;
    clearFailures(this.#table, endpoint.spec.slot);
  }

  /** What is under way there is to go elsewhere. */
  #moveOff(endpoint: EndpointHealth, kind: RescueKind): void {
    const { slot, generation } = endpoint.spec;
    Atomics.store(this.#table.rescue, slot, evidenceNumber(kind));
    this.#events.onRescue({ pool: this.#id, slot, generation, kind });
  }

  /** Publishes the flags to all workers, and a change of state to who listens. */
  #publish(endpoint: EndpointHealth, reason: string): void {
    const { flags } = endpoint;
    const { slot, id } = endpoint.spec;
    if (this.#table.health[slot] !== flags) this.#table.setHealth(slot, flags);
    if (this.#table.isEligible(slot) && this.#table.rescue[slot] !== 0) Atomics.store(this.#table.rescue, slot, 0);
    const before = endpoint.state;
    const state = endpoint.currentState();
    if (state === before) return;
    endpoint.moveTo(state, this.#tools.clock.wallTime(), reason);
    this.#events.onChange({ pool: this.#id, endpoint: id, before, ...endpoint.report() });
  }

  #at(slot: number, generation: number): EndpointHealth | null {
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint.spec.slot === slot && endpoint.spec.generation === generation) return endpoint;
    }
    return null;
  }

  #createDetector(): OutlierDetector {
    const endpoints = this.#endpoints;
    const isEligible = (slot: number): boolean => this.#table.isEligible(slot);
    const pool: EjectionPool = {
      get size() {
        return endpoints.size;
      },
      get eligibleCount() {
        return [...endpoints.values()].filter(({ spec }) => isEligible(spec.slot)).length;
      },
      isEligible,
    };
    return new OutlierDetector(this.#spec.ejection, pool, this.#tools.random);
  }

  /** With other rules nobody stays out by the old ones. */
  #restartDetector(): void {
    this.#cancelReturn?.();
    for (const endpoint of this.#endpoints.values()) {
      endpoint.isEjected = false;
      endpoint.ejectedUntil = null;
    }
    this.#detector = this.#createDetector();
  }
}
