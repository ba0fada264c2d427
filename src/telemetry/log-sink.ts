/** Where the text of the access log goes. Nothing here waits: what cannot leave is dropped and counted. */
import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { pino } from 'pino';
import { createStream } from 'rotating-file-stream';
import type { RotatingFileStream } from 'rotating-file-stream';
import type { LogRotation, LogTarget } from '../core/access-log.ts';

/** Text that may wait for a slow reader or disk; beyond it whole pieces are dropped. */
const MOST_WAITING = 8 * 1024 * 1024;

export interface SinkEvents {
  /** The sink is of no use any more; what is written to it from now on is dropped. */
  onTrouble(error: Error): void;
  onDrop(text: string): void;
}

export interface LogSink {
  write(text: string): void;
  /** Bytes that have not reached the operating system. */
  readonly waiting: number;
  /** Goes on in a new file of the same name: somebody has moved the old one away. */
  reopen(): void;
  /** Resolves when all has left, or cannot. */
  end(): Promise<void>;
}

/** Rejects where the file cannot be opened. */
export async function openSink(target: LogTarget, events: SinkEvents): Promise<LogSink> {
  if (target.kind !== 'file') return openStream({ fd: target.kind === 'stdout' ? 1 : 2 }, events);
  makeFolder(dirname(target.path));
  return target.rotate === null
    ? openStream({ dest: target.path }, events)
    : openRotating(target.path, target.rotate, events);
}

/** Step by step: Node's recursive mkdir never returns where the system says ENOENT although the parent is there (/proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

type Destination = ReturnType<typeof pino.destination>;

/** pino's own destination: writes asynchronously, in large pieces, and tries again where a pipe is full. */
async function openStream(to: { fd: number } | { dest: string }, events: SinkEvents): Promise<LogSink> {
  const stream = pino.destination({ ...to, sync: false, mkdir: false, maxLength: MOST_WAITING });
  const { promise, resolve, reject } = Promise.withResolvers<LogSink>();
  stream.once('ready', () => resolve(new StreamSink(stream, events)));
  stream.once('error', reject);
  return promise;
}

class StreamSink implements LogSink {
  readonly #stream: Destination;
  readonly #events: SinkEvents;
  #isDead = false;
  waiting = 0;

  constructor(stream: Destination, events: SinkEvents) {
    this.#stream = stream;
    this.#events = events;
    stream.on('write', (bytes: number) => (this.waiting = Math.max(0, this.waiting - bytes)));
    stream.on('drop', (text: string) => {
      this.waiting -= Buffer.byteLength(text);
      events.onDrop(text);
    });
    stream.on('error', (error: Error) => this.#die(error));
  }

  write(text: string): void {
    if (this.#isDead) {
      this.#events.onDrop(text);
      return;
    }
    this.waiting += Buffer.byteLength(text);
    this.#stream.write(text);
  }

  reopen(): void {
    if (!this.#isDead) this.#stream.reopen();
  }

  async end(): Promise<void> {
    if (this.#isDead) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#stream.once('close', () => resolve(undefined));
    this.#stream.once('error', () => resolve(undefined));
    this.#stream.end();
    await promise;
  }

  /** The other side is gone, or the disk: one error says so, the rest would be the same. */
  #die(error: Error): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.waiting = 0;
    this.#events.onTrouble(error);
    this.#stream.destroy();
  }
}

async function openRotating(path: string, rotate: LogRotation, events: SinkEvents): Promise<LogSink> {
  const sink = new RotatingSink(path, rotate, events);
  await sink.opened();
  return sink;
}

class RotatingSink implements LogSink {
  readonly #path: string;
  readonly #rotate: LogRotation;
  readonly #events: SinkEvents;
  #stream: RotatingFileStream;
  #isDead = false;

  constructor(path: string, rotate: LogRotation, events: SinkEvents) {
    this.#path = path;
    this.#rotate = rotate;
    this.#events = events;
    this.#stream = this.#open();
  }

  get waiting(): number {
    return this.#isDead ? 0 : this.#stream.writableLength;
  }

  async opened(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#stream.once('open', () => resolve(undefined));
    this.#stream.once('error', reject);
    await promise;
  }

  write(text: string): void {
    if (this.#isDead || this.#stream.writableLength > MOST_WAITING) this.#events.onDrop(text);
    else this.#stream.write(text);
  }

  reopen(): void {
    const before = this.#stream;
    this.#stream = this.#open();
    before.end();
  }

  async end(): Promise<void> {
    if (this.#isDead) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#stream.once('close', () => resolve(undefined));
    this.#stream.once('error', () => resolve(undefined));
    this.#stream.end();
    await promise;
  }

  #open(): RotatingFileStream {
    const { bytes, every, keep, compress } = this.#rotate;
    const stream = createStream(nameRotated(basename(this.#path), compress), {
      path: dirname(this.#path),
      maxFiles: keep,
      history: `.${basename(this.#path)}.rotated`,
      intervalUTC: true,
      ...(bytes > 0 ? { size: `${bytes}B` as const } : {}),
      ...(every === '' ? {} : { interval: every }),
      ...(compress ? { compress: 'gzip' as const } : {}),
    });
    stream.on('error', (error) => {
      if (stream !== this.#stream || this.#isDead) return;
      this.#isDead = true;
      this.#events.onTrouble(error);
      stream.destroy();
    });
    return stream;
  }
}

/** `access.log` is put aside as `access-20261121T1355-1.log`, with `.gz` where it is packed. */
function nameRotated(name: string, isPacked: boolean): (time: number | Date, index?: number) => string {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  return (time, index) => {
    if (!(time instanceof Date)) return name;
    const stamp = time.toISOString().slice(0, 16).replace(/[-:]/g, '');
    return `${stem}-${stamp}-${index ?? 1}${extension}${isPacked ? '.gz' : ''}`;
  };
}
