/** A connection handler that writes down what it hears, and lets a test act in the middle of each call. */
import type { CloseReason, Connection, ConnectionHandler } from '../../src/net/transport.ts';

export type EventName = 'connect' | 'bytes' | 'drain' | 'end' | 'close';

export class Recorder implements ConnectionHandler {
  /** Names in order; a run of `bytes` counts once, `close` carries its kind, e.g. `close reset`. */
  readonly events: string[] = [];
  readonly faults: unknown[] = [];
  /** What to do inside an event, after it was written down. */
  readonly on: Partial<Record<EventName, (connection: Connection) => void>> = {};
  /** Sees the borrowed bytes themselves. */
  onBorrowed: ((buffer: Buffer, start: number, end: number) => void) | null = null;
  onFaulted: ((error: unknown) => void) | null = null;
  connection: Connection | null = null;
  reason: CloseReason | null = null;
  drains = 0;
  received = 0;
  #chunks: Buffer[] = [];
  #calls = 0;
  readonly #waiting = new Set<{ isMet: () => boolean; resolve: () => void }>();

  get text(): string {
    return this.bytes.toString('latin1');
  }

  get bytes(): Buffer {
    this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }

  /** Whether one of this recorder's methods is running: a call of ours must never lead back into it. */
  get isInside(): boolean {
    return this.#calls > 0;
  }

  /** Resolves as soon as an event has made the condition true. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ isMet, resolve }));
  }

  closed(): Promise<void> {
    return this.until(() => this.reason !== null);
  }

  onConnect(): void {
    this.#record('connect', 'connect');
  }

  onBytes(buffer: Buffer, start: number, end: number): void {
    this.#chunks.push(Buffer.from(buffer.subarray(start, end)));
    this.received += end - start;
    this.onBorrowed?.(buffer, start, end);
    this.#record('bytes', 'bytes');
  }

  onDrain(): void {
    this.drains += 1;
    this.#record('drain', 'drain');
  }

  onEnd(): void {
    this.#record('end', 'end');
  }

  onClose(reason: CloseReason): void {
    this.reason = reason;
    this.#record('close', `close ${reason.kind}`);
  }

  onFault(error: unknown): void {
    this.faults.push(error);
    this.#settle();
    this.onFaulted?.(error);
  }

  #record(name: EventName, text: string): void {
    if (text !== 'bytes' || this.events.at(-1) !== 'bytes') this.events.push(text);
    if (this.#calls > 0) this.events.push('REENTERED');
    this.#calls += 1;
    try {
      this.on[name]?.(this.connection!);
    } finally {
      this.#calls -= 1;
      this.#settle();
    }
  }

  #settle(): void {
    for (const waiter of this.#waiting) {
      if (!waiter.isMet()) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
