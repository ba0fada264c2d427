/** One line of the access log on its way from a worker to the scribe: numbers in binary, texts in one latin1 string. */
import { LogRing, align } from './log-ring.ts';

/** In place of a version of HTTP: the line is about a session of layer 4, which has no status. */
export const TCP_SESSION = 4;
export const UDP_SESSION = 5;

export type SessionKind = typeof TCP_SESSION | typeof UDP_SESSION;

export interface LogLine {
  /** Milliseconds since 1970. */
  time: number;
  status: number;
  attempts: number;
  /** 10 or 11; 0 where no head was understood; {@link TCP_SESSION}, {@link UDP_SESSION}. */
  version: number;
  bytesIn: number;
  bytesOut: number;
  /** Milliseconds; −1: not reached. */
  queueMs: number;
  connectMs: number;
  firstByteMs: number;
  totalMs: number;
  severity: LogSeverity;
  requestId: string;
  client: string;
  method: string;
  /** Path and query. */
  target: string;
  host: string;
  listener: string;
  route: string;
  pool: string;
  endpoint: string;
  reason: string;
  userAgent: string;
  referer: string;
  /** These five are `''` without TLS, and where nobody wants them; of TLS that passes unopened there is the name alone. */
  sni: string;
  tlsVersion: string;
  tlsCipher: string;
  tlsResumed: string;
  clientCert: string;
}

/** 0 info, 1 warn, 2 error. */
export type LogSeverity = 0 | 1 | 2;

/** Longer texts are cut. */
export const MOST_TARGET = 4096;
const MOST_TEXT = 512;

/** Words of 4 bytes: length, status and severity, attempts and version; then 7 doubles, and the lengths of the texts. */
export const DOUBLES_AT = 16;
export const LENGTHS_AT = DOUBLES_AT + 7 * 8;
export const TEXT_AT = LENGTHS_AT + textsOf(emptyLine()).length * 2;

/** Puts lines into a ring. */
export class LineWriter {
  readonly ring: LogRing;
  readonly #bytes: Buffer;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #lengths: Uint16Array;

  constructor(buffer: SharedArrayBuffer) {
    this.ring = new LogRing(buffer);
    this.#bytes = Buffer.from(buffer);
    this.#words = new Int32Array(buffer);
    this.#doubles = new Float64Array(buffer);
    this.#lengths = new Uint16Array(buffer);
  }

  /** False: there was no room. */
  write(line: LogLine): boolean {
    const texts = textsOf(line);
    // One string and one copy: a call into Node for each text would cost more than all of the rest.
    let text = '';
    for (let index = 0; index < texts.length; index++) text += texts[index];
    const bytes = align(TEXT_AT + text.length);
    const place = this.ring.reserve(bytes);
    if (place < 0) return false;
    const word = place >> 2;
    this.#words[word + 1] = line.status | (line.severity << 16);
    this.#words[word + 2] = line.attempts | (line.version << 16);
    const double = (place + DOUBLES_AT) >> 3;
    this.#doubles[double] = line.time;
    this.#doubles[double + 1] = line.queueMs;
    this.#doubles[double + 2] = line.connectMs;
    this.#doubles[double + 3] = line.firstByteMs;
    this.#doubles[double + 4] = line.totalMs;
    this.#doubles[double + 5] = line.bytesIn;
    this.#doubles[double + 6] = line.bytesOut;
    const length = (place + LENGTHS_AT) >> 1;
    for (let index = 0; index < texts.length; index++) this.#lengths[length + index] = texts[index].length;
    this.#bytes.latin1Write(text, place + TEXT_AT, text.length);
    this.ring.publish(place, bytes);
    return true;
  }
}

export function emptyLine(): LogLine {
  return {
    time: 0,
    status: 0,
    attempts: 0,
    version: 0,
    bytesIn: 0,
    bytesOut: 0,
    queueMs: -1,
    connectMs: -1,
    firstByteMs: -1,
    totalMs: 0,
    severity: 0,
    requestId: '',
    client: '',
    method: '',
    target: '',
    host: '',
    listener: '',
    route: '',
    pool: '',
    endpoint: '',
    reason: '',
    userAgent: '',
    referer: '',
    sni: '',
    tlsVersion: '',
    tlsCipher: '',
    tlsResumed: '',
    clientCert: '',
  };
}

/** In the order that the reader expects. */
function textsOf(line: LogLine): readonly string[] {
  return [
    cut(line.requestId, MOST_TEXT),
    line.client,
    cut(line.method, MOST_TEXT),
    cut(line.target, MOST_TARGET),
    cut(line.host, MOST_TEXT),
    line.listener,
    line.route,
    line.pool,
    line.endpoint,
    cut(line.reason, MOST_TEXT),
    cut(line.userAgent, MOST_TEXT),
    cut(line.referer, MOST_TEXT),
    cut(line.sni, MOST_TEXT),
    line.tlsVersion,
    line.tlsCipher,
    line.tlsResumed,
    line.clientCert,
  ];
}

function cut(text: string, most: number): string {
  return text.length > most ? text.slice(0, most) : text;
}
