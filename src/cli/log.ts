/** What happens to a running balancer, a line each on stderr: stdout is for addresses and the access log. */
import type { EventEmitter } from 'node:events';
import { styleText } from 'node:util';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import type { BalancerEvents } from '../runtime/balancer.ts';
import type { LogFormat } from './commands/shared-options.ts';

/** A bug that every request meets must not cost more in the log than in the exchange. */
const MOST_FAULTS = 10;
const FAULT_WINDOW_MS = 60_000;

/** What a line is about, in fields for programs: `pool`, `endpoint`, `state`, `reason`, … */
export type LogFields = Readonly<Record<string, string | number | boolean>>;
export type LogLevel = 'info' | 'warn' | 'error';
/** The default level is `info`. In JSON, `fields` are added beside the text. */
export type Say = (text: string, level?: LogLevel, fields?: LogFields) => void;

/** As pino numbers them, so that these lines and those of an access log in JSON read alike. */
const LEVEL_NUMBERS: Readonly<Record<LogLevel, number>> = { info: 30, warn: 40, error: 50 };
const LEVEL_COLORS = { warn: 'yellow', error: 'red' } as const;

export interface LogLine {
  readonly text: string;
  readonly level: LogLevel;
  readonly fields: LogFields;
}

/** A log on stderr. In text, colours are used only if a terminal shows them. */
export function createLog(format: LogFormat): Say {
  return (text, level = 'info', fields = {}) =>
    console.error(formatLogLine(format, { text, level, fields }, new Date()));
}

/** `2026-11-21T05:57:00.000Z fairlead: drained`, or the same as JSON in pino's form. */
export function formatLogLine(format: LogFormat, { text, level, fields }: LogLine, time: Date): string {
  if (format === 'json') {
    return JSON.stringify({ level: LEVEL_NUMBERS[level], time: time.getTime(), msg: text, ...fields });
  }
  const line = `${time.toISOString()} fairlead: `;
  return styleText('dim', line, { stream: process.stderr }) + paint(text, level);
}

function paint(text: string, level: LogLevel): string {
  return level === 'info' ? text : styleText(LEVEL_COLORS[level], text, { stream: process.stderr });
}

/** Logs from now on. */
export function logEvents(balancer: EventEmitter<BalancerEvents>, say: Say, clock: Clock = systemClock): void {
  balancer.on('health', ({ pool, endpoint, before, state, reason }) => {
    const text = `endpoint ${endpoint} of pool ${pool}: ${before} → ${state}: ${reason}`;
    say(text, state === 'healthy' ? 'info' : 'warn', { pool, endpoint, before, state, reason });
  });
  balancer.on('panic', (event) => {
    const { pool, phase, endpoints, healthy } = event;
    const fields = { pool, panic: phase, endpoints, healthy };
    say(describePanic(event), phase === 'begin' ? 'error' : 'info', fields);
  });
  balancer.on('withheld', ({ pool, endpoint, why, reason }) => {
    const text = why === 'dry-run' ? `endpoint ${endpoint} would be ejected` : `pool-failing: ${endpoint} stays`;
    say(`pool ${pool}: ${text}: ${reason}`, 'warn', { pool, endpoint, withheld: why, reason });
  });
  balancer.on('overflow', (event) => {
    const { pool, to, phase, percent, reason } = event;
    const fields = { pool, overflow: to, phase, percent, reason };
    say(describeOverflow(event), phase === 'begin' ? 'warn' : 'info', fields);
  });
  balancer.on('failure', (failure) => {
    const { pool, endpoint, reason, cause, status, count } = failure;
    say(describeFailure(failure), 'warn', { pool, endpoint, reason, cause, status, requests: count });
  });
  balancer.on('refused', (refusal) => {
    const { listener, reason, rule, address, count } = refusal;
    say(describeRefusal(refusal), 'warn', { listener, reason, rule, address, connections: count });
  });
  balancer.on('handshake', (failure) => {
    const { listener, reason, code, serverName, address, count } = failure;
    say(describeHandshake(failure), 'info', { listener, reason, code, serverName, address, handshakes: count });
  });
  logFiles(balancer, say);
  // Most have none, and load nothing of it.
  balancer.on(
    'middleware-failure',
    (failure) => void import('./log-middleware.ts').then((log) => log.sayFailure(say, failure)),
  );
  balancer.on('middleware-slow', (slow) => void import('./log-middleware.ts').then((log) => log.saySlow(say, slow)));
  balancer.on('worker', ({ worker, change, reason }) => {
    say(`worker ${worker} ${change}${reason === '' ? '' : `: ${reason}`}`, 'warn', { worker, change, reason });
  });
  balancer.on('socket', ({ listener, address, state, reason }) => {
    const text =
      state === 'lost' ? `nobody listens, it is tried again: ${reason}` : `listens${reason && `, but ${reason}`}`;
    say(`listener ${listener} on ${address}: ${text}`, state === 'lost' ? 'error' : 'warn', {
      listener,
      address,
      state,
      reason,
    });
  });
  balancer.on('fault', createFaultLog(say, clock));
  balancer.on('limit', (connections) => {
    say(`${connections} client connections are open, the most that maxConnections allows: accepting pauses`, 'warn', {
      connections,
    });
  });
  balancer.on('log', (message) => say(message, 'warn'));
  balancer.on('drain', (phase) => say(phase === 'begin' ? 'draining; another signal ends at once' : 'drained'));
}

