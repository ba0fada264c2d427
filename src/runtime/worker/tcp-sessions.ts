/** The sessions of layer 4 of one thread, and the listeners that they come by. */
import type { KeptMemory } from '../../core/kept-memory.ts';
import type { RouteTable } from '../../core/shared/route-table.ts';
import { ServerNames } from '../../core/server-names.ts';
import type { ListenerSpec, PassthroughSpec, Snapshot, TcpSpec } from '../../core/snapshot.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';
import type { Connection } from '../../net/transport.ts';
import { TcpSession } from '../../tcp/session.ts';
import type { SessionLog, SessionRecord } from '../../tcp/session-record.ts';
import type { TcpHost, TcpPool, TcpRoute } from '../../tcp/tcp-host.ts';
import { TCP_SESSION } from '../../telemetry/log-line.ts';
import type { Failed } from './failed-requests.ts';
import type { Layer4Session } from './layer4-session.ts';
import type { RouteLogOptions } from './route-log.ts';
import { keySourceOf } from './routing.ts';
import { createSessionLog } from './session-log.ts';
import type { Opened } from './staged-session.ts';

/** What it has of the data plane. */
export interface TcpPlane {
  readonly wheel: TimerWheel;
  readonly memory: KeptMemory;
  readonly routeTable: RouteTable;
  readonly isDraining: boolean;
  /** Those that are open: kept by the data plane, which is there before this is loaded. */
  readonly layer4: Set<Layer4Session>;
  now(): number;
  wallTime(): number;
  /** No endpoint was found for a session. */
  failed(failed: Failed): void;
  /** The last one has closed. */
  onSessionsOver(): void;
}

/** Hears of a connection that is reset. */
const NOBODY: Opened = {
  onConnect: () => {},
  onBytes: () => {},
  onDrain: () => {},
  onEnd: () => {},
  onClose: () => {},
  onFault: () => {},
  leave: () => {},
  destroy: () => {},
};

export class TcpSessions implements TcpHost {
  readonly wheel: TimerWheel;
  readonly memory: KeptMemory;
  readonly #plane: TcpPlane;
  readonly #sessions: Set<Layer4Session>;
  #snapshot: Snapshot | null = null;
  #poolOf: (id: string) => TcpPool | null = () => null;
  #log: SessionLog | null = null;
  /** Pools that HTTP goes to as well. */
  #shared: ReadonlySet<string> = new Set();

  constructor(plane: TcpPlane) {
    this.#plane = plane;
    this.#sessions = plane.layer4;
    this.wheel = plane.wheel;
    this.memory = plane.memory;
  }

  apply(snapshot: Snapshot, poolOf: (id: string) => TcpPool | null, logOptions: RouteLogOptions | null): void {
    this.#snapshot = snapshot;
    this.#poolOf = poolOf;
    this.#log = createSessionLog(logOptions, TCP_SESSION);
    this.#shared = new Set(snapshot.routes.map(({ pool }) => pool));
  }

  /** What becomes of the connections of a listener behind their stages; `http`: of those that are none of these sessions. */
  opens(listener: ListenerSpec, http: (connection: Connection) => Opened): (connection: Connection) => Opened {
    const { tcp, tls } = listener;
    const open = tcp === undefined ? http : this.accept(listener, tcp);
    return tls?.passthrough === undefined ? open : this.#acceptPassed(listener, tls.passthrough, open);
  }

  /** Begins sessions for this listener; by its last pool where that has left the config, since what comes is served. */
  accept(listener: ListenerSpec, spec: TcpSpec): (connection: Connection) => Opened {
    let [snapshot, route] = [this.#snapshot, this.#compile(listener, spec)];
    return (connection) => {
      if (snapshot !== this.#snapshot) {
        snapshot = this.#snapshot;
        route = this.#compile(listener, spec) ?? route;
      }
      if (route !== null) return new TcpSession(connection, route, this);
      connection.reset();
      return NOBODY;
    };
  }

  /** The same for the names of a listener whose connections it does not open; `open`: what becomes of the others. */
  #acceptPassed(
    listener: ListenerSpec,
    passthrough: readonly PassthroughSpec[],
    open: (connection: Connection) => Opened,
  ): (connection: Connection) => Opened {
    const opens = new ServerNames(passthrough.map(({ name, to }) => [name, this.accept(listener, to)]));
    return (connection) => {
      const { tls, serverName } = connection.facts;
      const passOn = tls === null ? opens.find(serverName) : open;
      if (passOn === undefined) throw new Error(`listener ${listener.id}: TLS that was not opened goes nowhere`);
      return passOn(connection);
    };
  }

  /** Null: there is no such pool. */
  #compile(listener: ListenerSpec, spec: TcpSpec): TcpRoute | null {
    const pool = this.#poolOf(spec.pool);
    if (pool === null) return null;
    const slot = this.#snapshot?.sessionRows[listener.id] ?? 0;
    const key = keySourceOf(pool.spec.policy);
    return { listener, spec, pool, isShared: this.#shared.has(spec.pool), slot, key, log: this.#log };
  }

  // ——— for sessions

  get routeTable(): RouteTable {
    return this.#plane.routeTable;
  }

  get isDraining(): boolean {
    return this.#plane.isDraining;
  }

  now(): number {
    return this.#plane.now();
  }

  wallTime(): number {
    return this.#plane.wallTime();
  }

  opened(session: TcpSession): void {
    this.#sessions.add(session);
  }

  closed(session: TcpSession): void {
    if (this.#sessions.delete(session) && this.#sessions.size === 0) this.#plane.onSessionsOver();
  }

  failed({ pool, endpoint, cause, reason }: SessionRecord): void {
    this.#plane.failed({ pool, endpoint, cause, reason, status: 0 });
  }
}
