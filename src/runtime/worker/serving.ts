/**
 * One data plane and its listening sockets, at the command of the control plane: the same code in a worker thread
 * and, with `threads: 0`, in the caller's.
 *
 * | state    | release                  | drain                      | stop    | exception nobody caught       |
 * | -------- | ------------------------ | -------------------------- | ------- | ----------------------------- |
 * | serving  | sockets given, → draining | sockets closed, → draining | stopped | `failed`, then as `release`   |
 * | draining | nothing to leave         | nothing left to close      | stopped | counted                       |
 * | stopped  | –                        | –                          | –       | –                             |
 *
 * `idle` is said in draining whenever no client connection is left.
 */
import type { Transferable } from 'node:worker_threads';
import type { NodeTransport } from '../../net/node/transport.ts';
import { afterTurns } from '../shared/after-turns.ts';
import { ConnectionGate } from '../shared/connection-gate.ts';
import type { DataPlane } from './data-plane-api.ts';
import { keyOf } from '../shared/listener-key.ts';
import type { FromWorker, TestFault, ToWorker } from '../shared/messages.ts';
import { ThreadListeners } from './thread-listeners.ts';
import type { ThreadTable } from '../shared/thread-table.ts';

export interface ServingOptions {
  readonly worker: number;
  readonly threads: ThreadTable;
  readonly transport: NodeTransport;
  readonly dataPlane: DataPlane;
  post(message: FromWorker, transfer: readonly Transferable[]): void;
  /** Null: faults cannot be asked for. */
  readonly breakDown: ((fault: TestFault) => void) | null;
}

export class Serving {
  readonly #options: ServingOptions;
  readonly #dataPlane: DataPlane;
  readonly #gate: ConnectionGate;
  readonly #listeners: ThreadListeners;
  #state: 'serving' | 'draining' | 'stopped' = 'serving';
  #hasLetGo = false;
  /** Those that wait for what the first of them needs to be loaded; null: none does. */
  #held: ToWorker[] | null = null;
  /** Sockets that have been passed to this thread. */
  #received = 0;

