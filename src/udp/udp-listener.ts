/**
 * A socket of one thread that takes the datagrams of all clients, and the sessions that it has begun for them. It stays
 * open until the last of them is over: answers go out by it.
 */
import { ROUTE_DATAGRAMS_DROPPED, ROUTE_DATAGRAMS_FULL } from '../core/shared/route-table.ts';
import type {
  DatagramListenOptions,
  DatagramListener,
  DatagramListenerEvents,
  DatagramPeer,
} from '../net/datagrams.ts';
import type { ListenerSpec } from '../core/snapshot.ts';
import { UdpSession } from './session.ts';
import { SessionTable } from './session-table.ts';
import type { SessionOwner, UdpHost, UdpRoute } from './udp-host.ts';

/** How an IPv4 address looks where a socket of IPv6 hears it. */
const MAPPED = '::ffff:';
/** How every address is written where a socket is opened. */
const EVERYWHERE: ReadonlySet<string> = new Set(['', '::', '0.0.0.0']);

export class UdpListener implements DatagramListenerEvents, SessionOwner {
  spec: ListenerSpec;
  /** Null: no snapshot with it has come yet, or its pool is not there. */
  #route: UdpRoute | null = null;
  readonly #host: UdpHost;
  /**
   * One on every address, where this one has left the config: the system gives new clients to the socket of the narrower
   * address as long as that is open, so they are served here in its name.
   */
  heir: UdpListener | null = null;
  /** Null until it is open. */
  #socket: DatagramListener | null = null;
  /** The address that it was opened on. */
  #address = '';
  readonly #sessions = new SessionTable();
  /** Of those that it has begun, this many are not over yet. */
  #open = 0;
  /** Who is heard just now. */
  #current: UdpSession | null = null;
  /** Datagrams that have come in. */
  received = 0;
  #takesNew = true;
  #onQuiet: (() => void) | null = null;

  constructor(spec: ListenerSpec, host: UdpHost) {
    this.spec = spec;
    this.#host = host;
  }

  /** Resolves to the port. Rejects with the system's error. */
  async listen(where: DatagramListenOptions): Promise<number> {
    this.#address = where.host;
    this.#socket = await this.#host.datagrams.listen(where, this);
    return this.#socket.port;
  }

  /** 0 until it is open. */
  get port(): number {
    return this.#socket?.port ?? 0;
  }

  isAt({ host, port }: DatagramListenOptions): boolean {
    return port !== 0 && port === this.port && host === this.#address;
  }

  /** It would get what comes to the other one, if that were closed. */
  covers(other: UdpListener): boolean {
    const hasFamily = this.#address !== '0.0.0.0' || !other.#address.includes(':');
    return EVERYWHERE.has(this.#address) && hasFamily && this.port === other.port;
  }

  /** Back in the config after a {@link drain}: it serves new clients again. `route` null: its snapshot has yet to come. */
  resume(spec: ListenerSpec, route: UdpRoute | null): void {
    this.spec = spec;
    this.#takesNew = true;
    this.#onQuiet = null;
    this.heir = null;
    for (const session of this.#sessions.all()) session.stay();
    if (route !== null) this.update(route);
  }

  /** What holds for new sessions. Where it leads to another pool, those there are go on with answers alone. */
  update(route: UdpRoute | null): void {
    const before = this.#route;
    this.#route = route;
    if (route !== null) this.spec = route.listener;
    if (before === null || before.pool === route?.pool) return;
    for (const session of this.#sessions.all()) session.leave();
  }

  // ——— datagrams

  onDatagram(datagram: Buffer, peer: DatagramPeer): void {
    this.received++;
    const session = this.#sessions.find(peer);
    if (session === undefined) {
      this.#begin(datagram, peer);
      return;
    }
    this.#current = session;
    session.onClientDatagram(datagram);
    this.#current = null;
  }

  #begin(datagram: Buffer, peer: DatagramPeer): void {
    const host = this.#host;
    const route = this.#routeForNew;
    if (route === null) {
      if (this.#route !== null) host.routeTable.count(this.#route.slot, ROUTE_DATAGRAMS_DROPPED, 1);
      return;
    }
    if (this.#open >= route.mostSessions) {
      host.routeTable.count(route.slot, ROUTE_DATAGRAMS_FULL, 1);
      return;
    }
    const { address } = peer;
    const client = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
    const session = new UdpSession(peer, client, route, this, host);
    this.#open++;
    this.#sessions.add(session);
    this.#current = session;
    session.begin(datagram);
    this.#current = null;
  }

  /** Null: nobody new is served. */
  get #routeForNew(): UdpRoute | null {
    const { heir } = this;
    if (this.#takesNew) return this.#route;
    return heir !== null && heir.#takesNew ? heir.#route : null;
  }

  onUnsent(): void {
    const route = this.#route;
    if (route !== null) this.#host.routeTable.count(route.slot, ROUTE_DATAGRAMS_DROPPED, 1);
  }

  /** An exception costs the session that was heard. */
  onFault(): void {
    const session = this.#current;
    this.#current = null;
    session?.onOwnFault();
  }

  /** No session is open. */
  get isQuiet(): boolean {
    return this.#open === 0;
  }

  // ——— for sessions

  answer(datagram: Buffer, to: DatagramPeer): boolean {
    return this.#socket?.send(datagram, to) === true;
  }

  forget(session: UdpSession): void {
    this.#sessions.remove(session);
  }

  ended(_session: UdpSession): void {
    this.#open--;
    if (this.#open === 0) this.#onQuiet?.();
  }

  // ——— the end

  /**
   * Its sessions end as soon as nothing passes any more; then `onQuiet` is called, at once where there are none.
   * `takesNew`: it begins others until it is closed.
   */
  drain(takesNew: boolean, onQuiet: () => void): void {
    this.#takesNew = takesNew;
    this.#onQuiet = onQuiet;
    for (const session of this.#sessions.all()) session.drain();
    if (this.#open === 0) onQuiet();
  }

  /** Ends the sessions that are left. */
  close(): void {
    this.#takesNew = false;
    this.#onQuiet = null;
    for (const session of this.#sessions.all()) session.destroy();
    this.#socket?.close();
  }
}
