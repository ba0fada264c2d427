/** `rateLimit`: the limits of rate of a route. A request passes where none of them refuses it. */
import { FAULTS, WOULD_LIMIT } from '../../core/errors.ts';
import { RATE_ADMITTED, RATE_REFUSED, RATE_WAITED, RATE_WOULD_LIMIT } from '../../core/limits/gcra-table.ts';
import type { OutgoingRequest } from '../../http/outgoing.ts';
import type { ExchangeRecord } from '../../http/record.ts';
import { limitKeys } from '../../http/request-key.ts';
import type { CreateStep } from '../../http/steps/route-steps.ts';
import type { StepHost } from '../../http/steps/step-host.ts';
import { LATER, PASS } from '../../http/steps/step.ts';
import type { Decision, RequestView, ResponseView, Step } from '../../http/steps/step.ts';
import { RateLimit } from './rate-limit.ts';
import { limitLines } from './limit-lines.ts';
import { Pauses } from './pauses.ts';

class RateLimits implements Step {
  readonly name = 'rate-limit';
  protected readonly limits: readonly RateLimit[];
  protected readonly host: StepHost;
  readonly #pauses: Pauses;

  constructor(limits: readonly RateLimit[], host: StepHost) {
    this.limits = limits;
    this.host = host;
    this.#pauses = new Pauses(host.wheel);
  }

  onRequest(view: RequestView): Decision {
    const keys = this.keysOf(view.request, view.record);
    // Who is refused by one of several has not used up the others.
    const refusing = this.limits.length === 1 ? null : this.#refusing(keys);
    if (refusing !== null) return this.#refuse(view, refusing, keys);
    let pauseMs = 0;
    for (let index = 0; index < this.limits.length; index++) {
      const limit = this.limits[index];
      const [first, second] = [keys[2 * index], keys[2 * index + 1]];
      if (first === 0) continue;
      const { table, spec } = limit;
      const early = table.take(first, second, spec.cost, this.host.clock);
      if (early > table.pace.wait) {
        if (!spec.dryRun) return this.#refuse(view, limit, keys);
        table.count(RATE_WOULD_LIMIT);
        view.remark(WOULD_LIMIT);
        continue;
      }
      table.count(RATE_ADMITTED);
      if (early <= 0 || spec.dryRun) continue;
      table.count(RATE_WAITED);
      pauseMs = Math.max(pauseMs, early / table.pace.ticksPerMs);
    }
    if (pauseMs === 0) return PASS;
    this.#pauses.begin(view, pauseMs);
    return LATER;
  }

  cancel(record: ExchangeRecord): void {
    this.#pauses.cancel(record);
  }

  /** Kept with the head that the client repeats. */
  protected keysOf(request: OutgoingRequest, record: ExchangeRecord): Int32Array {
    return (request.limitKeys ??= limitKeys(this.limits, request, record));
  }

  #refusing(keys: Int32Array): RateLimit | null {
    for (let index = 0; index < this.limits.length; index++) {
      const limit = this.limits[index];
      if (keys[2 * index] === 0 || limit.spec.dryRun) continue;
      if (limit.refuses(keys[2 * index], keys[2 * index + 1], this.host.clock)) return limit;
    }
    return null;
  }

  #refuse(view: RequestView, limit: RateLimit, keys: Int32Array): Decision {
    limit.table.count(RATE_REFUSED);
    const at = 2 * this.limits.indexOf(limit);
    const now = this.host.clock.now();
    const seconds = limit.retryAfter(keys[at], keys[at + 1], now);
    const told = limitLines(this.limits, keys, now, ({ spec }) => spec.headers !== 'off');
    return view.refuse(FAULTS.rateLimited, `Retry-After: ${seconds}\r\n${told}`);
  }
}

/** Some of the limits are told with every answer. */
class ToldRateLimits extends RateLimits {
  onResponse(view: ResponseView): void {
    // Who is refused has been told.
    if (view.response.isOurs && view.response.status === FAULTS.rateLimited.status) return;
    const keys = this.keysOf(view.request, view.record);
    view.addLines(limitLines(this.limits, keys, this.host.clock.now(), ({ spec }) => spec.headers === 'always'));
  }
}

export const createRateLimits: CreateStep = ({ rateLimit = [] }, host) => {
  const tables = host.snapshot?.limits;
  if (tables === undefined) throw new Error('limits without tables');
  const limits = rateLimit.map((spec) => new RateLimit(spec, tables, host.worker));
  const isTold = rateLimit.some(({ headers }) => headers === 'always');
  return isTold ? new ToldRateLimits(limits, host) : new RateLimits(limits, host);
};
