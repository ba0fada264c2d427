/**
 * The data plane of one thread: takes connections from the listeners, gives them to the codec, and holds what
 * exchanges work with: the routing, the pools, the timer wheel, the counters. It is told of config only by snapshots
 * and the operations between them.
 */
import type { Fault } from '../../core/errors.ts';
import type { RescueOrder } from '../../core/health/evidence.ts';
import type { KeptMemory } from '../../core/kept-memory.ts';
import type { Operation } from '../../core/operations.ts';
import type { Random } from '../../core/random.ts';
import { hasSessions } from '../../core/server-names.ts';
import { ROUTE_FAULTS, RouteTable } from '../../core/shared/route-table.ts';
import type { Limits, ListenerSpec, PoolSpec, Snapshot, Timeouts } from '../../core/snapshot.ts';
import { Exchange } from '../../http/exchange/exchange.ts';
import type { ExchangeHost } from '../../http/exchange/exchange-host.ts';
import type { Routing } from '../../http/routing.ts';
import type { ServerHost, ServerSession } from '../../http/server-host.ts';
import type { ClientEvents, ClientStream } from '../../http/stream.ts';
import type { UpstreamHost } from '../../http1/dialer.ts';
import { glimpseOf } from '../../http1/glimpse.ts';
import { createAddressList } from '../../net/address-list.ts';
import { Guard } from '../../net/guard.ts';
import { loopClockOf } from '../../net/loop-clock.ts';
import type { LoopClock } from '../../net/loop-clock.ts';
import { TimerWheel } from '../../net/timer-wheel.ts';
import type { AcceptedConnection, ConnectionHandler, Transport } from '../../net/transport.ts';
import { SettlingList } from '../../upstream/settling-list.ts';
import type { Challenges } from '../shared/challenges.ts';
import type { DataPlane, DataPlaneOptions } from './data-plane-api.ts';
import { ConnectionRefusals } from './connection-refusals.ts';
import { Departures } from './departures.ts';
import { ReportsToMain } from './endpoint-reports.ts';
import { FailedRequestLog } from './failed-requests.ts';
import type { Failed } from './failed-requests.ts';
import type { StagesHost } from './listener-stages.ts';
import { HttpDate } from './http-date.ts';
import type { Layer4Session } from './layer4-session.ts';
import { LoadedParts } from './loaded-parts.ts';
import { openSession } from './open-session.ts';
import { createRouting } from './routing.ts';
import { PoolSet } from './pool-set.ts';
import { PULSE_MS, SilencePulse } from './silence-pulse.ts';
import { createRequestIdPrefix } from './request-id-prefix.ts';
import type { RouteLog } from './route-log.ts';
import { RouteLogs } from './route-logs.ts';
import type { OpenStaged } from './staged-session.ts';
import type { TcpPlane, TcpSessions } from './tcp-sessions.ts';
import type { UdpPlane } from './thread-udp.ts';
import { WorkerDialer } from './worker-dialer.ts';
import { WorkerStepHost } from './worker-step-host.ts';

/** Exchanges kept for reuse; more are made while more are in flight. */
const SPARE_EXCHANGES = 256;

export function createDataPlane(options: DataPlaneOptions): DataPlane {
  return new WorkerDataPlane(options);
}

class WorkerDataPlane implements DataPlane, ExchangeHost, ServerHost, UpstreamHost, StagesHost, TcpPlane, UdpPlane {
  readonly transport: Transport;
  readonly wheel: TimerWheel;
  readonly settling: SettlingList;
  readonly random: Random;
  readonly memory: KeptMemory;
  readonly refusals: ConnectionRefusals;
  onCrowded: ((isCrowded: boolean) => void) | null = null;
  readonly clock: LoopClock;
  readonly worker: number;
  readonly #options: DataPlaneOptions;
  readonly #pools: PoolSet;
  readonly #logs: RouteLogs;
  readonly #failed: FailedRequestLog;
  readonly #sessions = new Set<ServerSession>();
  readonly parts: LoadedParts;
  readonly #stepHost: WorkerStepHost;
  readonly layer4 = new Set<Layer4Session>();
  readonly #departures: Departures;
  readonly #silence: SilencePulse;
  readonly #cancelSilence: () => void;
  readonly #spare: Exchange[] = [];
  readonly #requestIdPrefix = `${createRequestIdPrefix()}-`;
  snapshot: Snapshot | null = null;
  /** Null until a listener has `tcp`. */
  #tcp: TcpSessions | null = null;
  #compiled: Routing | null = null;
  #routing: Routing | null = null;
  #routeTable: RouteTable | null = null;
  isTrusted: (address: string) => boolean = () => false;
  #requests = 0;
  readonly #date: HttpDate;
  isDraining = false;
  exchanges = 0;
  faults = 0;
  onIdle: (() => void) | null = null;

