/** The UDP listeners of one thread: loaded by the first snapshot that has any, since most never do. */
import type { KeptMemory } from '../../core/kept-memory.ts';
import type { RouteTable } from '../../core/shared/route-table.ts';
import type { ListenerSpec, Snapshot } from '../../core/snapshot.ts';
import type { DatagramListenOptions, Datagrams } from '../../net/datagrams.ts';
import { Guard } from '../../net/guard.ts';
import type { LoopClock } from '../../net/loop-clock.ts';
import { createNodeDatagrams } from '../../net/node/datagrams.ts';
import type { Timer, TimerWheel } from '../../net/timer-wheel.ts';
import type { SessionRecord } from '../../tcp/session-record.ts';
import type { UdpSession } from '../../udp/session.ts';
import type { UdpHost, UdpPool, UdpRoute } from '../../udp/udp-host.ts';
import { UdpListener } from '../../udp/udp-listener.ts';
import { afterBacklog } from '../shared/after-turns.ts';
import { keyOf } from '../shared/listener-key.ts';
import type { ListenerKey } from '../shared/listener-key.ts';
import type { FromWorker } from '../shared/messages.ts';
import { UDP_SESSION } from '../../telemetry/log-line.ts';
import type { Failed } from './failed-requests.ts';
import type { Layer4Session } from './layer4-session.ts';
import type { RouteLogOptions } from './route-log.ts';
import { keySourceOf } from './routing.ts';
import { createSessionLog } from './session-log.ts';
import { TaskTimer } from './task-timer.ts';

/** What it has of the data plane. */
export interface UdpPlane {
  readonly wheel: TimerWheel;
  readonly memory: KeptMemory;
  readonly routeTable: RouteTable;
  readonly layer4: Set<Layer4Session>;
  readonly timeouts: { readonly drainMs: number };
  now(): number;
  wallTime(): number;
  failed(failed: Failed): void;
  onSessionsOver(): void;
  reportFault(error: unknown): void;
}

/** Whoever takes over has begun to listen: a thread that ends goes on so long for what is under way, ms. */
const RELEASE_MS = 1000;
/** The descriptors that the process has for connections of clients are there for all of them: this share for UDP. */
const SHARE_OF_CONNECTIONS = 0.25;

export class ThreadUdp implements UdpHost {
  readonly datagrams: Datagrams;
  readonly #plane: UdpPlane;
  readonly #listeners = new Map<ListenerKey, UdpListener>();
  /** Those that have left the config, and still have sessions, with what ends them. */
  readonly #leaving = new Map<UdpListener, Timer>();
  #compile: (spec: ListenerSpec) => UdpRoute | null = () => null;
  /** The end has begun: what comes to listen now is closed again. */
  #isEnding = false;
  #onStopped: (() => void) | null = null;

  constructor(plane: UdpPlane, clock: LoopClock) {
    this.#plane = plane;
    this.datagrams = createNodeDatagrams({ guard: new Guard((error) => plane.reportFault(error)), clock });
  }

  // ——— listeners

