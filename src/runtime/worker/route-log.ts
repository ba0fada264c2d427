/** What a route writes into the access log: which of its exchanges, and what of their records. Runs in the worker. */
import type { AccessLogSpec, LogField, RouteLogSpec } from '../../core/access-log.ts';
import type { Clock } from '../../core/clock.ts';
import { CLIENT_CLOSED, FAULTS, REMARKS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import { find } from '../../core/http/header-lines.ts';
import type { Random } from '../../core/random.ts';
import type { ExchangeLog } from '../../http/exchange-log.ts';
import type { ExchangeRecord } from '../../http/record.ts';
import type { SessionRecord } from '../../tcp/session-record.ts';
import type { ConnectionFacts } from '../../net/transport.ts';
import type { ClientStream } from '../../http/stream.ts';
import type { Glimpse } from '../../http1/glimpse.ts';
import type { LineWriter, LogLine, LogSeverity } from '../../telemetry/log-line.ts';
import { emptyLine } from '../../telemetry/log-line.ts';

const LEVELS: Readonly<Record<RouteLogSpec['level'], LogSeverity>> = { info: 0, warn: 1, error: 2 };
const TUNNEL = 101;

export interface RouteLogOptions {
  readonly writer: Pick<LineWriter, 'write'>;
  readonly accessLog: AccessLogSpec;
  readonly clock: Clock;
  readonly random: Random;
}

export class RouteLog implements ExchangeLog {
  readonly #options: RouteLogOptions;
  readonly #spec: RouteLogSpec;
  readonly #wantsHeaders: boolean;
  readonly #wantsTls: boolean;
  readonly #line: LogLine = emptyLine();
  /** Those that user agent and referer of `#line` were found in. */
  #lines = '';

  constructor(spec: RouteLogSpec, options: RouteLogOptions) {
    this.#options = options;
    this.#spec = spec;
    this.#wantsHeaders = wants(options.accessLog, HEADER_FIELDS) || options.accessLog.format === 'combined';
    this.#wantsTls = wantsTls(options.accessLog);
  }

  exchangeEnded(record: ExchangeRecord): void {
    const totalMs = record.endedAt - record.arrivedAt;
    const severity = severityOf(record.status, record.reason);
    if (!this.#isWanted(severity, totalMs, record.status)) return;
    const line = this.#line;
    line.time = this.#options.clock.wallTime() - totalMs;
    line.status = record.status;
    line.severity = severity;
    takeCourse(line, record, totalMs);
    line.requestId = record.requestId;
    line.route = record.route;
    this.#takeHead(record);
    if (this.#wantsTls && record.facts !== null) takeTls(line, record.facts);
    this.#options.writer.write(line);
  }

  /** A request that was refused before its head was understood; `glimpse`: what could be read of it. */
  refused({ status, code: reason }: Fault, client: ClientStream, glimpse: Glimpse): void {
    const severity = severityOf(status, reason);
    if (!this.#isWanted(severity, 0, status)) return;
    const { facts, listener } = client.connection;
    const time = this.#options.clock.wallTime();
    const line = {
      ...emptyLine(),
      ...glimpse,
      time,
      status,
      severity,
      reason,
      client: facts.peer.address,
      listener: listener.id,
    };
    if (this.#wantsTls) takeTls(line, facts);
    this.#options.writer.write(line);
  }

  #takeHead({ head }: ExchangeRecord): void {
    const line = this.#line;
    line.method = head === null ? '' : head.method;
    line.target = head === null ? '' : head.target;
    line.host = head === null ? '' : head.authority;
    line.version = head === null ? 0 : head.version;
    if (!this.#wantsHeaders) return;
    const lines = head === null ? '' : head.lines;
    // A client's next head is mostly the same as its last, and the codec then gives the same string.
    if (lines === this.#lines) return;
    this.#lines = lines;
    line.userAgent = find(lines, 'user-agent') ?? '';
    line.referer = find(lines, 'referer') ?? '';
  }

  #isWanted(severity: LogSeverity, totalMs: number, status: number): boolean {
    const isSlow = totalMs >= this.#spec.slowMs && status !== TUNNEL;
    return isWanted(this.#spec, severity, isSlow, this.#options.random);
  }
}

/** Whether something of this severity gets a line. */
export function isWanted(
  { level, only, sample }: RouteLogSpec,
  severity: LogSeverity,
  isSlow: boolean,
  random: Random,
): boolean {
  if (severity < LEVELS[level]) return false;
  if ((only === 'all' && sample === 1) || severity === 2 || isSlow) return true;
  return only === 'all' && random.next() < sample;
}

/** Reasons that lie with the client: the codes of our 4xx. */
const OF_THE_CLIENT: ReadonlySet<string> = new Set(
  Object.values(FAULTS)
    .filter(({ status }) => status < 500)
    .map(({ code }) => code),
);

/** An answer that broke off has the status of its head, and a reason; one that is ours has a status of its own. */
function severityOf(status: number, reason: string): LogSeverity {
  if (status >= 500) return 2;
  if (status >= 400) return 1;
  // Clients leave in the middle of answers all day long: a page is left, a video has been seen.
  if (reason === '' || reason === CLIENT_CLOSED || REMARKS.has(reason.split(':', 1)[0])) return 0;
  return OF_THE_CLIENT.has(reason) ? 1 : 2;
}

/** What the record of an exchange and that of a session of layer 4 have in common. */
export function takeCourse(line: LogLine, record: ExchangeRecord | SessionRecord, totalMs: number): void {
  line.attempts = record.attempts;
  line.bytesIn = record.bytesIn;
  line.bytesOut = record.bytesOut;
  line.queueMs = between(record.arrivedAt, record.queuedUntil);
  line.connectMs = between(record.queuedUntil, record.connectedAt);
  line.firstByteMs = between(record.connectedAt, record.firstByteAt);
  line.totalMs = totalMs;
  line.client = record.client;
  line.listener = record.listener;
  line.pool = record.pool;
  line.endpoint = record.endpoint;
  line.reason = record.reason;
}

/** Milliseconds from one step to another, -1 where one of them was not reached. */
function between(from: number, to: number): number {
  return from === 0 || to === 0 ? -1 : to - from;
}

const HEADER_FIELDS: ReadonlySet<LogField> = new Set(['userAgent', 'referer']);
const TLS_FIELDS: ReadonlySet<LogField> = new Set(['sni', 'tlsVersion', 'tlsCipher', 'tlsResumed', 'clientCert']);

/** A custom format has one of these fields. */
function wants({ format }: AccessLogSpec, fields: ReadonlySet<LogField>): boolean {
  return typeof format !== 'string' && format.some((part) => 'field' in part && fields.has(part.field));
}

/** Whether lines have any of what {@link takeTls} fills in. */
export function wantsTls(accessLog: AccessLogSpec): boolean {
  return wants(accessLog, TLS_FIELDS);
}

export function takeTls(line: LogLine, { tls, serverName }: ConnectionFacts): void {
  line.sni = serverName;
  line.tlsVersion = tls?.version ?? '';
  line.tlsCipher = tls?.cipher ?? '';
  line.tlsResumed = tls === null ? '' : String(tls.isResumed);
  line.clientCert = tls?.peerFingerprint() ?? '';
}
