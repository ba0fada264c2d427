/** The header lines by which an answer binds its client to the endpoint that has given it. */
import { STICKY_MOVED, STICKY_SPILLED } from '../../core/errors.ts';
import { valuesOf } from '../../core/http/header-lines.ts';
import type { StickyTable } from '../../core/balancer/sticky-table.ts';
import {
  COUNTER_STICKY_HITS,
  COUNTER_STICKY_MOVES,
  COUNTER_STICKY_SPILLS,
  EJECTED,
  MAINTENANCE,
  OPEN,
  PROBING,
  TRIAL,
  UNHEALTHY,
} from '../../core/shared/pool-table.ts';
import type { Attempt } from '../attempt.ts';
import type { ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { HttpEndpoint, HttpPool } from '../stream.ts';
import type { Exchange } from './exchange.ts';

/** No shared cache may keep what binds one client. */
const PRIVATE = 'Cache-Control: private\r\n';
const IS_PRIVATE = /(?:^|[, \t])(?:private|no-store)(?=$|[, \t])/i;

/** `''` where the client has its cookie already, or is not to have one, as with an answer that counts as a failure. */
export function stickyLines(exchange: Exchange, attempt: Attempt, table: StickyTable): string {
  const request = exchange.request as OutgoingRequest;
  const endpoint = attempt.endpoint as HttpEndpoint;
  const { pool } = request.route;
  const { stickyValue = '' } = endpoint.spec;
  const { binding } = request;
  const response = attempt.response as ResponseHead;
  // The pool became sticky under way, or is so no longer; or the answer is a failure, to which no client should come back.
  if (binding === null || stickyValue === '' || pool.isFailureStatus(response.status)) return '';
  const { cookie, hasSession } = binding;
  const now = exchange.host.wallTime();
  if (cookie.value === stickyValue) {
    endpoint.count(COUNTER_STICKY_HITS, 1);
    if (!table.isDue(cookie, now)) return '';
  } else {
    const left = table.find(cookie.value);
    if (left >= 0 && isOnlyFull(exchange, pool, left)) return '';
    if (left >= 0) noteMove(exchange, pool, left);
    // The answer to its handshake had one: this client keeps no cookies.
    else if (hasSession && !cookie.isSent) return '';
  }
  const line = table.line(stickyValue, exchange.isSecure, now);
  return isPrivate(response.lines) ? line : line + PRIVATE;
}

/** Its own endpoint had no place for this request, and keeps the client: its sessions are there. */
function isOnlyFull(exchange: Exchange, pool: HttpPool, left: number): boolean {
  const endpoint = pool.endpoints[left];
  if (pool.admission === null || exchange.tried.includes(endpoint) || !pool.isFitForBound(left)) return false;
  endpoint.count(COUNTER_STICKY_SPILLS, 1);
  remark(exchange, STICKY_SPILLED, endpoint, 'full');
  return true;
}

/** Why its own endpoint takes nobody now, by the flags of its health. */
const OUT: readonly (readonly [flags: number, why: string])[] = [
  [MAINTENANCE, 'in maintenance'],
  [UNHEALTHY, 'unhealthy'],
  [EJECTED, 'ejected'],
  [TRIAL, 'on trial'],
  [OPEN | PROBING, 'left alone by its circuit breaker'],
];

function noteMove(exchange: Exchange, pool: HttpPool, left: number): void {
  const endpoint = pool.endpoints[left];
  endpoint.count(COUNTER_STICKY_MOVES, 1);
  const flags = pool.table.health[endpoint.slot];
  const why = exchange.tried.includes(endpoint) ? 'failed' : OUT.find(([each]) => (flags & each) !== 0)?.[1];
  remark(exchange, STICKY_MOVED, endpoint, why ?? 'back again');
}

/** For the access log: `sticky-moved: 10.0.0.1:8080 ejected`. */
function remark(exchange: Exchange, what: string, { spec }: HttpEndpoint, why: string): void {
  const { log } = (exchange.request as OutgoingRequest).route;
  if (log !== null && exchange.remark === '') exchange.remark = `${what}: ${spec.id} ${why}`;
}

function isPrivate(lines: string): boolean {
  return valuesOf(lines, CONTROL).some((value) => IS_PRIVATE.test(value));
}

const CONTROL = 'cache-control';