  constructor(options: ServingOptions) {
    this.#options = options;
    this.#dataPlane = options.dataPlane;
    this.#gate = new ConnectionGate(options.threads, (connections) => this.#post({ type: 'at-limit', connections }));
    this.#listeners = new ThreadListeners({
      transport: options.transport,
      dataPlane: options.dataPlane,
      gate: this.#gate,
      post: (message, transfer) => options.post(message, transfer),
      onAccepted: () => {
        this.#publishLoad();
        this.#gate.check();
      },
    });
    this.#dataPlane.onIdle = () => this.#sayIdle();
    this.#dataPlane.onCrowded = (isCrowded) => this.#gate.crowd(isCrowded);
  }

  /** One message after another, in their order. */
  handle(message: ToWorker): void {
    if (this.#held !== null) {
      this.#held.push(message);
      return;
    }
    const loading = this.#loadFor(message);
    if (loading === null) {
      this.#obey(message);
      return;
    }
    this.#held = [message];
    loading.then(
      () => this.#obeyHeld(),
      (error: unknown) => this.fail(error),
    );
  }

  /** Null: it needs nothing, or nothing more. */
  #loadFor(message: ToWorker): Promise<void> | null {
    if (message.type === 'apply') return this.#dataPlane.loadFor(message.snapshot);
    if (message.type === 'listen' && message.listener.udp !== undefined) return this.#dataPlane.parts.loadUdp();
    if (message.type === 'bans' || message.type === 'lists')
      return this.#dataPlane.parts.loadClients(message, this.#options.worker);
    return message.type === 'certify' ? this.#dataPlane.loadTls() : null;
  }

  #obeyHeld(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const message of held) this.handle(message);
  }

  #obey(message: ToWorker): void {
    if (this.#state === 'stopped') return;
    switch (message.type) {
      case 'apply':
        this.#apply(message);
        break;
      case 'certify':
        this.#certify(message);
        break;
      case 'challenge':
        this.#answerChallenges(message);
        break;
      case 'bans':
      case 'lists':
        this.#dataPlane.parts.takeClients(message);
        break;
      case 'refresh':
        this.#refresh(message);
        break;
      case 'listen':
        void this.#listeners.listen(message);
        break;
      case 'inherit':
        this.#listeners.inherit(message.sockets);
        break;
      case 'serve-passed':
        this.#listeners.serve(message.listener);
        break;
      case 'connection':
        this.#takePassed(message);
        break;
      case 'update-listener':
        this.#listeners.update(message.listener);
        break;
      case 'rename-listener':
        this.#listeners.rename(message.from, message.listener);
        break;
      case 'yield-sockets':
        this.#listeners.yieldSockets(message);
        break;
      case 'close-listener':
        this.#listeners.close(keyOf(message));
        break;
      case 'release':
        this.#release();
        break;
      case 'drain':
        this.#drain();
        break;
      case 'stop':
        this.#stop();
        break;
      case 'rescue':
        this.#dataPlane.rescue(message);
        break;
      case 'test-fault':
        this.#options.breakDown?.(message.fault);
        break;
    }
  }

  #apply({ snapshot, operations }: Extract<ToWorker, { type: 'apply' }>): void {
    this.#gate.max = snapshot.settings.maxConnections;
    this.#dataPlane.apply(snapshot, operations);
    this.#post({ type: 'applied', version: snapshot.version, heldRoutes: this.#dataPlane.heldRoutes() });
  }

  #takePassed(message: Extract<ToWorker, { type: 'connection' }>): void {
    this.#received++;
    this.#listeners.takePassed(message);
  }

  #refresh({ version, pools, operations }: Extract<ToWorker, { type: 'refresh' }>): void {
    this.#dataPlane.refresh(version, pools, operations);
    this.#post({ type: 'applied', version, heldRoutes: this.#dataPlane.heldRoutes() });
  }

  #answerChallenges({ number, challenges }: Extract<ToWorker, { type: 'challenge' }>): void {
    this.#dataPlane.challenge(challenges);
    this.#post({ type: 'challenged', number });
  }

  #certify({ materials }: Extract<ToWorker, { type: 'certify' }>): void {
    this.#options.transport.setTlsEngine(materials.engine);
    this.#dataPlane.parts.tls?.apply(materials);
  }

  /** An exception that nobody caught: this thread's state cannot be trusted, so it ends as soon as its clients allow. */
  fail(error: unknown): void {
    if (this.#state !== 'serving') {
      this.#dataPlane.reportFault(error);
      return;
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#post({ type: 'failed', message, stack: stack ?? '' });
    this.#release();
  }

  /** No client is connected. */
  get isIdle(): boolean {
    return this.#dataPlane.connections === 0;
  }

  /** To be called every {@link BEAT_MS}. */
  beat(): void {
    this.#options.threads.beat(this.#options.worker);
    this.#publishLoad();
    this.#gate.check();
  }

  #publishLoad(): void {
    const { threads, worker } = this.#options;
    const { connections, exchanges, parts } = this.#dataPlane;
    threads.setLoad(worker, connections, exchanges, this.#received, parts.tls?.greetings ?? 0);
  }

  #post(message: FromWorker): void {
    this.#options.post(message, []);
  }

  // ——— the end

  #release(): void {
    this.#beginDrain();
    this.#listeners.release(() => this.#letGo());
  }

  /** What the kernel has accepted for us is served before a listening socket closes. */
  #drain(): void {
    this.#beginDrain();
    this.#listeners.drain(() => this.#letGo());
  }

  #beginDrain(): void {
    if (this.#state === 'serving') this.#state = 'draining';
    this.#dataPlane.beginDrain();
  }

  /** It listens no more. */
  #letGo(): void {
    this.#hasLetGo = true;
    if (this.#dataPlane.connections === 0) this.#sayIdle();
  }

  #sayIdle(): void {
    this.#publishLoad();
    if (this.#state === 'draining' && this.#hasLetGo) this.#post({ type: 'idle', received: this.#received });
  }

  #stop(): void {
    this.#state = 'stopped';
    this.#listeners.closeForGood();
    this.#dataPlane.destroy();
    // A socket that was reset says so in the next turn of the loop: then nothing is counted any more.
    afterTurns(2, () => {
      this.#publishLoad();
      this.#post({ type: 'stopped' });
    });
  }
}
