/** Lines of the access log as text, in each of its formats. Nothing of a client breaks a line or a terminal. */
import type { AccessLogSpec, LogField, LogPart } from '../core/access-log.ts';
import { ESCAPE_HEX, ESCAPE_JSON } from './line-text.ts';
import type { Escape, LineText } from './line-text.ts';
import { textIndex } from './line-reader.ts';
import type { LineReader, TextName } from './line-reader.ts';
import { TCP_SESSION, UDP_SESSION } from './log-line.ts';
import { createMask } from './mask-query.ts';

/** Puts the line that the reader shows, its newline included, behind what is in `out`. */
export type FormatLine = (line: LineReader, out: LineText) => void;

type Hide = (target: string) => string;
type WriteField = FormatLine;

export function createFormat({ format, mask }: AccessLogSpec): FormatLine {
  const hide = mask.length === 0 ? null : createMask(mask);
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

/** With the numbers of pino's levels, by severity. */
const JSON_BEGINNINGS = [30, 40, 50].map((level) => Buffer.from(`{"level":${level},"time":`));

/**
 * A line as pino writes it (level as a number, time in milliseconds, no name before its value is there), but put
 * together here: pino takes a string for each value, and several times as long.
 */
function jsonFormat(hide: Hide | null): FormatLine {
  const before = [named('requestId'), named('client'), named('method'), named('host'), named('target', 'path', hide)];
  const course = [named('listener'), named('route'), named('pool'), named('endpoint')];
  const reason = named('reason');
  const times = [timed('queueMs'), timed('connectMs'), timed('firstByteMs'), timed('totalMs')];
  return (line, out) => {
    out.put(JSON_BEGINNINGS[line.severity]);
    out.integer(Math.round(line.time));
    for (const write of before) write(line, out);
    const protocol = protocolOf(line);
    if (protocol !== '') out.ascii(`,"protocol":"${protocol}"`);
    if (!isSession(line)) counted(JSON_STATUS, line.status, out);
    counted(JSON_BYTES_IN, line.bytesIn, out);
    counted(JSON_BYTES_OUT, line.bytesOut, out);
    for (const write of course) write(line, out);
    counted(JSON_ATTEMPTS, line.attempts, out);
    reason(line, out);
    for (const write of times) write(line, out);
    out.put(JSON_END);
  };
}

const JSON_STATUS = Buffer.from(',"status":');
const JSON_BYTES_IN = Buffer.from(',"bytesIn":');
const JSON_BYTES_OUT = Buffer.from(',"bytesOut":');
const JSON_ATTEMPTS = Buffer.from(',"attempts":');
const JSON_END = Buffer.from('}\n');
const QUOTE = Buffer.from('"');

function counted(name: Uint8Array, value: number, out: LineText): void {
  out.put(name);
  out.integer(value);
}

/** What is empty is left out. */
function named(text: TextName, name: string = text, hide: Hide | null = null): WriteField {
  const index = textIndex(text);
  const beginning = Buffer.from(`,"${name}":"`);
  return (line, out) => {
    if (line.starts[index] === line.starts[index + 1]) return;
    out.put(beginning);
    copyText(line, index, out, ESCAPE_JSON, hide);
    out.put(QUOTE);
  };
}

/** What was not reached is left out. */
function timed(name: TimeName): WriteField {
  const beginning = Buffer.from(`,"${name}":`);
  return (line, out) => {
    if (line[name] < 0) return;
    out.put(beginning);
    out.milliseconds(line[name]);
  };
}

type TimeName = 'queueMs' | 'connectMs' | 'firstByteMs' | 'totalMs';

function ownFormat(parts: readonly LogPart[], hide: Hide | null, isCommon: boolean): FormatLine {
  const writes = parts.map((part) => ('text' in part ? literal(part.text) : fieldOf(part.field, hide, isCommon)));
  writes.push(literal('\n'));
  return (line, out) => {
    for (const write of writes) write(line, out);
  };
}

function literal(text: string): WriteField {
  const bytes = Buffer.from(text);
  return (_line, out) => out.put(bytes);
}

function fieldOf(field: LogField, hide: Hide | null, isCommon: boolean): WriteField {
  switch (field) {
    case 'time':
      return isCommon ? commonTime() : (line, out) => out.ascii(new Date(line.time).toISOString());
    case 'path':
      return escaped('target', hide);
    case 'referer':
      return escaped('referer', hide);
    case 'protocol':
      return (line, out) => out.ascii(protocolOf(line) || '-');
    case 'queueMs':
    case 'connectMs':
    case 'firstByteMs':
    case 'totalMs':
      return (line, out) => (line[field] < 0 ? out.ascii('-') : out.milliseconds(line[field]));
    case 'status':
      return (line, out) => (isSession(line) ? out.ascii('-') : out.integer(line.status));
    case 'bytesIn':
    case 'bytesOut':
    case 'attempts':
      return (line, out) => out.integer(line[field]);
    default:
      return escaped(field, null);
  }
}

/** `-` where there is nothing. */
function escaped(text: TextName, hide: Hide | null): WriteField {
  const index = textIndex(text);
  return (line, out) => {
    if (line.starts[index] === line.starts[index + 1]) out.ascii('-');
    else copyText(line, index, out, ESCAPE_HEX, hide);
  };
}

const QUESTION_MARK = 0x3f;

/** Only what has a query is made a string of, to be masked. */
function copyText(line: LineReader, index: number, out: LineText, escape: Escape, hide: Hide | null): void {
  const { bytes, starts } = line;
  const end = starts[index + 1];
  if (hide !== null && has(bytes, QUESTION_MARK, starts[index], end)) {
    const text = line.text(index);
    const hidden = hide(text);
    if (hidden !== text) {
      const masked = Buffer.from(hidden, 'latin1');
      out.copy(masked, 0, masked.length, escape);
      return;
    }
  }
  out.copy(bytes, starts[index], end, escape);
}

/** The texts are short: a loop is done before Node has begun to look. */
function has(bytes: Uint8Array, byte: number, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === byte) return true;
  return false;
}

/** Of layer 4, which has no status. */
function isSession({ version }: LineReader): boolean {
  return version === TCP_SESSION || version === UDP_SESSION;
}

function protocolOf({ version }: LineReader): string {
  if (version === TCP_SESSION) return 'TCP';
  if (version === UDP_SESSION) return 'UDP';
  return version === 11 ? 'HTTP/1.1' : version === 10 ? 'HTTP/1.0' : '';
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `10/Oct/2026:13:55:36 +0000`, made anew once a second. */
function commonTime(): WriteField {
  let second = -1;
  let text = Buffer.alloc(0);
  return ({ time }, out) => {
    const now = Math.floor(time / 1000);
    if (now !== second) text = Buffer.from(commonTimeOf(now));
    second = now;
    out.put(text);
  };
}

function commonTimeOf(second: number): string {
  const [date, clock] = new Date(second * 1000).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000`;
}
