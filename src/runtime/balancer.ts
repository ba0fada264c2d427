/**
 * Fairlead as a library: a config in, a running balancer out. Composes the control plane (names, snapshots, health,
 * workers, watchdog) in the caller's thread; the data planes run in worker threads, or with `threads: 0` here too.
 *
 * | state    | listen()                | close()           | close() again, or force |
 * | -------- | ----------------------- | ----------------- | ----------------------- |
 * | new      | serving, else closed    | closed            | –                       |
 * | serving  | rejects                 | draining → closed | –                       |
 * | draining | rejects                 | –                 | closed                  |
 * | closed   | rejects                 | at once           | at once                 |
 */
import { EventEmitter } from 'node:events';
import type { CheckTools } from '../checks/endpoint-check.ts';
import { Lateness } from '../checks/lateness.ts';
import type { HealthEvent } from '../checks/pool-health.ts';
import { PROBES } from '../checks/probes.ts';
import { systemScheduler } from '../checks/scheduler.ts';
import type { Cancel, Scheduler } from '../checks/scheduler.ts';
import type { Config } from '../config/config.ts';
import { diffSnapshots } from '../config/diff.ts';
import { enableLinearRegex } from '../config/linear-regex.ts';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import type { Random } from '../core/random.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { chooseEngine } from '../net/node/probe.ts';
import { readBalancerStats } from './balancer-stats.ts';
import type { BalancerStats } from './balancer-stats.ts';
import { SnapshotCompiler } from './compile.ts';
import type { CreateDataPlane } from './create-serving.ts';
import type { DataPlaneReport } from './data-plane-api.ts';
import { createDataPlane } from './data-plane.ts';
import { countConnections } from './descriptors.ts';
import { HealthKeeper } from './health.ts';
import type { ListenerAddress } from './listeners.ts';
import { lookupName, resolveNames } from './resolve-names.ts';
import type { Lookup } from './resolve-names.ts';
import { AUDIT_MS, SharedTables } from './shared-tables.ts';
import { countThreads } from './threads.ts';
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
  /** No worker is left and none will come: the process should end with code 70, so that its supervisor starts it anew. */
  dead: [];
}

/** A balancer over a validated config; nothing runs before `listen`. */
export function createBalancer(config: Config, options: BalancerOptions = {}): Balancer {
  return new Balancer(config, options);
}

export class Balancer extends EventEmitter<BalancerEvents> {
  readonly #config: Config;
  readonly #options: BalancerOptions;
  readonly #scheduler: Scheduler;
  readonly #tables = new SharedTables();
  readonly #health: HealthKeeper;
  #state: 'new' | 'serving' | 'draining' | 'closed' = 'new';
  #workers: WorkerSet | null = null;
  #snapshot: Snapshot | null = null;
  #compiler: SnapshotCompiler | null = null;
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
      await this.#start();
    } catch (error) {
      await this.#end();
      throw error;
    }
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

  // ———

  async #start(): Promise<void> {
    const { clock = systemClock, random = systemRandom, lookup = lookupName } = this.#options;
    if (this.#config.routes.some(({ match }) => match.path?.kind === 'regex')) enableLinearRegex();
    const threads = countThreads(this.#config.threads);
    const engine = await chooseEngine();
    const endpoints = await resolveNames(this.#config, lookup);
    const maxConnections = countConnections(this.#config.maxConnections);
    if (this.#state !== 'serving') throw new Error('listen: closed while it was starting');
    this.#compiler = new SnapshotCompiler({ threads, workerSlots: workerSlotsFor(threads), maxConnections });
    const snapshot = this.#compiler.compile(this.#config, endpoints, 0);
    const workers = createWorkerSet({
      threads,
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
    this.#workers = workers;
    await workers.start();
    await this.#apply(snapshot);
    this.#auditLater();
  }

  /** The only way a config takes effect: by its difference from the one before. */
  async #apply(snapshot: Snapshot): Promise<void> {
    const operations = diffSnapshots(this.#snapshot, snapshot);
    this.#snapshot = snapshot;
    this.#tables.attach(snapshot);
    this.#health.apply(operations);
    await this.#workers?.apply(snapshot, operations);
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
