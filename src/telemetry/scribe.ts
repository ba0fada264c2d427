/**
 * Empties the rings of all workers into one sink: looks every {@link LOOK_MS}, so that no worker has to wake anybody,
 * and hands on pieces of many lines. Whatever is lost on the way is counted and told.
 */
import type { AccessLogSpec } from '../core/access-log.ts';
import type { KeptMemory } from '../core/kept-memory.ts';
import { MEMORY_LOG_LINES, USE_LOG } from '../core/shared/memory-table.ts';
import { createFormat } from './format-line.ts';
import type { FormatLine } from './format-line.ts';
import { LineReader } from './line-reader.ts';
import { LineText } from './line-text.ts';
import type { LogSink, SinkEvents } from './log-sink.ts';
import { REFUSED, TAKEN, WRITTEN } from './scribe-messages.ts';

export const LOOK_MS = 25;
/** Lines of one look; then the sink gets its turn. */
const MOST_LINES = 20_000;
const PIECE_BYTES = 64 * 1024;
/** A sink that failed is opened again after so long. */
const RETRY_MS = 1000;
/** Losses are told so often at most. */
const TELL_MS = 10_000;

export interface ScribeOptions {
  readonly counters: Int32Array;
  /** Counts what waits for a slow sink. */
  readonly memory: KeptMemory;
  readonly openSink: (target: AccessLogSpec['to'], events: SinkEvents) => Promise<LogSink>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Hears what is wrong. */
  tell(message: string): void;
}

export class Scribe {
  readonly #options: ScribeOptions;
  readonly #text = new LineText();
  #spec: AccessLogSpec | null = null;
  #format: FormatLine = () => {};
  #readers: readonly LineReader[] = [];
  #sink: LogSink | null = null;
  /** The sink takes nothing; another try comes at `#retryAt`. */
  #isTroubled = false;
  /** It failed, and the one opened since has not yet shown that it takes anything: a full disk can be opened. */
  #isOnTrial = false;
  #retryAt = 0;
  /** Lines taken when the sink was opened. */
  #takenBefore = 0;
  /** Bytes that count against the memory of the process. */
  #kept = 0;
  #toldAt = -Infinity;
  #toldLosses = 0;

  constructor(options: ScribeOptions) {
    this.#options = options;
  }

  /** Takes a config over. Rejects where its sink cannot be opened; then nothing has changed. */
  async write(spec: AccessLogSpec, rings: readonly SharedArrayBuffer[]): Promise<void> {
    const before = this.#spec;
    const isSameTarget = !this.#isTroubled && before !== null && JSON.stringify(before.to) === JSON.stringify(spec.to);
    const sink = isSameTarget ? this.#sink : await this.#open(spec);
    // What is there already was written under the config before.
    if (this.#sink !== null) this.#empty();
    const known = new Map(this.#readers.map((reader) => [reader.ring.buffer, reader]));
    this.#readers = rings.map((ring) => known.get(ring) ?? new LineReader(ring));
    this.#format = createFormat(spec);
    this.#spec = spec;
    const old = this.#sink;
    this.#sink = sink;
    if (old !== null && old !== sink) await old.end();
  }

  /** To be called every {@link LOOK_MS}. */
  look(): void {
    if (this.#isTroubled) void this.#tryAgain();
    this.#empty();
    this.#tellLosses();
  }

  reopen(): void {
    if (this.#isTroubled) this.#retryAt = 0;
    else this.#sink?.reopen();
  }

  async end(): Promise<void> {
    this.#empty();
    await this.#sink?.end();
    this.#options.counters[WRITTEN] = this.#options.counters[TAKEN];
  }

  async #open(spec: AccessLogSpec): Promise<LogSink> {
    let sink: LogSink | null = null;
    sink = await this.#options.openSink(spec.to, {
      onTrouble: (error) => {
        // Before it is open, its promise tells.
        if (sink === null || this.#sink !== sink) return;
        this.#isTroubled = true;
        this.#retryAt = this.#options.now() + RETRY_MS;
        if (!this.#isOnTrial) this.#options.tell(`the access log cannot be written: ${error.message}`);
        this.#isOnTrial = true;
      },
      onDrop: (lines) => void Atomics.add(this.#options.counters, REFUSED, lines),
    });
    this.#isTroubled = false;
    this.#takenBefore = Atomics.load(this.#options.counters, TAKEN);
    return sink;
  }

  /** A reader of stdout that has gone does not come back; a file may. */
  async #tryAgain(): Promise<void> {
    const spec = this.#spec;
    if (spec?.to.kind !== 'file' || this.#options.now() < this.#retryAt) return;
    this.#retryAt = this.#options.now() + RETRY_MS;
    try {
      this.#sink = await this.#open(spec);
    } catch {
      // Said when it began.
    }
  }

  #empty(): void {
    const { counters } = this.#options;
    const text = this.#text;
    let count = 0;
    let lines = 0;
    for (const reader of this.#readers) {
      while (count < MOST_LINES && reader.next()) {
        count++;
        lines++;
        this.#format(reader, text);
        reader.release();
        if (text.length < PIECE_BYTES) continue;
        this.#write(text.take(), lines);
        lines = 0;
      }
    }
    if (lines > 0) this.#write(text.take(), lines);
    this.#settle();
    if (count > 0) Atomics.add(counters, TAKEN, count);
    if (this.#sink?.waiting !== 0) return;
    const taken = Atomics.load(counters, TAKEN);
    if (this.#isOnTrial && !this.#isTroubled && taken > this.#takenBefore) this.#pass();
    Atomics.store(counters, WRITTEN, taken);
  }

  /** Hands a piece on, while there is memory for it and for what waits already. */
  #write(text: Buffer, lines: number): void {
    const { memory, counters } = this.#options;
    const more = (this.#sink?.waiting ?? 0) + text.length - this.#kept;
    if (more <= 0 || memory.take(more, USE_LOG)) {
      this.#kept += Math.max(0, more);
      this.#sink?.write(text);
      return;
    }
    memory.count(MEMORY_LOG_LINES, lines);
    Atomics.add(counters, REFUSED, lines);
  }

  /** What has left the sink counts no more. */
  #settle(): void {
    const waiting = this.#sink?.waiting ?? 0;
    if (waiting >= this.#kept) return;
    this.#options.memory.give(this.#kept - waiting);
    this.#kept = waiting;
  }

  #pass(): void {
    this.#isOnTrial = false;
    this.#options.tell('the access log is written again');
  }

  #tellLosses(): void {
    const { now, counters } = this.#options;
    const dropped = this.#readers.reduce((sum, { ring }) => sum + ring.dropped, 0);
    const losses = dropped + Atomics.load(counters, REFUSED);
    if (losses === this.#toldLosses || now() - this.#toldAt < TELL_MS) return;
    const count = losses - this.#toldLosses;
    this.#toldLosses = losses;
    this.#toldAt = now();
    const message = `${count} lines of the access log were dropped`;
    this.#options.tell(message);
    // A sink that takes nothing would only lose this line as well, and it would be told next.
    if (this.#spec?.format !== 'json' || this.#isTroubled || this.#isOnTrial) return;
    Atomics.add(counters, TAKEN, 1);
    this.#sink?.write(Buffer.from(`${JSON.stringify({ level: 40, time: now(), dropped: count, msg: message })}\n`));
  }
}
