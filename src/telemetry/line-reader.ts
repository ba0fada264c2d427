/** The scribe's side of a ring of lines of the access log. */
import { DOUBLES_AT, LENGTHS_AT, TEXT_AT } from './log-line.ts';
import type { LogLine, LogSeverity } from './log-line.ts';
import { LogRing } from './log-ring.ts';

/** The texts of a line, in the order in which they lie in a ring. */
const TEXTS = [
  'requestId',
  'client',
  'method',
  'target',
  'host',
  'listener',
  'route',
  'pool',
  'endpoint',
  'reason',
  'userAgent',
  'referer',
  'sni',
  'tlsVersion',
  'tlsCipher',
  'tlsResumed',
  'clientCert',
] as const satisfies readonly (keyof LogLine)[];

export type TextName = (typeof TEXTS)[number];

/** Shows the lines of a ring where they lie, oldest first: its fields are those of the line that {@link next} found. */
export class LineReader {
  readonly ring: LogRing;
  /** The ring; text `i` of the line is from `starts[i]` up to `starts[i + 1]`. */
  readonly bytes: Buffer;
  readonly starts = new Int32Array(TEXTS.length + 1);
  time = 0;
  status = 0;
  attempts = 0;
  version = 0;
  bytesIn = 0;
  bytesOut = 0;
  queueMs = -1;
  connectMs = -1;
  firstByteMs = -1;
  totalMs = 0;
  severity: LogSeverity = 0;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #lengths: Uint16Array;
  #place = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.ring = new LogRing(buffer);
    this.bytes = Buffer.from(buffer);
    this.#words = new Int32Array(buffer);
    this.#doubles = new Float64Array(buffer);
    this.#lengths = new Uint16Array(buffer);
  }

  /** False: there is none. */
  next(): boolean {
    const place = this.ring.peek();
    if (place < 0) return false;
    this.#place = place;
    const word = place >> 2;
    this.status = this.#words[word + 1] & 0xffff;
    this.severity = (this.#words[word + 1] >> 16) as LogSeverity;
    this.attempts = this.#words[word + 2] & 0xffff;
    this.version = this.#words[word + 2] >> 16;
    const double = (place + DOUBLES_AT) >> 3;
    this.time = this.#doubles[double];
    this.queueMs = this.#doubles[double + 1];
    this.connectMs = this.#doubles[double + 2];
    this.firstByteMs = this.#doubles[double + 3];
    this.totalMs = this.#doubles[double + 4];
    this.bytesIn = this.#doubles[double + 5];
    this.bytesOut = this.#doubles[double + 6];
    const { starts } = this;
    const length = (place + LENGTHS_AT) >> 1;
    let start = place + TEXT_AT;
    for (let index = 0; index < TEXTS.length; index++) {
      starts[index] = start;
      start += this.#lengths[length + index];
    }
    starts[TEXTS.length] = start;
    return true;
  }

  /** The line has been dealt with; its room is the writer's again. */
  release(): void {
    this.ring.release(this.#place);
  }

  /** A text of the line, by its {@link textIndex}. */
  text(index: number): string {
    return this.bytes.latin1Slice(this.starts[index], this.starts[index + 1]);
  }
}

export function textIndex(name: TextName): number {
  return TEXTS.indexOf(name);
}
