/** What a listener of layer 4 writes into the access log: a line for each of its sessions, when that is over. */
import type { RouteLogSpec } from '../../core/access-log.ts';
import { CLIENT_CLOSED } from '../../core/errors.ts';
import type { SessionLog, SessionRecord } from '../../tcp/session-record.ts';
import { UDP_SESSION, emptyLine } from '../../telemetry/log-line.ts';
import type { LogLine, LogSeverity, SessionKind } from '../../telemetry/log-line.ts';
import { isWanted, takeCourse, takeTls, wantsTls } from './route-log.ts';
import type { RouteLogOptions } from './route-log.ts';

/** Sides that end, and that are made to end, do so all day long. */
const USUAL: ReadonlySet<string> = new Set(['client-end', 'endpoint-end', 'drain', CLIENT_CLOSED]);
/** A side has broken off, or both have kept silent, which is how sessions of UDP end. */
const BROKEN: ReadonlySet<string> = new Set(['reset', 'idle', 'refused', 'endpoint-lost']);

/** The log of the sessions of one kind, by what is said for the whole log; null: they write nothing. */
export function createSessionLog(options: RouteLogOptions | null, kind: SessionKind): SessionLog | null {
  const spec = options?.accessLog.unrouted ?? null;
  return options === null || spec === null ? null : new SessionLogWriter(spec, options, kind);
}

class SessionLogWriter implements SessionLog {
  readonly #spec: RouteLogSpec;
  readonly #options: RouteLogOptions;
  readonly #wantsTls: boolean;
  readonly #line: LogLine;

  constructor(spec: RouteLogSpec, options: RouteLogOptions, kind: SessionKind) {
    this.#line = { ...emptyLine(), version: kind };
    this.#spec = spec;
    this.#options = options;
    this.#wantsTls = wantsTls(options.accessLog);
  }

  sessionEnded(record: SessionRecord): void {
    const { clock, random, writer } = this.#options;
    const severity = this.#severityOf(record.reason);
    // How long sessions take is their own affair: none of them is slow.
    if (!isWanted(this.#spec, severity, false, random)) return;
    const totalMs = record.endedAt - record.arrivedAt;
    const line = this.#line;
    line.time = clock.wallTime() - totalMs;
    line.severity = severity;
    takeCourse(line, record, totalMs);
    if (this.#wantsTls && record.facts !== null) takeTls(line, record.facts);
    writer.write(line);
  }

  #severityOf(reason: string): LogSeverity {
    const [code] = reason.split(':', 1);
    if (USUAL.has(code) || (code === 'idle' && this.#line.version === UDP_SESSION)) return 0;
    return BROKEN.has(code) ? 1 : 2;
  }
}
