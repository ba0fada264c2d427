/**
 * How a mock server treats requests at the moment. Its owner switches it at run time, or a request to `/control` does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../core/random.ts';

/**
 * - `ok`: answers.
 * - `fail`: answers 503 to everything, checks included.
 * - `hang`: takes connections and never answers, as a frozen process does. What hangs is answered when the mode
 *   changes.
 * - `reset`: resets the connection instead of answering.
 */
export type BackendMode = (typeof BACKEND_MODES)[number];
export const BACKEND_MODES = ['ok', 'fail', 'hang', 'reset'] as const;

/** What happens to one request. */
export type Verdict = 'serve' | 'fail' | 'reset';

export interface BehaviourSettings {
  readonly latencyMs: number;
  readonly errorRate: number;
  readonly random: Random;
}

export class Behaviour {
  #mode: BackendMode = 'ok';
  #latencyMs: number;
  #errorRate: number;
  readonly #random: Random;
  #modeChange = Promise.withResolvers<undefined>();

  constructor({ latencyMs, errorRate, random }: BehaviourSettings) {
    this.#latencyMs = checkedLatency(latencyMs);
    this.#errorRate = checkedRate(errorRate);
    this.#random = random;
  }

  get mode(): BackendMode {
    return this.#mode;
  }

  set mode(mode: BackendMode) {
    this.#mode = mode;
    this.#modeChange.resolve(undefined);
    this.#modeChange = Promise.withResolvers();
  }

  /** Milliseconds before every answer. */
  get latencyMs(): number {
    return this.#latencyMs;
  }

  /** Throws a RangeError if it is not a time. */
  set latencyMs(latencyMs: number) {
    this.#latencyMs = checkedLatency(latencyMs);
  }

  /** Share of requests that get 503, 0 to 1. Checks are left out, so that a server can be flaky and yet pass them. */
  get errorRate(): number {
    return this.#errorRate;
  }

  /** Throws a RangeError if it is not a share. */
  set errorRate(errorRate: number) {
    this.#errorRate = checkedRate(errorRate);
  }

  /** Waits as long as a request has to wait, and says what becomes of it. Rejects when `signal` aborts. */
  async admit(isCheck: boolean, signal: AbortSignal): Promise<Verdict> {
    if (this.#latencyMs > 0) await delay(this.#latencyMs, undefined, { signal });
    while (this.#mode === 'hang') await unlessAborted(this.#modeChange.promise, signal);
    if (this.#mode !== 'ok') return this.#mode;
    return !isCheck && this.#random.next() < this.#errorRate ? 'fail' : 'serve';
  }
}

function checkedLatency(latencyMs: number): number {
  if (latencyMs >= 0 && latencyMs < 2 ** 31) return latencyMs;
  throw new RangeError(`a latency is 0 or more milliseconds, not ${latencyMs}`);
}

function checkedRate(errorRate: number): number {
  if (errorRate >= 0 && errorRate <= 1) return errorRate;
  throw new RangeError(`an error rate is between 0 and 1, not ${errorRate}`);
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
