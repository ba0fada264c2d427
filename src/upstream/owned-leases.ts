/**
 * Connections that belong to one client connection each, because their first bytes have said whose they are: they carry
 * its messages, one at a time, are given to nobody else, and close with it. They count as sockets of the endpoint, and not
 * as idle ones, which are there for everybody. Where somebody waits for a place (`maxConnections`), those that lie idle
 * make room.
 */
import { ExclusiveLeases } from './exclusive-leases.ts';
import type { Leased } from './leased.ts';
import type { Keeper, OwnedWaiter, Owner } from './owner.ts';

export class OwnedLeases<W extends OwnedWaiter> extends ExclusiveLeases<W> implements Keeper {
  /** Idle ones, by whose they are: the one that came last. Oldest first. */
  readonly #kept = new Map<Owner, Leased<W>>();

  override lease(waiter: W, now: number): boolean {
    const connection = this.#kept.get(waiter.owner);
    if (connection !== undefined) {
      // It may have been verified for another name.
      const isFit = connection.peerName === waiter.peerName;
      if (isFit && this.mayCarry(connection, waiter, now)) {
        this.#kept.delete(waiter.owner);
        connection.carry(waiter);
        return true;
      }
      if (!isFit || now - connection.idleSince >= connection.idleLimitMs) {
        this.#kept.delete(waiter.owner);
        connection.close();
      }
    }
    return super.lease(waiter, now);
  }

  override keep(connection: Leased<W>, now: number): boolean {
    const { owner } = connection;
    if (owner === null || owner.isGone || !this.isCurrent(connection) || !this.hasRoom()) return false;
    const before = this.#kept.get(owner);
    connection.idleSince = now;
    this.#kept.delete(owner);
    this.#kept.set(owner, connection);
    owner.tellAtEnd(this);
    before?.close();
    return true;
  }

  override drop(connection: Leased<W>): void {
    super.drop(connection);
    const { owner } = connection;
    if (owner !== null && this.#kept.get(owner) === connection) this.#kept.delete(owner);
  }

  ownerGone(owner: Owner): void {
    const connection = this.#kept.get(owner);
    this.#kept.delete(owner);
    connection?.close();
  }

  protected override get oldest(): Leased<W> | undefined {
    return this.#kept.values().next().value;
  }

  protected override closeOldest(): boolean {
    const { oldest } = this;
    if (oldest === undefined) return false;
    this.drop(oldest);
    oldest.close();
    return true;
  }
}
