/**
 * The sessions of a listener, by the address and port of their clients. Two maps one behind the other: a key made of both
 * would have to be made, and hashed, for every datagram.
 */
import type { DatagramPeer } from '../net/datagrams.ts';
import type { UdpSession } from './session.ts';

export class SessionTable {
  readonly #byAddress = new Map<string, Map<number, UdpSession>>();

  find({ address, port }: DatagramPeer): UdpSession | undefined {
    return this.#byAddress.get(address)?.get(port);
  }

  /** In place of another one of this client. */
  add(session: UdpSession): void {
    const { address, port } = session.peer;
    const ports = this.#byAddress.get(address);
    if (ports === undefined) this.#byAddress.set(address, new Map([[port, session]]));
    else ports.set(port, session);
  }

  /** Another session of its client stays. */
  remove(session: UdpSession): void {
    const { address, port } = session.peer;
    const ports = this.#byAddress.get(address);
    if (ports?.get(port) !== session) return;
    ports.delete(port);
    if (ports.size === 0) this.#byAddress.delete(address);
  }

  /** As it is now. */
  all(): UdpSession[] {
    return [...this.#byAddress.values()].flatMap((ports) => [...ports.values()]);
  }
}