  /** Opens a socket; answers `listening` or `listen-failed`. */
  async answerListen(
    spec: ListenerSpec,
    where: DatagramListenOptions,
    answer: (message: FromWorker) => void,
  ): Promise<void> {
    const listener = keyOf(spec);
    try {
      answer({ type: 'listening', listener, port: await this.#listen(spec, where) });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      answer({ type: 'listen-failed', listener, code, message: String(error) });
    }
  }

  async #listen(spec: ListenerSpec, where: DatagramListenOptions): Promise<number> {
    const key = keyOf(spec);
    const there = this.#isEnding ? null : this.#takeBack(where);
    if (there !== null) {
      this.#listeners.set(key, there);
      there.resume(spec, this.#compile(spec));
      return there.port;
    }
    const listener = new UdpListener(spec, this);
    listener.update(this.#compile(spec));
    const bound = await listener.listen(where);
    if (this.#isEnding) {
      listener.close();
      throw Object.assign(new Error('this thread is at its end'), { code: 'ECANCELED' });
    }
    this.#listeners.get(key)?.close();
    this.#listeners.set(key, listener);
    // A snapshot may have come meanwhile.
    listener.update(this.#compile(spec));
    this.#nameHeirs();
    return bound;
  }

  #nameHeirs(): void {
    const listeners = [...this.#listeners.values()];
    for (const leaving of this.#leaving.keys())
      leaving.heir = listeners.find((listener) => listener.covers(leaving)) ?? null;
  }

  /**
   * One that has left the config, on the very same address: beside a second socket it would get new clients as well, and
   * serve none of them.
   */
  #takeBack(where: DatagramListenOptions): UdpListener | null {
    for (const [listener, timer] of this.#leaving) {
      if (!listener.isAt(where)) continue;
      this.#leaving.delete(listener);
      this.#plane.wheel.disarm(timer);
      return listener;
    }
    return null;
  }

  /** The address belongs to another listener of the config from now on. */
  rename(from: ListenerKey, spec: ListenerSpec): void {
    const listener = this.#listeners.get(from);
    if (listener === undefined) return;
    this.#listeners.delete(from);
    this.#listeners.set(keyOf(spec), listener);
    listener.update(this.#compile(spec));
  }

  /** It has left the config: it ends with its sessions, at the latest when the drain time is over. */
  close(key: ListenerKey): void {
    const listener = this.#listeners.get(key);
    if (listener === undefined) return;
    this.#listeners.delete(key);
    const end = (): void => {
      const timer = this.#leaving.get(listener);
      if (timer === undefined) return;
      this.#leaving.delete(listener);
      this.#plane.wheel.disarm(timer);
      listener.close();
    };
    this.#leaving.set(listener, this.#after(this.#plane.timeouts.drainMs, end));
    listener.drain(false, end);
    this.#nameHeirs();
  }

  apply(snapshot: Snapshot, poolOf: (id: string) => UdpPool | null, logOptions: RouteLogOptions | null): void {
    const log = createSessionLog(logOptions, UDP_SESSION);
    const shared = new Set(snapshot.routes.map(({ pool }) => pool));
    const mostSessions = mostSessionsOf(snapshot);
    const specs = new Map(snapshot.listeners.map((listener) => [keyOf(listener), listener]));
    this.#compile = (given) => {
      const listener = specs.get(keyOf(given));
      const spec = listener?.udp;
      const pool = spec === undefined ? null : poolOf(spec.pool);
      if (listener === undefined || spec === undefined || pool === null) return null;
      return {
        listener,
        spec,
        pool,
        isShared: shared.has(spec.pool),
        mostSessions: shareOf(Math.min(spec.maxSessions, mostSessions), snapshot),
        slot: snapshot.sessionRows[listener.id],
        key: keySourceOf(pool.spec.policy),
        log,
      };
    };
    // One that is not in the snapshot is closed, or renamed, by the message that follows: it goes on as it was.
    for (const listener of this.#listeners.values()) {
      const route = this.#compile(listener.spec);
      if (route !== null) listener.update(route);
    }
  }

  // ——— the end

  /**
   * Others have these addresses as well: they are left when nothing is under way, soon at any rate. Returns what is to be
   * called when all else of the thread is left; `onLetGo` is called after both.
   */
  release(onLetGo: () => void): () => void {
    const other = this.#end(true, onLetGo);
    this.#after(RELEASE_MS, () => this.stop());
    return other;
  }

  /** The same, but nobody new is served, and what is under way has all the time there is. */
  drain(onLetGo: () => void): () => void {
    return this.#end(false, onLetGo);
  }

  #end(takesNew: boolean, onLetGo: () => void): () => void {
    this.#isEnding = true;
    let left = 2;
    const onOneLeft = (): void => {
      left--;
      if (left === 0) onLetGo();
    };
    this.#onStopped = onOneLeft;
    const listeners = [...this.#listeners.values(), ...this.#leaving.keys()];
    const received = (): number => listeners.reduce((sum, listener) => sum + listener.received, 0);
    const stopIfQuiet = (): void => {
      if (listeners.every(({ isQuiet }) => isQuiet)) this.stop();
    };
    // What has arrived already is served, and may begin a session.
    const onQuiet = (): void => afterBacklog(received, stopIfQuiet);
    for (const listener of listeners) listener.drain(takesNew, onQuiet);
    if (listeners.length === 0) this.stop();
    return onOneLeft;
  }

  /** Closes every socket, and ends what is left. */
  stop(): void {
    this.#isEnding = true;
    for (const listener of [...this.#listeners.values(), ...this.#leaving.keys()]) listener.close();
    this.#listeners.clear();
    this.#leaving.clear();
    const onStopped = this.#onStopped;
    this.#onStopped = null;
    onStopped?.();
  }

  #after(ms: number, task: () => void): Timer {
    const timer = new TaskTimer(task, (error) => this.#plane.reportFault(error));
    this.#plane.wheel.arm(timer, ms);
    return timer;
  }

  // ——— for sessions

  get wheel(): TimerWheel {
    return this.#plane.wheel;
  }

  get memory(): KeptMemory {
    return this.#plane.memory;
  }

  get routeTable(): RouteTable {
    return this.#plane.routeTable;
  }

  get drainMs(): number {
    return this.#plane.timeouts.drainMs;
  }

  now(): number {
    return this.#plane.now();
  }

  wallTime(): number {
    return this.#plane.wallTime();
  }

  opened(session: UdpSession): void {
    this.#plane.layer4.add(session);
  }

  closed(session: UdpSession): void {
    if (this.#plane.layer4.delete(session) && this.#plane.layer4.size === 0) this.#plane.onSessionsOver();
  }

  failed({ pool, endpoint, cause, reason }: SessionRecord): void {
    this.#plane.failed({ pool, endpoint, cause, reason, status: 0 });
  }
}

/** Of a listener: each has an equal share, so that strangers who fill one leave the others theirs. */
function mostSessionsOf({ listeners, settings }: Snapshot): number {
  const sharing = listeners.filter(({ udp }) => udp !== undefined).length;
  return (settings.maxConnections * SHARE_OF_CONNECTIONS) / sharing;
}

/** What one thread has of the sessions of a listener. */
function shareOf(maxSessions: number, { threads }: Snapshot): number {
  return Math.max(1, Math.floor(maxSessions / Math.max(1, threads)));
}
