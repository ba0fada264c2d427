/**
 * The access log as the control plane has it: rings for the workers, and the scribe thread, which is there while
 * there is something to write. Its death costs the lines it held, counted, and a second without it.
 */
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';
import type { Scheduler } from '../../checks/scheduler.ts';
import type { AccessLogSpec } from '../../core/access-log.ts';
import type { MemoryTable } from '../../core/shared/memory-table.ts';
import { LogRing, createLogRing } from '../../telemetry/log-ring.ts';
import { REFUSED, SCRIBE_WORDS, TAKEN, WRITTEN } from '../../telemetry/scribe-messages.ts';
import type { FromScribe, ScribeStart, ToScribe } from '../../telemetry/scribe-messages.ts';
import { SCRIBE_URL } from './worker-url.ts';

/** What a log that is not taken off its hands may cost the end of the process. */
const END_MS = 2000;
const RESTART_MS = 1000;

/** The target of the access log cannot be opened. `message` says which and why. */
export class AccessLogError extends Error {
  readonly code = 'FL_ACCESS_LOG';
  override readonly name = 'AccessLogError';
}

/** What became of the access log's lines since the start. */
export interface AccessLogStats {
  /** Lines that were handed on. */
  readonly written: number;
  /** Lines that were lost: no room in a ring, a sink that takes nothing, a scribe that died. */
  readonly dropped: number;
}

export interface AccessLogOptions {
  readonly workerSlots: number;
  /** What the thread that writes it keeps counts here, in the last row. */
  readonly memory: MemoryTable;
  readonly scheduler: Scheduler;
  onTrouble(message: string): void;
  /** Default: a `Worker`. */
  readonly startThread?: (url: URL, options: WorkerOptions) => Worker;
}

export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #counters = new SharedArrayBuffer(SCRIBE_WORDS * Int32Array.BYTES_PER_ELEMENT);
  readonly #words = new Int32Array(this.#counters);
  /** Every set that workers were ever given, the newest last: an exchange may end on an old one. */
  readonly #rings: { readonly bytes: number; readonly buffers: readonly SharedArrayBuffer[] }[] = [];
  #spec: AccessLogSpec | null = null;
  #thread: Worker | null = null;
  #answer: PromiseWithResolvers<FromScribe> | null = null;
  #lost = 0;
  #isEnding = false;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  /** A ring for each worker. */
  ringsFor(spec: AccessLogSpec | null): readonly SharedArrayBuffer[] {
    if (spec === null) return [];
    const newest = this.#rings.at(-1);
    if (newest?.bytes === spec.bufferBytes) return newest.buffers;
    const buffers = Array.from({ length: this.#options.workerSlots }, () => createLogRing(spec.bufferBytes));
    this.#rings.push({ bytes: spec.bufferBytes, buffers });
    return buffers;
  }

  /** To be called before workers write by this config. Rejects with {@link AccessLogError}; nothing has changed then. */
  async prepare(spec: AccessLogSpec | null): Promise<void> {
    if (spec === null) return;
    this.ringsFor(spec);
    this.#thread ??= this.#start();
    const answer = await this.#ask({ type: 'write', spec, rings: this.#allRings() });
    if (answer.type === 'opened') {
      this.#spec = spec;
      return;
    }
    if (this.#spec === null) await this.#stop();
    const reason = answer.type === 'not-opened' ? answer.message : 'the thread that writes it ended';
    const target = spec.to.kind === 'file' ? spec.to.path : spec.to.kind;
    throw new AccessLogError(`accessLog: cannot write to ${target}: ${reason}`);
  }

  /** To be called once workers work by it. */
  async settle(spec: AccessLogSpec | null): Promise<void> {
    if (spec !== null || this.#thread === null) return;
    this.#spec = null;
    await this.#stop();
  }

  /** The file of that name is a new one: somebody has moved the old one away. False: there is no file. */
  reopen(): boolean {
    this.#post({ type: 'reopen' });
    return this.#spec?.to.kind === 'file';
  }

  stats(): AccessLogStats {
    const dropped = this.#allRings().reduce((sum, buffer) => sum + new LogRing(buffer).dropped, 0);
    const refused = Atomics.load(this.#words, REFUSED) + this.#lost;
    return { written: Atomics.load(this.#words, TAKEN) - refused, dropped: dropped + refused };
  }

  /** Writes what there is, within two seconds. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#stop();
  }

  // ———

  #start(): Worker {
    const workerData: ScribeStart = { counters: this.#counters, memory: this.#options.memory.handle };
    const start = this.#options.startThread ?? ((url, options) => new Worker(url, options));
    const thread = start(SCRIBE_URL, { workerData });
    thread.on('message', (message: FromScribe) => {
      if (message.type === 'trouble') this.#options.onTrouble(message.message);
      else this.#answer?.resolve(message);
    });
    thread.on('error', (error: unknown) => {
      this.#options.onTrouble(`the thread that writes the access log failed: ${String(error)}`);
    });
    thread.on('exit', () => this.#onExit(thread));
    // A balancer that is embedded does not keep its process alive for its log.
    thread.unref();
    return thread;
  }

  #onExit(thread: Worker): void {
    this.#answer?.resolve({ type: 'ended' });
    if (this.#thread !== thread) return;
    this.#thread = null;
    this.#options.memory.clearRow(this.#options.memory.handle.rows - 1);
    const lost = Math.max(0, Atomics.load(this.#words, TAKEN) - Atomics.load(this.#words, WRITTEN));
    this.#lost += lost;
    Atomics.store(this.#words, WRITTEN, Atomics.load(this.#words, TAKEN));
    if (this.#spec === null || this.#isEnding) return;
    this.#options.onTrouble(`the thread that writes the access log ended; ${lost} lines at most are lost`);
    this.#options.scheduler.after(RESTART_MS, () => this.#restart());
  }

  #restart(): void {
    if (this.#spec === null || this.#thread !== null || this.#isEnding) return;
    this.#thread = this.#start();
    this.#post({ type: 'write', spec: this.#spec, rings: this.#allRings() });
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    if (thread === null) return;
    const late = Promise.withResolvers<undefined>();
    const cancel = this.#options.scheduler.after(END_MS, () => late.resolve(undefined));
    await Promise.race([this.#ask({ type: 'end' }), late.promise]);
    cancel();
    this.#thread = null;
    await thread.terminate();
  }

  /** One question at a time: configs and the end take turns. */
  async #ask(message: ToScribe): Promise<FromScribe> {
    const answer = Promise.withResolvers<FromScribe>();
    this.#answer = answer;
    // Whoever waits for it must not find the process ended.
    const thread = this.#thread;
    thread?.ref();
    this.#post(message);
    const result = await answer.promise;
    thread?.unref();
    return result;
  }

  #post(message: ToScribe): void {
    this.#thread?.postMessage(message);
  }

  #allRings(): readonly SharedArrayBuffer[] {
    return this.#rings.flatMap(({ buffers }) => buffers);
  }
}
