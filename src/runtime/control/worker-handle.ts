/**
 * One data plane as the control plane sees it: what was asked of it, and what it has answered.
 *
 * | state    | serve   | release, drain, stop | failed   | idle | exit          |
 * | -------- | ------- | -------------------- | -------- | ---- | ------------- |
 * | starting | serving | draining             | draining | –    | gone: it died |
 * | serving  | –       | draining             | draining | –    | gone: it died |
 * | draining | –       | –                    | –        | idle | gone          |
 * | gone     | –       | –                    | –        | –    | –             |
 *
 * No socket is passed to a worker that drains; `idle` counts only when all that were passed before have arrived.
 */
import type { ListenerSpec, PoolSpec, Snapshot } from '../../core/snapshot.ts';
import type { Operation } from '../../core/operations.ts';
import type { Challenges } from '../shared/challenges.ts';
import { keyOf } from '../shared/listener-key.ts';
import type { ListenerKey, Listening } from '../shared/listener-key.ts';
import type { FromWorker, RestingListener, TestFault, ToWorker, WorkerStart } from '../shared/messages.ts';
import { PendingAnswers } from './pending-answers.ts';
import type { ThreadTable } from '../shared/thread-table.ts';
import type { TakeReport } from './reports.ts';
import type { Watched } from './watchdog.ts';
import type { CreateLink, WorkerLink } from './worker-link.ts';

export type WorkerState = 'starting' | 'serving' | 'draining' | 'gone';

/** What a handle hears that nobody asked for. */
export interface WorkerEvents {
  /** It met an exception that nobody caught, has given its listening sockets away, and drains. */
  onFailed(worker: WorkerHandle, reason: string): void;
  /** Listening sockets that reached it when it had given its own away already. */
  onLateSockets(worker: WorkerHandle, sockets: readonly RestingListener[]): void;
  onAtLimit(worker: WorkerHandle, connections: number): void;
  /** Its thread is gone. `reason` is `''` where the control plane ended it. */
  onGone(worker: WorkerHandle, reason: string): void;
}

export interface WorkerHandleOptions {
  readonly table: ThreadTable;
  readonly createLink: CreateLink;
  /** Where its reports go: past everybody in between. */
  readonly takeReport: TakeReport;
}

/** The thread went away before it answered. */
export class WorkerGone extends Error {
  readonly code = 'FL_WORKER_GONE';
  override readonly name = 'WorkerGone';
}