  constructor(options: DataPlaneOptions) {
    this.transport = options.transport;
    this.random = options.random;
    this.memory = options.memory;
    this.clock = loopClockOf(options.clock);
    this.#date = new HttpDate(options.clock);
    this.worker = options.worker;
    this.#options = options;
    this.#logs = new RouteLogs(options);
    const { clock, turns } = options;
    this.wheel = new TimerWheel({ clock, turns, onFault: (error) => this.reportFault(error) });
    const summed = { wheel: this.wheel, reportFault: (error: unknown) => this.reportFault(error) };
    this.parts = new LoadedParts(
      options.loaded ?? null,
      { plane: this, clock: this.clock },
      { ...summed, tell: (failed) => options.report({ type: 'middleware-failed', ...failed }) },
    );
    this.#stepHost = new WorkerStepHost(this, this.clock);
    this.settling = new SettlingList(loopClockOf(clock), new Guard((error) => this.reportFault(error)), turns);
    this.#failed = new FailedRequestLog({
      ...summed,
      tell: (failed) => options.report({ type: 'requests-failed', ...failed }),
    });
    this.refusals = new ConnectionRefusals({
      ...summed,
      tell: (refused) => options.report({ type: 'connections-refused', ...refused }),
    });
    this.#departures = new Departures({
      sessions: this.#sessions,
      layer4: this.layer4,
      wheel: this.wheel,
      timeouts: () => this.timeouts,
      reportFault: (error) => this.reportFault(error),
    });
    this.#pools = new PoolSet({
      worker: options.worker,
      random: options.random,
      clock: options.clock,
      turns,
      reports: new ReportsToMain((report) => options.report(report)),
      reportFault: (error) => this.reportFault(error),
      createDialer: (home, proxyProtocol) => new WorkerDialer(home, this, proxyProtocol),
      parts: this.parts,
      onRetired: (endpoints) => this.#departures.ofEndpoints(endpoints),
    });
    this.#silence = new SilencePulse({
      now: () => options.clock.now(),
      routeTable: () => this.routeTable,
      pools: () => this.#pools.all(),
      visitExchanges: (visit) => this.#departures.visitExchanges(visit),
    });
    this.#cancelSilence = turns.every(PULSE_MS, () => this.#pulse());
  }

  /** An entry of Node's like any other: what throws here must not end the worker. */
  #pulse(): void {
    try {
      this.#silence.beat();
    } catch (error) {
      this.reportFault(error);
    }
  }

  // ——— config

  loadFor(snapshot: Snapshot): Promise<void> | null {
    return this.parts.loadFor(snapshot);
  }

  apply(snapshot: Snapshot, operations: readonly Operation[]): void {
    this.snapshot = snapshot;
    // Routes and row first: who is moved away from a retired endpoint goes on at once.
    this.#attachRoutes(snapshot);
    this.#pools.apply(snapshot, operations);
    this.isTrusted = createAddressList(snapshot.settings.trustedProxies);
    this.#logs.apply(snapshot);
    const misdirection = this.parts.tls?.misdirectionOf(snapshot) ?? null;
    this.#compiled = createRouting(
      snapshot,
      this.#pools,
      (route) => this.#logs.of(route.accessLog),
      misdirection,
      (route) => this.parts.steps.stepsOf(route, this.#stepHost),
    );
    this.#routing = this.#answering(this.#compiled);
    if (this.parts.hasTcp) this.#tcpOf().apply(snapshot, (id) => this.#pools.lookUp(id), this.#logs.forSessions());
    this.parts.udp?.apply(snapshot, (id) => this.#pools.lookUp(id), this.#logs.forSessions());
    if (operations.some(({ op }) => op === 'set-settings')) this.#updateLimits(snapshot.settings.limits);
  }

  challenge(challenges: Challenges): void {
    this.parts.tls?.challenge(challenges);
    if (this.#compiled !== null) this.#routing = this.#answering(this.#compiled);
  }

  /** Authorities that look whether names lead here are answered before any route is asked. */
  #answering(routing: Routing): Routing {
    return this.parts.tls?.answering(routing, this.unroutedLog) ?? routing;
  }

  #tcpOf(): TcpSessions {
    const { TcpSessions } = this.parts.tcpParts;
    return (this.#tcp ??= new TcpSessions(this));
  }

  refresh(version: number, pools: readonly PoolSpec[], operations: readonly Operation[]): void {
    const before = this.snapshot;
    if (before === null) throw new Error('data plane: refreshed before its first snapshot');
    const changed = new Map(pools.map((pool) => [pool.id, pool]));
    this.snapshot = { ...before, version, pools: before.pools.map((pool) => changed.get(pool.id) ?? pool) };
    this.#pools.apply(this.snapshot, operations);
  }

  /** A larger table goes on with what the one before has counted. */
  #attachRoutes({ routeTable }: Snapshot): void {
    const before = this.#routeTable;
    if (before?.handle.id === routeTable.id) return;
    this.#routeTable = new RouteTable(routeTable, this.worker);
    before?.moveStripe(this.#routeTable, this.worker);
  }

  #updateLimits(limits: Limits): void {
    for (const session of this.#sessions) session.updateLimits(limits);
    this.#pools.updateLimits();
  }

  rescue({ pool, slot, generation }: RescueOrder): void {
    const endpoint = this.#pools.find(pool, slot, generation);
    // 0: it has come back since.
    if (endpoint !== null && endpoint.table.rescue[slot] !== 0) this.#departures.moveOff(endpoint);
  }

  heldRoutes(): readonly number[] {
    const { routes = [], sessionRows = {} } = this.snapshot ?? {};
    return this.#departures.heldRoutes(new Set([...routes.map(({ slot }) => slot), ...Object.values(sessionRows)]));
  }

  get unroutedLog(): RouteLog | null {
    return this.#logs.unrouted;
  }

  get routing(): Routing {
    if (this.#routing === null) throw new Error('data plane: used before its first snapshot');
    return this.#routing;
  }

  get routeTable(): RouteTable {
    return this.#routeTable as RouteTable;
  }

  get limits(): Limits {
    return (this.snapshot as Snapshot).settings.limits;
  }

  get timeouts(): Timeouts {
    return (this.snapshot as Snapshot).settings.timeouts;
  }

  // ——— connections

  accept(listener: ListenerSpec): (connection: AcceptedConnection) => ConnectionHandler {
    const http: OpenStaged = (connection) => openSession(connection, listener, this);
    const open = hasSessions(listener) ? this.#tcpOf().opens(listener, http) : http;
    if (listener.proxyProtocol === null && listener.tls === null) return open;
    const { StagedSession, stagesOf } = this.parts.proxyParts;
    const stages = stagesOf(listener, this);
    return (connection) => new StagedSession(connection, listener, this, open).begin(stages);
  }

  loadTls(): Promise<void> | null {
    return this.parts.loadTls(this, (told) => this.#options.report(told));
  }

  get connections(): number {
    return this.#sessions.size + this.layer4.size;
  }

  opened(session: ServerSession): void {
    this.#sessions.add(session);
  }

  closed(session: ServerSession): void {
    session.connection.end();
    if (this.#sessions.delete(session)) this.onSessionsOver();
  }

  onSessionsOver(): void {
    if (this.connections === 0 && this.onIdle !== null) this.onIdle();
  }

  drainListener(listener: ListenerSpec): void {
    this.#departures.ofListener(listener);
  }

  rejected(fault: Fault, client: ClientStream, head: string): void {
    this.routeTable.finish(0, fault.status, 0);
    this.routeTable.count(0, ROUTE_FAULTS, 1);
    this.unroutedLog?.refused(fault, client, glimpseOf(head));
  }

  beginDrain(): void {
    if (this.isDraining) return;
    this.isDraining = true;
    this.#pools.endHolding();
    for (const session of this.#sessions) session.drain();
  }

  destroy(): void {
    for (const session of [...this.#sessions, ...this.layer4]) session.destroy();
    this.#cancelSilence();
    this.#failed.flush();
    this.refusals.flush();
    this.parts.end();
    this.#pools.destroy();
    this.settling.stop();
    this.wheel.stop();
  }

  // ——— for exchanges and sessions

  now(): number {
    return this.clock.now();
  }

  ranMs(since: number, now: number): number {
    return this.#silence.ranMs(since, now);
  }

  wallTime(): number {
    return this.clock.wallTime();
  }

  httpDate(): string {
    return this.#date.now();
  }

  nextRequestId(): string {
    return this.#requestIdPrefix + (++this.#requests).toString(36);
  }

  begin(client: ClientStream): ClientEvents {
    this.exchanges++;
    const exchange = this.#spare.pop() ?? new Exchange(this);
    exchange.client = client;
    return exchange;
  }

  failed(failed: Failed): void {
    this.#failed.note(failed);
  }

  recycle(exchange: Exchange): void {
    this.exchanges--;
    if (this.#spare.length < SPARE_EXCHANGES) this.#spare.push(exchange);
  }

  // ——— for the control plane

  reportFault(error: unknown): void {
    this.faults++;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#options.report({ type: 'fault', message, stack: stack ?? '' });
  }
}
