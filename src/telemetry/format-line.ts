/** Lines of the access log as text, in each of its formats. Nothing of a client breaks a line or a terminal. */
import type { AccessLogSpec, LogField, LogPart } from '../core/access-log.ts';
import { TCP_SESSION, UDP_SESSION } from './log-line.ts';
import type { LogLine } from './log-line.ts';
import { createMask } from './mask-query.ts';

/** The text of a line, its newline included. */
export type FormatLine = (line: LogLine) => string;

export function createFormat({ format, mask }: AccessLogSpec): FormatLine {
  const hide = createMask(mask);
  if (format === 'json') return jsonFormat(hide);
  const parts = format === 'common' ? COMMON : format === 'combined' ? COMBINED : format;
  return ownFormat(parts, hide, typeof format === 'string');
}

const COMMON: readonly LogPart[] = [
  { field: 'client' },
  { text: ' - - [' },
  { field: 'time' },
  { text: '] "' },
  { field: 'method' },
  { text: ' ' },
  { field: 'path' },
  { text: ' ' },
  { field: 'protocol' },
  { text: '" ' },
  { field: 'status' },
  { text: ' ' },
  { field: 'bytesOut' },
];

const COMBINED: readonly LogPart[] = [
  ...COMMON,
  { text: ' "' },
  { field: 'referer' },
  { text: '" "' },
  { field: 'userAgent' },
  { text: '"' },
];

/** The numbers of pino's levels. */
const LEVELS = [30, 40, 50] as const;

/**
 * A line as pino writes it (level as a number, time in milliseconds, no name before its value is there), but put
 * together here: measured, pino takes 3 µs a line of this kind, this 0.8, and the whole budget is 3.
 */
function jsonFormat(hide: (target: string) => string): FormatLine {
  return (line) => {
    let text = `{"level":${LEVELS[line.severity]},"time":${Math.round(line.time)}`;
    text += named('requestId', line.requestId) + named('client', line.client) + named('method', line.method);
    text += named('host', line.host) + named('path', hide(line.target)) + named('protocol', protocolOf(line));
    if (!isSession(line)) text += `,"status":${line.status}`;
    text += `,"bytesIn":${line.bytesIn},"bytesOut":${line.bytesOut}`;
    text += named('listener', line.listener) + named('route', line.route) + named('pool', line.pool);
    text += `${named('endpoint', line.endpoint)},"attempts":${line.attempts}${named('reason', line.reason)}`;
    text += timed('queueMs', line.queueMs) + timed('connectMs', line.connectMs);
    return `${text}${timed('firstByteMs', line.firstByteMs)}${timed('totalMs', line.totalMs)}}\n`;
  };
}

const NEEDS_ESCAPE = /[^ !#-[\]-~]/;

/** What is empty is left out. */
function named(name: string, value: string): string {
  if (value === '') return '';
  return NEEDS_ESCAPE.test(value) ? `,"${name}":${JSON.stringify(value)}` : `,"${name}":"${value}"`;
}

/** What was not reached is left out. */
function timed(name: string, ms: number): string {
  return ms < 0 ? '' : `,"${name}":${Math.round(ms * 1000) / 1000}`;
}

function ownFormat(parts: readonly LogPart[], hide: (target: string) => string, isCommon: boolean): FormatLine {
  const writeTime = isCommon ? createCommonTime() : (time: number) => new Date(time).toISOString();
  return (line) => {
    let text = '';
    for (const part of parts) text += 'text' in part ? part.text : textOf(part.field, line, hide, writeTime);
    return `${text}\n`;
  };
}

function textOf(
  field: LogField,
  line: LogLine,
  hide: (target: string) => string,
  writeTime: (time: number) => string,
): string {
  switch (field) {
    case 'time':
      return writeTime(line.time);
    case 'path':
      return escape(hide(line.target));
    case 'referer':
      return escape(hide(line.referer));
    case 'protocol':
      return protocolOf(line) || '-';
    case 'queueMs':
    case 'connectMs':
    case 'firstByteMs':
    case 'totalMs':
      return String(timeOf(line[field]) ?? '-');
    case 'status':
      return isSession(line) ? '-' : String(line.status);
    case 'bytesIn':
    case 'bytesOut':
    case 'attempts':
      return String(line[field]);
    default:
      return escape(line[field]);
  }
}

/** Of layer 4, which has no status. */
function isSession({ version }: LogLine): boolean {
  return version === TCP_SESSION || version === UDP_SESSION;
}

function protocolOf({ version }: LogLine): string {
  if (version === TCP_SESSION) return 'TCP';
  if (version === UDP_SESSION) return 'UDP';
  return version === 11 ? 'HTTP/1.1' : version === 10 ? 'HTTP/1.0' : '';
}

/** To a thousandth; undefined where it was not reached. */
function timeOf(ms: number): number | undefined {
  return ms < 0 ? undefined : Math.round(ms * 1000) / 1000;
}

/** As nginx writes it: quotes, backslashes and whatever is not visible ASCII as `\xHH`; `-` where there is nothing. */
function escape(text: string): string {
  if (text === '') return '-';
  return text.replace(
    /["\\]|[^ -~]/g,
    (sign) => `\\x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `10/Oct/2026:13:55:36 +0000`, made anew once a second. */
function createCommonTime(): (time: number) => string {
  let second = -1;
  let text = '';
  return (time) => {
    const now = Math.floor(time / 1000);
    if (now === second) return text;
    second = now;
    const [date, clock] = new Date(now * 1000).toISOString().split('T');
    const [year, month, day] = date.split('-');
    text = `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000`;
    return text;
  };
}
