/**
 * What a balancer has while it serves: names, snapshots, tables, health, workers. A config takes effect here and
 * nowhere else, at start as well: all that can fail is done first, then its difference from the one before is applied.
 */
import type { Cancel } from '../../checks/scheduler.ts';
import type { Config } from '../../config/config.ts';
import { diffListeners, diffSnapshots } from '../../config/diff.ts';
import { enableLinearRegexFor } from '../../config/linear-regex.ts';
import type { Standing } from '../../core/health/agent.ts';
import type { Operation } from '../../core/operations.ts';
import { MemoryTable, createMemoryTable } from '../../core/shared/memory-table.ts';
import type { PoolSpec, Snapshot } from '../../core/snapshot.ts';
import { chooseEngine } from './engine-choice.ts';
import { AccessLog } from './access-log.ts';
import { heedAgents } from './agent-weights.ts';
import { readBalancerStats } from './balancer-stats.ts';
import type { BalancerStats } from './balancer-stats.ts';
import { SnapshotCompiler } from './compile.ts';
import type { ControlPlaneOptions } from './control-plane-options.ts';
import { createCheckTools } from './create-check-tools.ts';
import { createWorkerSet, workerSlotsFor } from './create-worker-set.ts';
import type { CreateWorkerSetOptions } from './create-worker-set.ts';
import { HealthKeeper } from './health.ts';
import { LimitKeeper } from './limit-keeper.ts';
import { readMemoryStats } from './memory-stats.ts';
import { Refresher } from './refresher.ts';
import { MiddlewareLoader } from './middleware-loader.ts';
import { OverflowWatch } from './overflow-watch.ts';
import { ReloadError, isRemoval, requirePossible } from './reload.ts';
import { Reports } from './reports.ts';
import { resolveNames } from './resolve-names.ts';
import type { ResolvedPools } from './resolve-names.ts';
import { settleSettings } from './settle-settings.ts';
import { ListLoader } from './list-loader.ts';
import { loadForChecks } from './load-for-checks.ts';
import { SilenceWatch } from './silence-watch.ts';
import { StickyLoader } from './sticky-loader.ts';
import { SharedTables } from './shared-tables.ts';
import { countThreads } from './threads.ts';
import { TlsKeeper } from './tls-keeper.ts';
import { Turns } from './turns.ts';
import { createThreadLinks } from './worker-link.ts';
import type { Preparation, WorkerSet } from './worker-set.ts';

/** A config has taken the place of another. */
export interface ConfigChange {
  readonly from: Snapshot;
  readonly to: Snapshot;
  readonly operations: readonly Operation[];
}

