/**
 * What one thread tells of silent endpoints, ten times a second: counted are attempts whose request has gone out whole,
 * or that are still connecting. Exchanges are looked at only while an endpoint has been quiet for as long as the shortest
 * time of its routes. Time in which this thread stood still does not count for its attempts.
 */
import type { RouteTable } from '../../core/shared/route-table.ts';
import type { Attempt } from '../../http/attempt.ts';
import type { Exchange } from '../../http/exchange/exchange.ts';
import { AWAITING, CONNECTING } from '../../http/exchange/states.ts';
import type { OutgoingRequest } from '../../http/outgoing.ts';
import type { HttpEndpoint, HttpPool } from '../../http/stream.ts';

export const PULSE_MS = 100;
const LATE_MS = 50;
/** Times that this thread stood still are remembered so many. */
const MOST_STALLS = 32;

export interface SilencePulseOptions {
  now(): number;
  routeTable(): RouteTable;
  pools(): Iterable<HttpPool>;
  visitExchanges(visit: (exchange: Exchange) => void): void;
}

interface Overdue {
  /** A byte has last come from the endpoint: what was sent before may take long by itself. */
  readonly heardAt: number;
  /** Sent after that. */
  count: number;
  countInAll: number;
  /** When the oldest of those that count was sent. */
  sentAt: number;
}

export class SilencePulse {
  readonly #options: SilencePulseOptions;
  readonly #stalls: { readonly at: number; readonly ms: number }[] = [];
  #beatAt = -Infinity;

  constructor(options: SilencePulseOptions) {
    this.#options = options;
  }

  beat(): void {
    const now = this.#options.now();
    const isLate = this.#noticeStall(now);
    const quiet = new Map<HttpEndpoint, Overdue>();
    for (const pool of this.#options.pools()) {
      const leastMs = pool.isSilenceWatched ? pool.table.leastSilence[0] : 0;
      if (leastMs === 0) continue;
      for (const endpoint of pool.endpoints) {
        if (pool.table.ownInFlight(endpoint.slot) > 0 && now - endpoint.heardAt >= leastMs)
          quiet.set(endpoint, { heardAt: heardAnywhereAt(pool, endpoint, now), count: 0, countInAll: 0, sentAt: now });
      }
    }
    // What has arrived while this thread stood still has yet to be taken note of.
    if (quiet.size > 0 && !isLate) this.#options.visitExchanges((exchange) => this.#count(exchange, quiet, now));
    for (const pool of this.#options.pools()) if (pool.isSilenceWatched) publish(pool, quiet, now);
  }

  /** How much of the time since then, ms, this thread did not stand still. A stall that no heartbeat has met yet counts too. */
  ranMs(since: number, now: number): number {
    const lateMs = now - this.#beatAt - PULSE_MS;
    return this.#ageOf(since, now) - (lateMs > LATE_MS && lateMs < Infinity ? Math.min(lateMs, now - since) : 0);
  }

  #noticeStall(now: number): boolean {
    const lateMs = now - this.#beatAt - PULSE_MS;
    const isLate = lateMs > LATE_MS && this.#beatAt !== -Infinity;
    this.#beatAt = now;
    if (!isLate) return false;
    this.#stalls.push({ at: now, ms: lateMs });
    if (this.#stalls.length > MOST_STALLS) this.#stalls.shift();
    return true;
  }

  #count(exchange: Exchange, quiet: ReadonlyMap<HttpEndpoint, Overdue>, now: number): void {
    const { attempt, rival } = exchange;
    if (attempt !== null) this.#countAttempt(exchange, attempt, quiet, now);
    if (rival !== null) this.#countAttempt(exchange, rival, quiet, now);
  }

  #countAttempt(exchange: Exchange, attempt: Attempt, quiet: ReadonlyMap<HttpEndpoint, Overdue>, now: number): void {
    const overdue = attempt.endpoint === null ? undefined : quiet.get(attempt.endpoint);
    if (overdue === undefined) return;
    const sentAt = sentWhole(exchange, attempt);
    const limitMs = this.#options.routeTable().silence[(exchange.request as OutgoingRequest).route.spec.slot];
    if (sentAt === null || limitMs === 0 || this.#ageOf(sentAt, now) < limitMs) return;
    overdue.countInAll++;
    if (sentAt < overdue.heardAt) return;
    overdue.count++;
    overdue.sentAt = Math.min(overdue.sentAt, sentAt);
  }

  #ageOf(sentAt: number, now: number): number {
    let age = now - sentAt;
    // The latest first: mostly there is none since then.
    for (let index = this.#stalls.length - 1; index >= 0 && this.#stalls[index].at > sentAt; index--) {
      const { at, ms } = this.#stalls[index];
      age -= Math.min(ms, at - sentAt);
    }
    return age;
  }
}

/** In this thread or, by what they have published, another one. */
function heardAnywhereAt(pool: HttpPool, endpoint: HttpEndpoint, now: number): number {
  return Math.max(endpoint.heardAt, now - pool.table.pulses.heardElsewhereMs(endpoint.slot));
}

/** When all of the request had gone out, or the connect had begun; null: it is not to be counted. */
function sentWhole(exchange: Exchange, attempt: Attempt): number | null {
  const { head, isUpgrade } = exchange.request as OutgoingRequest;
  if (isUpgrade || head.lines.includes('text/event-stream')) return null;
  if (exchange.state === CONNECTING) return attempt.startedAt;
  if (exchange.state !== AWAITING || attempt.stream?.isBlocked === true || exchange.awaitingSince === 0) return null;
  return Math.max(attempt.startedAt, exchange.awaitingSince);
}

function publish(pool: HttpPool, quiet: ReadonlyMap<HttpEndpoint, Overdue>, now: number): void {
  for (const endpoint of pool.endpoints) {
    const overdue = quiet.get(endpoint);
    pool.table.pulses.publish(endpoint.slot, {
      overdue: overdue?.count ?? 0,
      overdueInAll: overdue?.countInAll ?? 0,
      oldestMs: overdue === undefined ? 0 : now - overdue.sentAt,
      heardMs: now - endpoint.heardAt,
      answeredMs: Array.from(endpoint.pulse.sentAt, (sentAt) => now - sentAt),
    });
  }
  pool.table.pulses.beat();
}
