/** The socket of a session to its endpoint, at one of the endpoint's addresses, counted among its connections. */
import type { DatagramFlow, DatagramFlowEvents, Datagrams } from '../net/datagrams.ts';
import type { CloseReason } from '../net/transport.ts';
import { AddressWalk } from '../upstream/connect-failure.ts';
import type { Dialing } from '../upstream/waiter.ts';
import type { FlowHome } from './udp-host.ts';

export class EndpointFlow implements Dialing {
  readonly #home: FlowHome;
  readonly #events: DatagramFlowEvents;
  readonly #datagrams: Datagrams;
  readonly #walk: AddressWalk;
  #flow: DatagramFlow;
  #isClosed = false;

  constructor(home: FlowHome, events: DatagramFlowEvents, datagrams: Datagrams) {
    this.#home = home;
    this.#events = events;
    this.#datagrams = datagrams;
    this.#walk = new AddressWalk(home.preferredAddress);
    this.#flow = this.#connect();
  }

  #connect(): DatagramFlow {
    const { addresses, port } = this.#home.spec;
    return this.#datagrams.connect({ host: addresses[this.#walk.index], port }, this.#events);
  }

  /** False: it is dropped. */
  send(datagram: Buffer): boolean {
    return this.#flow.send(datagram);
  }

  /** Goes on at another address of the endpoint, where this failure leaves one to try; it opens anew. */
  tryNext(reason: CloseReason): boolean {
    if (!this.#walk.next(reason, this.#home.spec.addresses.length)) return false;
    this.#flow.close();
    this.#flow = this.#connect();
    return true;
  }

  /** The endpoint has sent something. */
  heard(now: number): void {
    this.#home.preferredAddress = this.#walk.index;
    this.#home.heardAt = now;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#flow.close();
    this.#home.closed();
  }

  abort(): void {
    this.close();
  }
}