export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #tables = new SharedTables();
  readonly #health: HealthKeeper;
  readonly #silence: SilenceWatch;
  readonly #overflow: OverflowWatch;
  readonly #reports: Reports;
  #workers: WorkerSet | null = null;
  #compiler: SnapshotCompiler | null = null;
  #memory: MemoryTable | null = null;
  #accessLog: AccessLog | null = null;
  readonly #sticky = new StickyLoader();
  readonly lists = new ListLoader();
  readonly #limits = new LimitKeeper();
  readonly #middleware: MiddlewareLoader;
  #snapshot: Snapshot | null = null;
  /** What the last snapshot was compiled of. */
  #source: { readonly config: Config; readonly endpoints: ResolvedPools } | null = null;
  readonly #refresher: Refresher;
  /** Whoever changes the snapshot, one after another. */
  readonly #turns = new Turns();
  readonly #tls: TlsKeeper;
  #cancelAudit: Cancel | null = null;
  #hasSaidLimit = false;
  #isEnding = false;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    const { clock, scheduler, events } = options;
    const tools = createCheckTools(options, (pool) => this.#tls.checksOf(pool));
    this.#health = new HealthKeeper(tools, (pool) => this.#tables.pool(pool), {
      onChange: (event) => {
        events.onHealth(event);
        this.#lookForOverflow(this.#snapshot?.pools.find(({ id }) => id === event.pool));
      },
      onPanic: (event) => events.onPanic(event),
      onWithheld: (event) => events.onWithheld(event),
      onRescue: (order) => this.#workers?.tell({ type: 'rescue', ...order }),
      onShare: (pool) => this.#refresher.changed(pool),
    });
    this.#refresher = new Refresher(scheduler, (pools) => void this.#turns.take(() => this.#refresh(pools)));
    this.#silence = new SilenceWatch({
      clock,
      scheduler,
      tables: this.#tables,
      health: this.#health,
      snapshot: () => this.#snapshot,
    });
    this.#overflow = new OverflowWatch((event) => events.onOverflow(event));
    this.#middleware = new MiddlewareLoader({ clock, scheduler, onSlow: (slow) => events.onSlowMiddleware(slow) });
    this.#tls = new TlsKeeper({
      ...options,
      turns: this.#turns,
      certify: (materials) => this.#workers?.certify(materials),
      challenge: async (challenges) => this.#workers?.challenge(challenges),
      onPool: (pool) => this.#refresher.changed(pool),
    });
    const onHandshakes: TlsKeeper['take'] = (ended) => this.#tls.take(ended);
    this.#reports = new Reports(this.#health, scheduler, { ...events, onHandshakes });
  }

  get workers(): WorkerSet | null {
    return this.#workers;
  }

  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  /** Resolves when every listener of every worker listens. Where it rejects, `end` is owed. */
  async start(config: Config): Promise<void> {
    enableLinearRegexFor(config.routes);
    const threads = countThreads(config.threads);
    const engine = await chooseEngine();
    const endpoints = await resolveNames(config, this.#options.lookup);
    const { isInline, loadInlineLinks, workerUrl } = this.#options;
    const createLink = threads === 0 || isInline ? await loadInlineLinks() : createThreadLinks(workerUrl);
    if (this.#isEnding) throw new Error('listen: closed while it was starting');
    const workerSlots = workerSlotsFor(threads);
    this.#compiler = new SnapshotCompiler(workerSlots);
    // A row for each worker, and one for the thread that writes the access log.
    const memory = new MemoryTable(createMemoryTable(workerSlots + 1), 0);
    this.#memory = memory;
    this.#accessLog = new AccessLog({
      workerSlots,
      memory,
      scheduler: this.#options.scheduler,
      onTrouble: (message) => this.#options.events.onLogTrouble(message),
    });
    this.#workers = this.#createWorkers({ threads, workerSlots, engine, createLink }, memory);
    await this.#workers.start();
    await this.#change(config, endpoints, this.#workers, this.#compiler);
    this.#silence.start();
    this.#cancelAudit = this.#tables.auditRegularly(this.#options.scheduler);
  }

  /** Resolves when every worker works by this config. Rejects before anything has changed. */
  async reload(config: Config): Promise<ConfigChange> {
    const from = this.#snapshot;
    if (from === null || this.#workers === null || this.#compiler === null) {
      throw new ReloadError('reload: the balancer is not listening');
    }
    requirePossible(from.threads, countThreads(config.threads), this.#workers.mostThreads);
    enableLinearRegexFor(config.routes);
    const endpoints = await resolveNames(config, this.#options.lookup);
    const [workers, compiler] = [this.#workers, this.#compiler];
    return this.#turns.take(() => this.#change(config, endpoints, workers, compiler));
  }

  stats(): BalancerStats {
    const [workers, memory] = [this.#workers, this.#memory];
    if (this.#snapshot === null || workers === null || memory === null)
      throw new Error('stats: the balancer has not begun to listen');
    const threads = {
      ...workers.load(),
      faults: this.#reports.faults,
      returned: this.#tables.returned,
      corrections: this.#tables.corrections,
    };
    const log = this.#accessLog?.stats() ?? { written: 0, dropped: 0 };
    return readBalancerStats(this.#snapshot, this.#tables, this.#health, {
      certificates: this.#tls.troubles,
      lists: this.lists.stats(),
      middlewareOf: (route) => this.#middleware.statsOf(route),
      workers: threads,
      accessLog: log,
      memory: readMemoryStats(memory),
      ...this.#limits.stats,
      listeners: this.#snapshot.listeners.map(({ id, tls }) => {
        return { listener: id, refused: this.#reports.refusals.of(id), tls: tls && this.#tls.statsOf(id) };
      }),
    });
  }

  /** False: there is no such endpoint. */
  setStanding(pool: string, endpoint: string, standing: Standing, reason: string): boolean {
    return this.#health.setStanding(pool, endpoint, standing, reason);
  }

  /** Lets every client finish, for at most the drain time. */
  async drain(): Promise<void> {
    this.#isEnding = true;
    this.#tls.stop();
    await this.#workers?.drain();
  }

  /** Ends what is left, now. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#cancelAudit?.();
    this.#refresher.close();
    this.#silence.stop();
    this.lists.close();
    this.#limits.stop();
    this.#tls.stop();
    this.#middleware.close();
    this.#health.close();
    await this.#workers?.stop();
    this.#reports.close();
    this.#tls.close();
    await this.#accessLog?.end();
  }

  /** Goes on in a new file of the same name. False: there is none. */
  reopenLogs(): boolean {
    return this.#accessLog?.reopen() ?? false;
  }

  // ———

  async #change(
    given: Config,
    endpoints: ResolvedPools,
    workers: WorkerSet,
    compiler: SnapshotCompiler,
  ): Promise<ConfigChange> {
    const config = await this.#middleware.prepare(given, compiler.workerSlots);
    const { accessLog } = config.settings;
    await loadForChecks(config, this.#health, this.#snapshot);
    await this.#sticky.load(config);
    const forLists = { ...this.#options, turns: this.#turns, workers };
    const lists = await this.lists.load(config.settings, forLists);
    const tls = await this.#tls.load(config);
    const machine = {
      threads: countThreads(config.threads),
      settings: settleSettings(config.settings),
      logRings: this.#accessLog?.ringsFor(accessLog) ?? [],
      stickyValues: this.#sticky.values,
      tlsEditions: tls?.editions ?? null,
      limits: await this.#limits.tablesFor(config, { ...this.#options, workerSlots: compiler.workerSlots }),
    };
    const from = this.#snapshot;
    const preparation = await this.#prepare(
      workers,
      diffListeners(from?.listeners ?? [], config.listeners),
      machine.threads,
    );
    await this.#accessLog?.prepare(accessLog).catch(async (error: unknown) => {
      await workers.discard(preparation);
      throw error;
    });
    const to = compiler.compile(config, this.#heedAgents(config, endpoints), machine, workers.confirmed);
    this.#source = { config, endpoints };
    const operations = diffSnapshots(from, to);
    this.#snapshot = to;
    if (this.#memory !== null) this.#memory.limitBytes = to.settings.memory.maxBytes;
    this.#tables.attach(to, workers.countingSlots);
    this.#limits.settle(to);
    this.#tls.settle(tls);
    await this.lists.settle(lists, to.settings, forLists);
    this.#health.apply(operations.filter((operation) => !isRemoval(operation)));
    const before = workers.serving;
    await workers.commit(to, operations, preparation).then(() => this.#tls.begin(config));
    await this.#middleware.settle(to, workers, before);
    await this.#accessLog?.settle(accessLog);
    // Only now does nobody pick them any more: marked before, a pool whose endpoints are all new would have had none.
    this.#health.apply(operations.filter(isRemoval));
    this.#overflow.keep(to.pools);
    for (const pool of to.pools) this.#lookForOverflow(pool);
    if (operations.some(({ op }) => op === 'set-settings')) this.#hasSaidLimit = false;
    return { from: from ?? to, to, operations };
  }

  #heedAgents(config: Config, endpoints: ResolvedPools): ResolvedPools {
    return heedAgents(config, endpoints, (pool, endpoint) => this.#health.agentOf(pool, endpoint));
  }

  /** Agents have set other weights or limits in these pools, or files of their TLS are others. Nothing here can fail but for the end. */
  async #refresh(changed: ReadonlySet<string>): Promise<void> {
    const [from, source, workers] = [this.#snapshot, this.#source, this.#workers];
    if (from === null || source === null || workers === null || this.#compiler === null || this.#isEnding) return;
    const heeded = this.#heedAgents(source.config, source.endpoints);
    const pools = new Map([...heeded].filter(([id]) => changed.has(id)));
    const to = this.#compiler.refresh(from, pools, this.#tls.editions, workers.confirmed);
    const operations = diffSnapshots(from, to);
    this.#snapshot = to;
    this.#health.apply(operations);
    const refreshed = to.pools.filter(({ id }) => changed.has(id));
    await workers.refresh(to, refreshed, operations);
  }

  /** Where the end comes in between, nothing has changed, and whatever failed did so because of that. */
  async #prepare(workers: WorkerSet, listeners: readonly Operation[], threads: number): Promise<Preparation> {
    const closed = (): ReloadError => new ReloadError('the balancer was closed before the config took effect');
    const preparation = await workers.prepare(listeners, threads).catch((error: unknown) => {
      throw this.#isEnding ? closed() : error;
    });
    if (!this.#isEnding) return preparation;
    await workers.discard(preparation);
    throw closed();
  }

  #createWorkers(
    chosen: Pick<CreateWorkerSetOptions, 'threads' | 'workerSlots' | 'engine' | 'createLink'>,
    memory: MemoryTable,
  ): WorkerSet {
    const { events } = this.#options;
    return createWorkerSet({
      ...this.#options,
      ...chosen,
      memory: memory.handle,
      takeReport: this.#reports.take,
      events: {
        onAtLimit: (connections) => this.#sayLimit(connections),
        onChange: (change) => events.onWorker(change),
        onSocketChange: (change) => events.onSocketChange(change),
        onSlotLeft: (slot) => {
          this.#tables.clearLedgers(slot);
          this.#limits.clearLedgers(slot);
          memory.clearRow(slot);
          this.#health.workerGone(slot);
        },
        onExhausted: () => events.onDead(),
      },
    });
  }

  /** Nothing to look for before the pool is in a snapshot. */
  #lookForOverflow(pool: PoolSpec | undefined): void {
    if (pool !== undefined) this.#overflow.look(pool, this.#tables.pool(pool.id));
  }

  /** Once for each config. */
  #sayLimit(connections: number): void {
    if (this.#hasSaidLimit) return;
    this.#hasSaidLimit = true;
    this.#options.events.onLimit(connections);
  }
}
