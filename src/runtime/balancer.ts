/**
 * Fairlead as a library: a config in, a running balancer out. Composes the control plane (names, snapshots, health,
 * workers, watchdog) in the caller's thread; the data planes run in worker threads, or with `threads: 0` here too.
 *
 * | state    | listen()                | reload()                        | close()           | close() again, or force |
 * | -------- | ----------------------- | ------------------------------- | ----------------- | ----------------------- |
 * | new      | serving, else closed    | rejects                         | closed            | –                       |
 * | serving  | rejects                 | after `listen` and earlier ones | draining → closed | –                       |
 * | draining | rejects                 | rejects                         | –                 | closed                  |
 * | closed   | rejects                 | rejects                         | at once           | at once                 |
 */
import { EventEmitter } from 'node:events';
import type { CheckTools } from '../checks/endpoint-check.ts';
import { Lateness } from '../checks/lateness.ts';
import type { HealthEvent } from '../checks/pool-health.ts';
import { PROBES } from '../checks/probes.ts';
import { systemScheduler } from '../checks/scheduler.ts';
import type { Cancel, Scheduler } from '../checks/scheduler.ts';
import type { Config } from '../config/config.ts';
import { diffListeners, diffSnapshots } from '../config/diff.ts';
import { enableLinearRegex } from '../config/linear-regex.ts';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Operation } from '../core/operations.ts';
import { systemRandom } from '../core/random.ts';
import type { Random } from '../core/random.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { chooseEngine } from '../net/node/probe.ts';
import type { NodeEngine } from '../net/node/transport.ts';
import { readBalancerStats } from './balancer-stats.ts';
import type { BalancerStats } from './balancer-stats.ts';
import { SnapshotCompiler } from './compile.ts';
import type { CreateDataPlane } from './create-serving.ts';
import type { DataPlaneReport } from './data-plane-api.ts';
import { createDataPlane } from './data-plane.ts';
import { countConnections } from './descriptors.ts';
import { HealthKeeper } from './health.ts';
import type { ListenerAddress } from './listeners.ts';
import { ReloadError, isRemoval, requirePossible } from './reload.ts';
import { describeChanges, summarize } from './reload-result.ts';
import type { ReloadResult } from './reload-result.ts';
import { resolveNames } from './resolve-names.ts';
import type { Lookup, ResolvedPools } from './resolve-names.ts';
import { AUDIT_MS, SharedTables } from './shared-tables.ts';
import { countThreads } from './threads.ts';
import { Turns } from './turns.ts';
import { WORKER_URL } from './worker-url.ts';
import { createWorkerSet, workerSlotsFor } from './create-worker-set.ts';
import type { WorkerChange } from './succession.ts';
import type { WorkerSet } from './worker-set.ts';

export interface BalancerOptions {
  /** Time and chance, for tests. With threads the data planes have their own. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly scheduler?: Scheduler;
  /** Default: the system's resolver. */
  readonly lookup?: Lookup;
  /** For tests: lets `breakWorker` break threads. */
  readonly allowTestFaults?: boolean;
  /** For tests: another entry for the threads, and another data plane with `threads: 0`. */
  readonly workerUrl?: URL;
  readonly createDataPlane?: CreateDataPlane;
}

export interface CloseOptions {
  /** Ends now and cuts what is in flight. Default: what is in flight ends first, within `timeouts.drain`. */
  readonly force?: boolean;
}

/** The events of a balancer and their arguments. */
export interface BalancerEvents {
  /** An endpoint's health has changed. */
  health: [event: HealthEvent];
  /** A worker failed, died, looped, was replaced. */
  worker: [change: WorkerChange];
  /** An exception in our own code; it cost one exchange. */
  fault: [fault: { readonly worker: number; readonly message: string; readonly stack: string }];
  /** Accepting pauses at `maxConnections`; said once. */
  limit: [connections: number];
  drain: [phase: 'begin' | 'end'];
  /** Another config has taken effect, or the same one again. */
  reload: [result: ReloadResult];
  /** No worker is left and none will come: the process should end with code 70, so that its supervisor starts it anew. */
  dead: [];
}

/** A balancer over a validated config; nothing runs before `listen`. */
export function createBalancer(config: Config, options: BalancerOptions = {}): Balancer {
  return new Balancer(config, options);
}

