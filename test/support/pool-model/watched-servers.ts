/** The servers of a run, by script, and what they see and do told to the reference. */
import assert from 'node:assert/strict';
import type { EndpointAnswer, EndpointRequest, TestEndpoint } from '../../../src/testing/test-endpoint.ts';
import { ReferenceEndpoint } from './reference-endpoint.ts';
import type { State } from './reference-endpoint.ts';
import type { ReferencePool } from './reference-pool.ts';

export const RESPONSE_HEAD_MS = 4000;
/** A trial without a first byte has failed by then, and the timer wheel is late by a tick. */
const TRIAL_MS = RESPONSE_HEAD_MS / 4;
const TICK_MS = 60;
/** Of one GET: three attempts, one in place of a kept connection that had ended, one rescue. */
const MOST_ARRIVALS = 5;
const FAST_MS = 20;
const SLOW_MS = 700;

export type Mode = 'ok' | 'slow' | '503' | 'reset' | 'reset-in-body' | 'hang';

interface Attempt {
  readonly at: number;
  readonly id: string;
  readonly method: string;
  readonly endpoint: ReferenceEndpoint;
  /** Its connection had carried others. */
  readonly isReused: boolean;
  readonly connection: object;
  isTrial: boolean;
  /** It may be its trial, or none: whether its request has failed elsewhere is not known for sure. */
  isUnsure: boolean;
  /** What has been done to it from outside. */
  cause: 'none' | 'killed' | 'left';
}

export interface WatchedServersOptions {
  readonly reference: ReferencePool;
  readonly servers: readonly TestEndpoint[];
  /** Whether a reset of a POST counts is what each thread knows for itself: with several it is avoided. */
  readonly isOneThread: boolean;
  now(): number;
  /** When the request with this id was sent. */
  sentAt(id: string): number;
}

export class WatchedServers {
  readonly #options: WatchedServersOptions;
  readonly #servers: ReadonlyMap<string, TestEndpoint>;
  readonly #modes = new Map<string, Mode>();
  /** Under way, by connection. */
  readonly #attempts = new Map<object, Attempt>();
  readonly #carried = new WeakMap<object, number>();
  readonly #arrivals = new Map<string, number>();
  /** Connects whose refusal is on its way. */
  /** When a connect was refused last: its request goes on elsewhere at once. */
  #refusedAt = -1;
  readonly #refusing = new Map<string, { endpoint: ReferenceEndpoint; hasTrial: boolean; at: number }[]>();
  readonly #timedOutAt = new Map<string, number>();
  #isThreadEnding = false;
  /** The first that was wrong. */
  broken: Error | null = null;

  constructor(options: WatchedServersOptions) {
    this.#options = options;
    this.#servers = new Map(options.servers.map((server) => [server.id, server]));
    for (const server of options.servers) this.#watch(server);
  }

  at(id: string): TestEndpoint {
    return this.#servers.get(id) as TestEndpoint;
  }

  behave(id: string, mode: Mode): void {
    this.#modes.set(id, mode);
  }

