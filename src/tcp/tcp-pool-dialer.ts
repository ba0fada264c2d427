/** Makes connections of layer 4 to one endpoint: each is for one session alone, and none is kept. */
import type { ProxyHeaderSpec } from '../core/snapshot.ts';
import { dialAddress } from '../net/dial-address.ts';
import { destinationOf, proxiedClient } from '../net/proxy-protocol/proxied-client.ts';
import { proxyHeader } from '../net/proxy-protocol/write.ts';
import type { CloseReason, Connection, ConnectionHandler, Transport } from '../net/transport.ts';
import { AddressWalk, connectFailureOf } from '../upstream/connect-failure.ts';
import type { ConnectFailure } from '../upstream/connect-failure.ts';
import type { Dialer, Home } from '../upstream/leased.ts';
import type { OwnedWaiter } from '../upstream/owner.ts';
import type { Dialing } from '../upstream/waiter.ts';

/** Who wants a connection of layer 4. */
export interface TcpWaiter extends OwnedWaiter {
  /** Whose connection it is. */
  readonly client: Pick<Connection, 'facts' | 'localAddress'>;
  /** Whoever is to hear of it from now on is put into `upstream.events` before this returns. */
  onConnected(upstream: EndpointConnection): void;
  /** `code`: the system's, such as `ECONNREFUSED`, else `''`. */
  onConnectFailed(failure: ConnectFailure, code: string): void;
}

/** What a session hears of its endpoint. */
export interface EndpointEvents {
  onEndpointBytes(buffer: Buffer, start: number, end: number): void;
  onEndpointDrain(): void;
  /** The endpoint's FIN. */
  onEndpointEnd(): void;
  onEndpointClosed(reason: CloseReason): void;
  /** Our own code threw in one of these. */
  onOwnFault(): void;
}

/** What a dialer needs of the worker it runs on. */
export interface DialerHost {
  readonly transport: Transport;
  now(): number;
}

export class TcpPoolDialer implements Dialer<TcpWaiter> {
  readonly #home: Home<TcpWaiter>;
  readonly #host: DialerHost;
  readonly #proxyProtocol: ProxyHeaderSpec | null;

  /** `proxyProtocol`: the header that its connections begin with, null: none. */
  constructor(home: Home<TcpWaiter>, host: DialerHost, proxyProtocol: ProxyHeaderSpec | null) {
    this.#home = home;
    this.#host = host;
    this.#proxyProtocol = proxyProtocol;
  }

  dial(waiter: TcpWaiter): Dialing {
    return new EndpointConnection(waiter, this.#home, this.#host, this.#proxyProtocol);
  }

  updateLimits(): void {}
}

/** A connection to an endpoint, from its connect to its end, which its home has to hear of whoever else does. */
export class EndpointConnection implements ConnectionHandler, Dialing {
  readonly #home: Home<TcpWaiter>;
  readonly #host: DialerHost;
  readonly #proxyProtocol: ProxyHeaderSpec | null;
  /** Null: it is connected, or nobody waits for it any more. */
  #waiter: TcpWaiter | null;
  readonly #walk: AddressWalk;
  /** Null until it is connected. */
  events: EndpointEvents | null = null;
  connection: Connection;

  constructor(waiter: TcpWaiter, home: Home<TcpWaiter>, host: DialerHost, proxyProtocol: ProxyHeaderSpec | null) {
    this.#waiter = waiter;
    this.#home = home;
    this.#host = host;
    this.#proxyProtocol = proxyProtocol;
    this.#walk = new AddressWalk(home.preferredAddress);
    this.connection = this.#dial();
  }

  #dial(): Connection {
    const { addresses, port } = this.#home.spec;
    return this.#host.transport.dial(dialAddress(addresses[this.#walk.index], port), this);
  }

  abort(): void {
    this.#waiter = null;
    this.connection.reset();
  }

  onConnect(): void {
    this.#home.preferredAddress = this.#walk.index;
    const waiter = this.#waiter;
    this.#waiter = null;
    if (waiter === null) {
      this.connection.reset();
      return;
    }
    if (this.#proxyProtocol !== null) this.#introduce(waiter.client, this.#proxyProtocol);
    waiter.onConnected(this);
  }

  /** At once, since the endpoint may be the one that speaks first. */
  #introduce(client: TcpWaiter['client'], spec: ProxyHeaderSpec): void {
    const { facts } = client;
    this.connection.write(proxyHeader(spec, proxiedClient(facts, destinationOf(facts, client), '', spec)));
  }

  onBytes(buffer: Buffer, start: number, end: number): void {
    this.#home.heardAt = this.#host.now();
    this.events?.onEndpointBytes(buffer, start, end);
  }

  onDrain(): void {
    this.events?.onEndpointDrain();
  }

  onEnd(): void {
    this.events?.onEndpointEnd();
  }

  onClose(reason: CloseReason): void {
    const waiter = this.#waiter;
    if (waiter !== null && this.#dialNext(reason)) return;
    if (reason.kind === 'refused') this.#home.keeping.refused(this.#host.now());
    this.#waiter = null;
    this.#home.closed();
    if (waiter !== null) waiter.onConnectFailed(connectFailureOf(reason), reason.code);
    else this.events?.onEndpointClosed(reason);
  }

  /** An endpoint with several addresses (`localhost`) may be at the next one. */
  #dialNext(reason: CloseReason): boolean {
    if (!this.#walk.next(reason, this.#home.spec.addresses.length)) return false;
    this.connection = this.#dial();
    return true;
  }

  onFault(_error: unknown): void {
    const hears = this.#waiter ?? this.events;
    if (hears === null) this.connection.reset();
    else hears.onOwnFault();
  }
}