export class Balancer extends EventEmitter<BalancerEvents> {
  #config: Config;
  readonly #options: BalancerOptions;
  readonly #scheduler: Scheduler;
  readonly #tables = new SharedTables();
  readonly #health: HealthKeeper;
  #state: 'new' | 'serving' | 'draining' | 'closed' = 'new';
  #workers: WorkerSet | null = null;
  #snapshot: Snapshot | null = null;
  #compiler: SnapshotCompiler | null = null;
  /** The start and reloads: one after another. */
  readonly #turns = new Turns();
  #closing: Promise<void> | null = null;
  #cancelAudit: Cancel | null = null;
  #faults = 0;
  #hasSaidLimit = false;

  constructor(config: Config, options: BalancerOptions) {
    super();
    this.#config = config;
    this.#options = options;
    this.#scheduler = options.scheduler ?? systemScheduler;
    const clock = options.clock ?? systemClock;
    const tools: CheckTools = {
      clock,
      random: options.random ?? systemRandom,
      scheduler: this.#scheduler,
      lateness: new Lateness(clock, this.#scheduler),
      probes: PROBES,
    };
    const onChange = (event: HealthEvent): void => void this.emit('health', event);
    this.#health = new HealthKeeper(tools, (pool) => this.#tables.pool(pool), onChange);
  }

  /**
   * Resolves when every listener of every worker listens. Rejects, with nothing left open, with a `ListenError` that
   * names listener and address, or with `UnresolvedNames`. A pattern in the config's routes switches V8's linear
   * regular expressions on for the whole process.
   */
  async listen(): Promise<void> {
    if (this.#state !== 'new') throw new Error(`listen: the balancer is ${this.#state}`);
    this.#state = 'serving';
    try {
      await this.#turns.take(() => this.#start());
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /**
   * Lets another config take effect, by its difference from the one before: what has not changed keeps its sockets,
   * health, counters and tunnels. Requests in flight end by the config they began with. Endpoints and listeners that
   * are gone take nothing new; what they still have is cut when `timeouts.drain` (of the new config) is over. A moved
   * listener is open at its new address before the old one closes.
   *
   * Resolves when every thread works by it, with what has changed; emits `reload` as well. All or nothing: rejects with
   * `ListenError`, `UnresolvedNames` or a `ReloadError`, and then everything is as it was. Reloads take turns. Rejects
   * before `listen` and once `close` has been called.
   *
   * Needs a new process: `threads` from 0 to any other number or back, and more threads than there is room for (twice
   * the processors, at least 16).
   */
  async reload(config: Config): Promise<ReloadResult> {
    this.#requireServing();
    const began = performance.now();
    const result = await this.#turns.take(() => this.#reload(config, began));
    this.emit('reload', result);
    return result;
  }

  /**
   * Drains: no new connections, answers carry `Connection: close`, idle connections end after 1 s, the rest when done,
   * all within `timeouts.drain`. A second call ends at once what is left. Resolves when nothing is.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    if (this.#state === 'closed') return;
    const isForced = options.force === true || this.#state === 'draining' || this.#state === 'new';
    if (isForced) {
      await this.#end();
      return;
    }
    this.#closing ??= this.#drain();
    await this.#closing;
  }

  /** Where the listeners really listen. */
  addresses(): ListenerAddress[] {
    return this.#workers?.listeners.addresses() ?? [];
  }

  stats(): BalancerStats {
    const workers = this.#workers;
    if (this.#snapshot === null || workers === null) throw new Error('stats: the balancer has not begun to listen');
    return readBalancerStats(this.#snapshot, this.#tables, this.#health, {
      ...workers.load(),
      faults: this.#faults,
      returned: this.#tables.returned,
      corrections: this.#tables.corrections,
    });
  }

  /** Replaces every worker, one after another, without losing a connection; so changed code is taken up. */
  async replaceWorkers(): Promise<void> {
    await this.#workers?.replaceAll();
  }

  /** For tests, with `allowTestFaults`. */
  get workers(): WorkerSet | null {
    return this.#workers;
  }

  /** For tests: what the data planes work by. */
  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  // ———

  async #start(): Promise<void> {
    enablePatterns(this.#config);
    const threads = countThreads(this.#config.threads);
    const engine = await chooseEngine();
    const endpoints = await resolveNames(this.#config, this.#options.lookup);
    if (this.#state !== 'serving') throw new Error('listen: closed while it was starting');
    const workerSlots = workerSlotsFor(threads);
    this.#compiler = new SnapshotCompiler(workerSlots);
    const workers = this.#createWorkers(threads, workerSlots, engine);
    this.#workers = workers;
    await workers.start();
    await this.#change(this.#config, endpoints, workers);
    this.#auditLater();
  }

  #createWorkers(threads: number, workerSlots: number, engine: NodeEngine): WorkerSet {
    const { clock = systemClock, random = systemRandom } = this.#options;
    return createWorkerSet({
      threads,
      workerSlots,
      engine,
      clock,
      random,
      scheduler: this.#scheduler,
      workerUrl: this.#options.workerUrl ?? WORKER_URL,
      createDataPlane: this.#options.createDataPlane ?? createDataPlane,
      allowTestFaults: this.#options.allowTestFaults ?? false,
      events: {
        onReport: ({ slot }, report) => this.#hear(slot, report),
        onAtLimit: (connections) => this.#sayLimit(connections),
        onChange: (change) => void this.emit('worker', change),
        onSlotLeft: (slot) => this.#tables.clearLedgers(slot),
        onExhausted: () => void this.emit('dead'),
      },
    });
  }

  async #reload(config: Config, began: number): Promise<ReloadResult> {
    this.#requireServing();
    const from = this.#snapshot;
    const workers = this.#workers;
    if (from === null || workers === null) throw new ReloadError('reload: the balancer is not listening');
    requirePossible(from.threads, countThreads(config.threads), workers.mostThreads);
    enablePatterns(config);
    const endpoints = await resolveNames(config, this.#options.lookup);
    const operations = await this.#change(config, endpoints, workers);
    const to = this.#snapshot ?? from;
    const changes = describeChanges(from, to, operations);
    return {
      version: to.version,
      changes,
      summary: summarize(changes),
      durationMs: performance.now() - began,
    };
  }

  #requireServing(): void {
    if (this.#state === 'serving') return;
    const why = this.#state === 'new' ? 'it has not begun to listen' : `it is ${this.#state}`;
    throw new ReloadError(`reload: the balancer cannot take another config: ${why}`);
  }

  /** The only way a config takes effect: all that can fail first, then its difference from the one before. */
  async #change(config: Config, endpoints: ResolvedPools, workers: WorkerSet): Promise<readonly Operation[]> {
    const machine = { threads: countThreads(config.threads), maxConnections: countConnections(config.maxConnections) };
    const listeners = diffListeners(this.#snapshot?.listeners ?? [], config.listeners);
    const preparation = await workers.prepare(listeners, machine.threads);
    if (this.#state !== 'serving' || this.#compiler === null) {
      await workers.discard(preparation);
      throw new ReloadError('the balancer was closed before the config took effect');
    }
    const snapshot = this.#compiler.compile(config, endpoints, machine, workers.confirmed);
    const operations = diffSnapshots(this.#snapshot, snapshot);
    this.#config = config;
    this.#snapshot = snapshot;
    this.#tables.attach(snapshot, workers.countingSlots);
    this.#health.apply(operations.filter((operation) => !isRemoval(operation)));
    await workers.commit(snapshot, operations, preparation);
    // Only now does nobody pick them any more: marked before, a pool whose endpoints are all new would have had none.
    this.#health.apply(operations.filter(isRemoval));
    if (operations.some(({ op }) => op === 'set-globals')) this.#hasSaidLimit = false;
    return operations;
  }

  #hear(worker: number, report: DataPlaneReport): void {
    if (report.type !== 'fault') {
      this.#health.hear(report);
      return;
    }
    this.#faults++;
    this.emit('fault', { worker, message: report.message, stack: report.stack });
  }

  #sayLimit(connections: number): void {
    if (this.#hasSaidLimit) return;
    this.#hasSaidLimit = true;
    this.emit('limit', connections);
  }

  #auditLater(): void {
    this.#cancelAudit = this.#scheduler.after(AUDIT_MS, () => {
      this.#tables.audit();
      this.#auditLater();
    });
  }

  async #drain(): Promise<void> {
    this.#state = 'draining';
    this.emit('drain', 'begin');
    await this.#workers?.drain();
    await this.#end();
  }

  async #end(): Promise<void> {
    const wasDraining = this.#state === 'draining';
    this.#cancelAudit?.();
    this.#health.close();
    await this.#workers?.stop();
    if (this.#isClosed()) return;
    this.#state = 'closed';
    if (wasDraining) this.emit('drain', 'end');
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}

/** Flags of V8 for the whole process; threads that run already heed them in every expression made from then on. */
function enablePatterns({ routes }: Config): void {
  if (routes.some(({ match }) => match.path?.kind === 'regex')) enableLinearRegex();
}
