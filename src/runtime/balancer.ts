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
import type { WithheldEjection } from '../checks/pool-outages.ts';
import type { HealthEvent, PanicEvent } from '../checks/pool-health.ts';
import { PROBES } from '../checks/probes.ts';
import { systemScheduler } from '../checks/scheduler.ts';
import type { Scheduler } from '../checks/scheduler.ts';
import type { ConfigInput } from '../config/config-input.ts';
import type { Config } from '../config/config.ts';
import { isComplete } from '../config/is-complete.ts';
import { systemClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import type { Standing } from '../core/health/agent.ts';
import type { Random } from '../core/random.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { chooseEngine } from './control/engine-choice.ts';
import type { InlineLinkOptions } from './inline-link.ts';
import type { BalancerStats } from './control/balancer-stats.ts';
import { ControlPlane } from './control/control-plane.ts';
import type { CreateDataPlane } from './worker/create-serving.ts';
import type { ListenerAddress } from './control/listeners.ts';
import type { OverflowEvent } from './control/overflow-watch.ts';
import type { PoolFailure } from './control/pool-failures.ts';
import type { HandshakeFailure } from './control/handshake-counts.ts';
import { BanRefused, NO_BANS } from './control/ban.ts';
import type { Ban } from './control/ban.ts';
import type { BanKeeper } from './control/ban-keeper.ts';
import type { CertificateEvent } from './control/certificate-event.ts';
import type { ListEvent } from './control/list-event.ts';
import type { MiddlewareFailure, SlowMiddleware } from './control/middleware-event.ts';
import type { ConnectionRefusal } from './control/refused-connections.ts';
import { ReloadError } from './control/reload.ts';
import type { ReloadResult } from './control/reload-result.ts';
import { lookupName } from './control/resolve-names.ts';
import type { Lookup } from './control/resolve-names.ts';
import type { WorkerChange } from './control/succession.ts';
import { Turns } from './control/turns.ts';
import type { SocketChange } from './control/unix-listeners.ts';
import type { CreateLink } from './control/worker-link.ts';
import { WORKER_URL } from './control/worker-url.ts';
import type { WorkerSet } from './control/worker-set.ts';

/** What a balancer takes from its surroundings. All may be left out. */
export interface BalancerOptions {
  /** What time it is, for tests with `threads: 0`: worker threads have the system's. Default: the system's. */
  readonly clock?: Clock;
  /** Where chance comes from, for tests with `threads: 0`. Default: the system's. */
  readonly random?: Random;
  /** When checks run, and the heartbeat of the data plane with `threads: 0`, for tests. Default: the system's timers. */
  readonly scheduler?: Scheduler;
  /** Finds the addresses of an endpoint's name. Default: the system's resolver. */
  readonly lookup?: Lookup;
  /**
   * Whether authorities are asked for the certificates that `acme` of a config wants. Without it, those that are kept are
   * served, and self-signed ones for the rest. Default: yes.
   */
  readonly getsCertificates?: boolean;
  /** @internal For tests: lets `breakWorker` break threads. */
  readonly allowTestFaults?: boolean;
  /** @internal For tests: another entry for the threads. */
  readonly workerUrl?: URL;
  /** @internal For tests: what checks do in place of asking. */
  readonly probes?: CheckTools['probes'];
  /** @internal For tests: other data planes, all of them in this thread. */
  readonly createDataPlane?: CreateDataPlane;
}

/** How {@link Balancer.close} ends. */
export interface CloseOptions {
  /** Ends now and cuts what is in flight. Default: what is in flight ends first, within `timeouts.drain`. */
  readonly force?: boolean;
}

/** The events of a balancer and their arguments. */
export interface BalancerEvents {
  /** An endpoint's health has changed. */
  health: [event: HealthEvent];
  /** A pool has come to have no healthy endpoint, or has one again. */
  panic: [event: PanicEvent];
  /** An endpoint was not ejected though its failures said so: its whole pool fails, or `dryRun` is on. */
  withheld: [event: WithheldEjection];
  /** Requests of a pool begin to go to a later priority, to backups or to another zone, or none do any more. */
  overflow: [event: OverflowEvent];
  /**
   * Requests that a pool had no good answer for: the first of each pool and reason at once, those that follow summed up
   * every 10 s.
   */
  failure: [failure: PoolFailure];
  /** Connections that a listener reset before they had a protocol; at most one event a second for each reason. */
  refused: [refusal: ConnectionRefusal];
  /** Handshakes of TLS that failed; at most one event a second for each listener. */
  handshake: [failure: HandshakeFailure];
  /** A certificate was renewed, cannot be used or got, expires soon, or has a key that others can read. */
  certificate: [event: CertificateEvent];
  /** A named list of addresses has changed, cannot be used, or is used without some of its lines. */
  list: [event: ListEvent];
  /** A worker failed, died, looped, was replaced. */
  worker: [change: WorkerChange];
  /** Nobody listens on a unix socket of the config any more, though it is tried again and again; or somebody does again. */
  socket: [change: SocketChange];
  /**
   * Hooks of a middleware threw, or took longer than `maxTime`: the first of each at once, those that follow summed up every
   * 10 s.
   */
  'middleware-failure': [failure: MiddlewareFailure];
  /** A hook of a middleware takes longer than its `budget`; at most one event a minute of each. */
  'middleware-slow': [slow: SlowMiddleware];
  /** An exception in our own code; it cost one exchange. */
  fault: [fault: { readonly worker: number; readonly message: string; readonly stack: string }];
  /** Accepting pauses at `maxConnections`; said once for each config. */
  limit: [connections: number];
  /** The access log cannot be written, has lost lines, or is written again; in words. */
  log: [message: string];
  /** `close` has begun to drain, or has come to its end. */
  drain: [phase: 'begin' | 'end'];
  /** Another config has taken effect, or the same one again. */
  reload: [result: ReloadResult];
  /** No worker is left and none will come: the process should end with code 70, so that its supervisor starts it anew. */
  dead: [];
}

/** Makes a complete config of what a program hands over, or throws. */
export type ToConfig = (config: Config | ConfigInput) => Config;

/**
 * A running balancer, made by {@link createBalancer}: it listens, takes other configs, tells what happens, and ends.
 * Its events are {@link BalancerEvents}; none of them has to be listened to.
 */
export class Balancer extends EventEmitter<BalancerEvents> {
  readonly #config: Config;
  readonly #toConfig: ToConfig;
  readonly #clock: Clock;
  readonly #controlPlane: ControlPlane;
  /** The start and reloads: one after another. */
  readonly #turns = new Turns();
  #state: 'new' | 'serving' | 'draining' | 'closed' = 'new';
  #closing: Promise<void> | null = null;

  /** @internal `toConfig`: takes configs that are complete, and no others, where it is left out. */
  constructor(config: Config, options: BalancerOptions = {}, toConfig: ToConfig = requireComplete) {
    super();
    this.#config = config;
    this.#toConfig = toConfig;
    this.#clock = options.clock ?? systemClock;
    const random = options.random ?? systemRandom;
    const scheduler = options.scheduler ?? systemScheduler;
    this.#controlPlane = new ControlPlane({
      clock: this.#clock,
      random,
      scheduler,
      lookup: options.lookup ?? lookupName,
      allowTestFaults: options.allowTestFaults ?? false,
      getsCertificates: options.getsCertificates ?? true,
      workerUrl: options.workerUrl ?? WORKER_URL,
      probes: options.probes ?? PROBES,
      isInline: options.createDataPlane !== undefined,
      loadInlineLinks: () => loadInlineLinks({ clock: this.#clock, random, scheduler }, options.createDataPlane),
      events: {
        onHealth: (event) => void this.emit('health', event),
        onPanic: (event) => void this.emit('panic', event),
        onWithheld: (event) => void this.emit('withheld', event),
        onOverflow: (event) => void this.emit('overflow', event),
        onWorker: (change) => void this.emit('worker', change),
        onSocketChange: (change) => void this.emit('socket', change),
        onFailure: (failure) => void this.emit('failure', failure),
        onRefused: (refusal) => void this.emit('refused', refusal),
        onHandshakeFailure: (failure) => void this.emit('handshake', failure),
        onCertificate: (event) => void this.emit('certificate', event),
        onList: (event) => void this.emit('list', event),
        onMiddlewareFailure: (failure) => void this.emit('middleware-failure', failure),
        onSlowMiddleware: (slow) => void this.emit('middleware-slow', slow),
        onFault: (fault) => void this.emit('fault', fault),
        onLimit: (connections) => void this.emit('limit', connections),
        onLogTrouble: (message) => void this.emit('log', message),
        onDead: () => void this.emit('dead'),
      },
    });
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
      await this.#turns.take(() => this.#controlPlane.start(this.#config));
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
   *
   * Takes both forms of a config, as {@link createBalancer} does, and rejects with {@link ConfigInvalid} as well.
   */
  async reload<PoolName extends string>(config: Config | ConfigInput<PoolName>): Promise<ReloadResult> {
    this.#requireServing();
    const to = this.#toConfig(config);
    const began = this.#clock.now();
    const result = await this.#turns.take(() => this.#reload(to, began));
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

  /**
   * To be called when somebody has moved the access log's file away: it goes on in a new one of the same name.
   * False: it goes to no file.
   */
  reopenLogs(): boolean {
    return this.#controlPlane.reopenLogs();
  }

  /**
   * Where the listeners really listen, in the order of the config, those on unix sockets last: the port where 0 was
   * asked for. Empty before `listen`.
   */
  addresses(): ListenerAddress[] {
    return this.#controlPlane.workers?.listeners.addresses() ?? [];
  }

  /** The figures at this moment, from shared memory: asking costs the data plane nothing. Throws before `listen`. */
  stats(): BalancerStats {
    return this.#controlPlane.stats();
  }

  /**
   * Takes an endpoint out of balancing, whatever its health, or back in: `drain` and `maintenance` leave what is in flight
   * alone. It holds across reloads, until the endpoint leaves the config. `reason` is for whoever looks at its health
   * later. False: the running config has no such endpoint.
   */
  setStanding(pool: string, endpoint: string, standing: Standing, reason: string): boolean {
    return this.#controlPlane.setStanding(pool, endpoint, standing, reason);
  }

  /** Clients that are banned, the one whose ban ends soonest first. */
  bans(): readonly Ban[] {
    return this.#controlPlane.lists.bans?.list() ?? [];
  }

  /**
   * Keeps a client out for a time, on every route and at once: an address, of IPv6 its network of 64 bits. Needs `banTable`
   * in the config. Throws a {@link BanRefused} for what is no client, and for this machine and `trustedProxies`.
   */
  ban(client: string, forMs: number, reason = ''): Ban {
    return this.#bans().ban(client, forMs, reason);
  }

  /** Lets a client in again. False: it was not banned. Throws as {@link ban} does. */
  unban(client: string): boolean {
    return this.#bans().unban(client);
  }

  #bans(): BanKeeper {
    const { bans } = this.#controlPlane.lists;
    if (bans === null) throw new BanRefused('no-bans', NO_BANS);
    return bans;
  }

  /** Replaces every worker, one after another, without losing a connection; so changed code is taken up. */
  async replaceWorkers(): Promise<void> {
    await this.#controlPlane.workers?.replaceAll();
  }

  /** @internal For tests, with `allowTestFaults`. */
  get workers(): WorkerSet | null {
    return this.#controlPlane.workers;
  }

  /** @internal For tests: what the data planes work by. */
  get snapshot(): Snapshot | null {
    return this.#controlPlane.snapshot;
  }

  // ———

  async #reload(config: Config, began: number): Promise<ReloadResult> {
    this.#requireServing();
    // Most processes end without a reload.
    const { describeChanges, summarize } = await import('./control/reload-result.ts');
    const { from, to, operations } = await this.#controlPlane.reload(config);
    const changes = describeChanges(from, to, operations);
    return { version: to.version, changes, summary: summarize(changes), durationMs: this.#clock.now() - began };
  }

  #requireServing(): void {
    if (this.#state === 'serving') return;
    const why = this.#state === 'new' ? 'it has not begun to listen' : `it is ${this.#state}`;
    throw new ReloadError(`reload: the balancer cannot take another config: ${why}`);
  }

  async #drain(): Promise<void> {
    this.#state = 'draining';
    this.emit('drain', 'begin');
    await this.#controlPlane.drain();
    await this.#end();
  }

  async #end(): Promise<void> {
    const wasDraining = this.#state === 'draining';
    await this.#controlPlane.end();
    if (this.#isClosed()) return;
    this.#state = 'closed';
    if (wasDraining) this.emit('drain', 'end');
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}

function requireComplete(config: Config | ConfigInput): Config {
  if (isComplete(config)) return config;
  throw new TypeError('the config has not been read');
}

/** The data plane is code of the worker threads: only with `threads: 0` it is needed here. */
async function loadInlineLinks(
  tools: Omit<InlineLinkOptions, 'createDataPlane' | 'createEngine'>,
  create: CreateDataPlane | undefined,
): Promise<CreateLink> {
  const { createInlineLinks } = await import('./inline-link.ts');
  const { createDataPlane } = await import('./worker/data-plane.ts');
  const { loadEngine } = await import('../net/node/load-engine.ts');
  const createEngine = await loadEngine(await chooseEngine());
  return createInlineLinks({ ...tools, createEngine, createDataPlane: create ?? createDataPlane });
}