/** What becomes of files that a config names, and of what is published for it. */
function logFiles(balancer: EventEmitter<BalancerEvents>, say: Say): void {
  balancer.on('certificate', ({ listener, pool, change, file, message }) => {
    const level = change === 'renewed' || change === 'usable' ? 'info' : change === 'warning' ? 'warn' : 'error';
    const owner = pool === null ? { listener: listener ?? '' } : { pool };
    const name = pool === null ? `listener ${owner.listener}` : `pool ${pool}`;
    say(`${name}: ${CERTIFICATE_WORDS[change]}${file}: ${message}`, level, { ...owner, certificate: change, file });
  });
  balancer.on('list', ({ list, change, message }) => {
    const text = change === 'unusable' ? `list-unusable: what it had before stays: ${message}` : message;
    const level = change === 'unusable' ? 'error' : change === 'warning' ? 'warn' : 'info';
    say(`list ${list}: ${text}`, level, { list, change });
  });
}

const CERTIFICATE_WORDS = {
  renewed: '',
  usable: '',
  warning: '',
  unusable: 'certificate-unusable: the certificates before it stay: ',
  'not-issued': 'certificate-not-issued: ',
} as const;

/** `pool web: 502 connect-failed at localhost:8081 (ECONNREFUSED)`, and later `…: 19 requests in 10 s, the last …`. */
function describeFailure({
  pool,
  endpoint,
  reason,
  cause,
  status,
  count,
  withinMs,
}: BalancerEvents['failure'][0]): string {
  const broken = status === 0 ? 'a session found no endpoint' : 'an answer broke off';
  const answer = status >= 500 ? `${status} ${reason}` : `${broken}: ${reason}`;
  const where = `${answer}${endpoint === '' ? '' : ` at ${endpoint}`}${cause === '' ? '' : ` (${cause})`}`;
  if (withinMs === 0) return `pool ${pool}: ${where}`;
  const noun = status === 0 ? 'session' : 'request';
  const requests = `${count} more ${count === 1 ? noun : `${noun}s`} within ${withinMs / 1000} s`;
  return `pool ${pool}: ${requests}: ${where}`;
}

/** `listener lb: bad-proxy-header from 10.1.2.3: a wrong checksum`, and later `…: 7 more connections within 1 s: …`. */
function describeRefusal({ listener, reason, rule, address, count, withinMs }: BalancerEvents['refused'][0]): string {
  const what = `${reason} from ${address}: ${rule}`;
  if (withinMs === 0) return `listener ${listener}: ${what}`;
  const connections = `${count} more ${count === 1 ? 'connection' : 'connections'} within ${withinMs / 1000} s`;
  return `listener ${listener}: ${connections}: ${what}`;
}

/** `listener web: TLS failed: unknown-name for a.example from 10.1.2.3`, or `…: 7 clients within 1 s, the last: …`. */
function describeHandshake({
  listener,
  reason,
  code,
  serverName,
  address,
  count,
  withinMs,
}: BalancerEvents['handshake'][0]): string {
  const name = serverName === '' ? '' : ` for ${serverName}`;
  const what = `${reason}${code === '' ? '' : ` (${code})`}${name} from ${address}`;
  if (count === 1) return `listener ${listener}: TLS failed: ${what}`;
  return `listener ${listener}: TLS failed: ${count} clients${withinMs === 0 ? '' : ` within ${withinMs / 1000} s`}, the last: ${what}`;
}

const OVERFLOWS = { priority: 'to a later priority', backup: 'to backups', zone: 'to another zone' } as const;

/** `pool web: 30 % of its requests go to another zone: 1 of 2 endpoints of zone eu-1 may be picked` */
function describeOverflow({ pool, to, phase, percent, reason }: BalancerEvents['overflow'][0]): string {
  const share = phase === 'begin' ? `${percent} % of its requests go` : 'no more requests go';
  return `pool ${pool}: ${share} ${OVERFLOWS[to]}: ${reason}`;
}

/** `pool web: panic: none of 2 endpoints is healthy: …` */
export function describePanic(event: BalancerEvents['panic'][0]): string {
  const { pool, phase, endpoints, healthy } = event;
  const all = `${endpoints} ${endpoints === 1 ? 'endpoint' : 'endpoints'}`;
  if (phase === 'end')
    return `pool ${pool}: panic is over: ${healthy} of ${all} ${healthy === 1 ? 'is' : 'are'} healthy`;
  return `pool ${pool}: panic: ${endpoints === 1 ? 'its only endpoint is not' : `none of ${all} is`} healthy: ${describeOutcome(event)}`;
}

function describeOutcome({ triesAnyway, failsFast }: BalancerEvents['panic'][0]): string {
  if (failsFast) return 'requests are answered 503 breaker-open at once';
  return triesAnyway ? 'requests go to endpoints that do not refuse connects, and wait where all do' : 'requests wait';
}

/** At most ten faults a minute in full, the rest as a number with the first of the next. */
function createFaultLog(say: Say, clock: Clock): (...[fault]: BalancerEvents['fault']) => void {
  let windowEnd = -Infinity;
  let count = 0;
  return ({ worker, stack }) => {
    const now = clock.now();
    if (now >= windowEnd) {
      if (count > MOST_FAULTS) say(`${count - MOST_FAULTS} more bugs of ours were left out`, 'error');
      windowEnd = now + FAULT_WINDOW_MS;
      count = 0;
    }
    if (++count <= MOST_FAULTS)
      say(`a bug of ours cost an exchange in worker ${worker}: ${stack}`, 'error', { worker });
  };
}