/** The system refused a listening socket. */
export class ListenRefused extends Error {
  /** The system's code, e.g. `EADDRINUSE`. */
  readonly code: string;
  override readonly name = 'ListenRefused';

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export class WorkerHandle implements Watched {
  /** Its row in every ledger. */
  readonly slot: number;
  state: WorkerState = 'starting';
  /** Version of the snapshot it works by. */
  confirmed = 0;
  /** Rows of routes that are gone, of which it still had an exchange when it confirmed. */
  heldRoutes: readonly number[] = [];
  /** Whether it has been given a snapshot, confirmed or not. */
  hasSnapshot = false;
  /** Sockets passed to it (`spread: even`). */
  passed = 0;
  /** Listening sockets it has given away and no heir has taken yet. */
  estate: readonly RestingListener[] = [];
  readonly #table: ThreadTable;
  readonly #link: WorkerLink;
  readonly #events: WorkerEvents;
  readonly #takeReport: TakeReport;
  readonly #pending = new PendingAnswers();
  /** Listening sockets that were asked for, until who asked has them. */
  readonly #yielded: RestingListener[] = [];
  /** Why it failed, until its listening sockets have arrived. */
  #failure: string | null = null;
  /** Why the control plane ends it; null while it does not. */
  #endReason: string | null = null;
  #isReady = false;
  #hasReleased = false;
  #isIdle = false;

  constructor(start: WorkerStart, options: WorkerHandleOptions, events: WorkerEvents) {
    const { table, createLink, takeReport } = options;
    this.slot = start.worker;
    this.#table = table;
    this.#takeReport = takeReport;
    this.#events = events;
    this.#link = createLink(start, {
      onMessage: (message) => this.#hear(message),
      onExit: (error) => this.#exited(error),
    });
  }

  /** Resolves when it can be told things. Everything below rejects with {@link WorkerGone} when it goes away first. */
  ready(): Promise<unknown> {
    return this.#isReady ? Promise.resolve() : this.#expect('ready');
  }

  /** It has what it needs to accept connections. */
  serve(): void {
    if (this.state === 'starting') this.state = 'serving';
  }

  /** Resolves when it works by this snapshot. */
  apply(snapshot: Snapshot, operations: readonly Operation[]): Promise<unknown> {
    this.hasSnapshot = true;
    this.post({ type: 'apply', snapshot, operations });
    return this.#expect(`applied ${snapshot.version}`);
  }

  /** The same where only these pools differ from the snapshot that it has. */
  refresh(version: number, pools: readonly PoolSpec[], operations: readonly Operation[]): Promise<unknown> {
    this.post({ type: 'refresh', version, pools, operations });
    return this.#expect(`applied ${version}`);
  }

  /** Resolves when it answers these challenges, and no others. */
  challenge(number: number, challenges: Challenges): Promise<unknown> {
    this.post({ type: 'challenge', number, challenges });
    return this.#expect(`challenged ${number}`);
  }

  /** Resolves to the port. Rejects with {@link ListenRefused}. */
  listen(listener: ListenerSpec, host: string, port: number, reusePort: boolean): Promise<number> {
    this.post({ type: 'listen', listener, host, port, reusePort });
    return this.#expect(`listening ${keyOf(listener)}`);
  }

  inherit(sockets: readonly RestingListener[]): Promise<unknown> {
    const transfer = sockets.map(({ handle }) => handle);
    this.#link.post({ type: 'inherit', sockets }, transfer);
    return this.#expect('inherited');
  }

  /** Resolves to listening sockets it has given away: all but `keep`, at most `most`. */
  async yieldSockets(listener: ListenerKey, keep: number, most: number): Promise<readonly RestingListener[]> {
    this.post({ type: 'yield-sockets', listener, keep, most });
    await this.#expect(`yielded ${listener}`);
    return this.#yielded.splice(0);
  }

  /** Resolves when its listening sockets are closed. */
  closeListener({ id, host, port, udp }: Listening): Promise<unknown> {
    const listening = { id, host, port, ...(udp === undefined ? {} : { udp: true }) };
    this.post({ type: 'close-listener', ...listening });
    return this.#expect(`closed ${keyOf(listening)}`);
  }

  /** Resolves when its listening sockets are in its {@link estate}. It drains from then on. */
  release(): Promise<unknown> {
    if (this.state !== 'gone') this.state = 'draining';
    this.post({ type: 'release' });
    return this.#expect('released');
  }

  drain(): void {
    this.state = 'draining';
    this.post({ type: 'drain' });
  }

  /** Resolves when it drains and has no client left, or is gone. */
  idle(): Promise<unknown> {
    return this.#isIdle ? Promise.resolve() : this.#expect('idle').catch(() => {});
  }

  /** Resets what is left and ends it; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.state === 'gone') return;
    this.state = 'draining';
    this.#endReason = '';
    this.post({ type: 'stop' });
    await this.#expect('stopped').catch(() => {});
    await this.terminate();
  }

  /** Ends it without asking it; resolves when it is gone. With a `reason` it counts as dead. */
  async terminate(reason = ''): Promise<void> {
    if (this.state === 'gone') return;
    this.#endReason = reason;
    const gone = this.#expect('gone');
    this.#link.terminate();
    await gone;
  }

  beats(): number {
    return this.#table.beats(this.slot);
  }

  /** CPU time of its thread in ms. Rejects once it is gone. */
  cpuMs(): Promise<number> {
    return this.#link.cpuMs();
  }

  breakDown(fault: TestFault): void {
    this.post({ type: 'test-fault', fault });
  }

  post(message: ToWorker): void {
    if (this.state !== 'gone') this.#link.post(message);
  }

  /** Hands an accepted socket over. */
  pass(message: Extract<ToWorker, { type: 'connection' }>): void {
    this.passed++;
    // Not among the transferables of the types yet, as a server is not.
    this.#link.post(message, [message.socket as never]);
  }

  #expect(answer: string): Promise<number> {
    if (this.state === 'gone') return Promise.reject(new WorkerGone('the worker is gone'));
    return this.#pending.expect(answer);
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        this.#pending.resolve('ready', 0);
        break;
      case 'applied':
        this.confirmed = message.version;
        this.heldRoutes = message.heldRoutes;
        this.#pending.resolve(`applied ${message.version}`, message.version);
        break;
      case 'challenged':
        this.#pending.resolve(`challenged ${message.number}`, 0);
        break;
      case 'listening':
        this.#pending.resolve(`listening ${message.listener}`, message.port);
        break;
      case 'listen-failed':
        this.#pending.reject(`listening ${message.listener}`, new ListenRefused(message.code, message.message));
        break;
      case 'yielded':
        this.#yielded.push(...message.sockets);
        this.#pending.resolve(`yielded ${message.listener}`, 0);
        break;
      case 'closed':
        this.#pending.resolve(`closed ${message.listener}`, 0);
        break;
      case 'failed':
        this.state = 'draining';
        this.#failure = message.stack === '' ? message.message : message.stack;
        break;
      case 'released':
        this.#hearReleased(message.sockets);
        break;
      case 'idle':
        if (message.received !== this.passed) break;
        this.#isIdle = true;
        this.#pending.resolve('idle', 0);
        break;
      case 'report':
        this.#takeReport(this.slot, message.report);
        break;
      case 'at-limit':
        this.#events.onAtLimit(this, message.connections);
        break;
      default:
        this.#pending.resolve(message.type, 0);
    }
  }

  /** It says so again where it failed and was released as well, and for each socket that was on its way to it. */
  #hearReleased(sockets: readonly RestingListener[]): void {
    if (!this.#hasReleased) this.estate = sockets;
    else if (sockets.length > 0) this.#events.onLateSockets(this, sockets);
    this.#hasReleased = true;
    this.#pending.resolve('released', 0);
    if (this.#failure !== null) this.#events.onFailed(this, this.#failure);
    this.#failure = null;
  }

  #exited(error: Error | null): void {
    this.state = 'gone';
    this.#pending.resolve('gone', 0);
    const reason = this.#endReason ?? this.#failure ?? describeEnd(error);
    this.#pending.rejectAll(new WorkerGone(`the worker is gone: ${reason}`));
    this.#events.onGone(this, reason);
  }
}

/** Where a thread could not begin for want of descriptors, the place in Node says nothing. */
function describeEnd(error: Error | null): string {
  if (error === null) return 'its thread ended';
  return /\bE[MN]FILE\b|too many open files/.test(error.message) ? error.message : (error.stack ?? error.message);
}

/** For promises of a worker whose end is looked after where it is heard of. */
export function ignoreGone(error: unknown): void {
  if (!(error instanceof WorkerGone)) throw error;
}