  kill(id: string): void {
    const { isOneThread } = this.#options;
    const here = [...this.#attempts.values()].filter(({ endpoint }) => endpoint.id === id);
    if (!isOneThread && here.some(({ method, isReused }) => method === 'POST' && !isReused)) return;
    for (const attempt of here) if (attempt.cause === 'none') attempt.cause = 'killed';
    this.at(id).kill();
  }

  left(client: string): void {
    for (const attempt of this.#attempts.values()) if (attempt.id === client) attempt.cause = 'left';
  }

  /** `end` ends a thread: what it had under way says nothing. */
  endThread<T>(end: () => T): T {
    this.#isThreadEnding = true;
    const ended = end();
    this.#isThreadEnding = false;
    return ended;
  }

  /** A trial without a first byte has failed between a quarter of `responseHead` and a tick later. */
  judgeTrials(seen: ReadonlyMap<string, State>): void {
    for (const attempt of this.#attempts.values()) {
      const isCertain = this.#now - attempt.at > TRIAL_MS + TICK_MS;
      if (isCertain || seen.get(attempt.endpoint.id) === 'ejected') this.#judgeTrial(attempt);
    }
  }

  #judgeTrial(attempt: Attempt): void {
    const { endpoint, at } = attempt;
    if (!isTrial(attempt) || endpoint.isRemoved || this.#now - at < TRIAL_MS) return;
    attempt.isTrial = false;
    endpoint.trialFailed('silent', false, Math.min(this.#now, at + TRIAL_MS + TICK_MS / 2));
  }

  get #now(): number {
    return this.#options.now();
  }

  // ——— what they see

  #watch(server: TestEndpoint): void {
    const { id } = server;
    const take = server.take.bind(server);
    const requested = server.requested.bind(server);
    const gone = server.gone.bind(server);
    const answerCheck = server.answerCheck.bind(server);
    const arriving: { attempt: Attempt | null } = { attempt: null };
    server.take = (open) => {
      if (server.connects === 'refuse') this.#noting(() => this.#onRefusing(id));
      take(open);
    };
    server.requested = (request, connection) => {
      arriving.attempt = null;
      this.#noting(() => (arriving.attempt = this.#onArrival(id, request, connection)));
      requested(request, connection);
    };
    server.gone = (connection) => {
      gone(connection);
      this.#noting(() => (this.#carried.has(connection) ? this.#onGone(connection) : this.#onRefused(id)));
    };
    server.answerCheck = (kind) => {
      const result = answerCheck(kind);
      this.#onCheck(id, kind, result?.outcome === 'pass');
      return result;
    };
    server.respond(() => (arriving.attempt === null ? {} : this.#answer(arriving.attempt)));
  }

  /** What is thrown within Fairlead is kept for later. */
  #noting(note: () => unknown): void {
    try {
      note();
    } catch (error) {
      this.broken ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  /** `tcp`: a bare connect to one that has refused connects. */
  #onCheck(id: string, kind: string, isPass: boolean): void {
    const { reference } = this.#options;
    const endpoint = reference.endpoints.get(id);
    if (endpoint === undefined) return;
    if (kind !== 'tcp') reference.checked(endpoint, isPass, this.#now);
    else if (isPass) endpoint.opened(this.#now);
  }

  readonly #refuses = (id: string): boolean => this.at(id).connects === 'refuse';

  /** A connect that is about to be refused. */
  #onRefusing(id: string): void {
    const { reference } = this.#options;
    const endpoint = reference.endpoints.get(id) ?? gone(id);
    const hasTrial = reference.attempted(endpoint, 'fit', this.#refuses, this.#now);
    const refusing = this.#refusing.get(id) ?? [];
    this.#refusing.set(id, refusing);
    refusing.push({ endpoint, hasTrial, at: this.#now });
  }

  #onRefused(id: string): void {
    const refused = this.#refusing.get(id)?.shift();
    this.#refusedAt = this.#now;
    if (refused === undefined || refused.endpoint.isRemoved || this.#isThreadEnding) return;
    const { endpoint, hasTrial, at } = refused;
    this.#options.reference.failed(endpoint, 'connect', true, at, this.#now);
    if (hasTrial) endpoint.trialFailed('connect', true, this.#now);
  }

  #onArrival(server: string, { method, headers }: EndpointRequest, connection: object): Attempt {
    const { reference } = this.#options;
    const id = headers['x-id'];
    const endpoint = reference.endpoints.get(server) ?? gone(server);
    const times = this.#arrivals.get(id) ?? 0;
    const hasFailed = times > 0 || this.#refusedAt === this.#now;
    const fitness = hasFailed ? 'failed' : method === 'GET' ? 'fit' : 'late';
    const isUnsure = hasFailed && endpoint.possible(this.#now).includes('trial');
    const hasTrial = reference.attempted(endpoint, fitness, this.#refuses, this.#now);
    this.#arrivals.set(id, times + 1);
    assert.ok(times < (method === 'POST' ? 1 : MOST_ARRIVALS), `${method} ${id} came ${times + 1} times`);
    const carried = this.#carried.get(connection) ?? 0;
    this.#carried.set(connection, carried + 1);
    const at = this.#now;
    const attempt: Attempt = {
      ...{ at, id, method, endpoint, connection },
      isReused: carried > 0,
      isTrial: hasTrial,
      isUnsure,
      cause: 'none',
    };
    this.#attempts.set(connection, attempt);
    return attempt;
  }

  // ——— what they do

  /** What that means is noted when it is done. */
  #answer(attempt: Attempt): EndpointAnswer {
    const mode = this.#modeFor(attempt, this.#modes.get(attempt.endpoint.id) ?? 'ok');
    // No two at the same moment.
    const afterMs = (mode === 'slow' ? SLOW_MS : FAST_MS) + (Number(attempt.id) % 97) / 10;
    const ending = mode === 'hang' ? 'never' : mode === 'reset' || mode === 'reset-in-body' ? mode : 'whole';
    const note = (): number => {
      this.#noting(() => this.#onAnswered(attempt, mode));
      return mode === '503' ? 503 : 200;
    };
    return {
      afterMs,
      ending,
      body: 'x'.repeat(100),
      get status() {
        return note();
      },
    };
  }

  /** A trial that passes by its head and fails in its body would do both at the same moment. */
  #modeFor({ method, isReused, isTrial: hasTrial }: Attempt, mode: Mode): Mode {
    const isReset = mode === 'reset' || mode === 'reset-in-body';
    if (isReset && method === 'POST' && !isReused && !this.#options.isOneThread) return '503';
    return mode === 'reset-in-body' && (hasTrial || method === 'POST') ? 'reset' : mode;
  }

  #onAnswered(attempt: Attempt, mode: Mode): void {
    if (mode === 'hang') return;
    const { endpoint } = attempt;
    const { reference } = this.#options;
    this.#attempts.delete(attempt.connection);
    if (attempt.cause === 'left' || endpoint.isRemoved) return;
    if (mode === 'ok' || mode === 'slow') {
      if (isTrial(attempt)) endpoint.returned(this.#now);
      else if (attempt.isUnsure) reference.doubt(endpoint, 'healthy', () => endpoint.returned(this.#now));
      endpoint.succeeded(attempt.method);
    } else this.#fails(attempt, mode === '503' ? 'status' : 'reset', mode === 'reset-in-body');
  }

  #onGone(connection: object): void {
    const attempt = this.#attempts.get(connection);
    if (attempt === undefined) return;
    this.#attempts.delete(connection);
    const { endpoint, cause, id } = attempt;
    if (endpoint.isRemoved) return;
    // It has moved on from there because of that.
    this.#judgeTrial(attempt);
    const isOverdue = this.#now >= this.#options.sentAt(id) + RESPONSE_HEAD_MS;
    if (this.#isThreadEnding) {
      if (isTrial(attempt)) endpoint.offer(this.#now);
    } else if (cause === 'killed') this.#fails(attempt, 'reset', false);
    else if (cause === 'none' && isOverdue && this.#isBlamed(attempt)) this.#fails(attempt, 'timeout', true);
    else if (isTrial(attempt)) endpoint.trialVoid(this.#now);
  }

  /** It is a failure, unless it is the normal end of a kept connection, or what a server may do to such a method. */
  #fails(attempt: Attempt, kind: 'status' | 'reset' | 'timeout', hasAnswered: boolean): void {
    const { endpoint, method, isReused } = attempt;
    const isEvidence = kind !== 'reset' || (endpoint.isEvidence(method) && (!isReused || hasAnswered));
    if (!isEvidence) {
      if (isTrial(attempt)) endpoint.trialVoid(this.#now);
      return;
    }
    this.#options.reference.failed(endpoint, kind, false, attempt.at, this.#now);
    const { reference } = this.#options;
    const now = this.#now;
    if (isTrial(attempt)) endpoint.trialFailed(kind, false, now);
    else if (attempt.isUnsure) reference.doubt(endpoint, 'ejected', () => endpoint.trialFailed(kind, false, now));
  }

  /** Of two at once the first is to blame for the time. */
  #isBlamed({ id, at }: Attempt): boolean {
    const hasOlder = [...this.#attempts.values()].some((other) => other.id === id && other.at < at);
    const isKnown = this.#timedOutAt.get(id) === this.#now;
    if (!hasOlder) this.#timedOutAt.set(id, this.#now);
    return !hasOlder && !isKnown;
  }
}

function isTrial(attempt: Attempt): boolean {
  return attempt.isTrial && attempt.endpoint.isTrying;
}

/** One that is not in the config any more. */
function gone(id: string): ReferenceEndpoint {
  const endpoint = new ReferenceEndpoint(id, false);
  endpoint.isRemoved = true;
  return endpoint;
}
