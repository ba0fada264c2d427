/**
 * Connections that carry one message at a time (HTTP/1.1, layer 4): those that are idle, newest first, those that are
 * being looked at, and who waits for one while the endpoint is at its `maxConnections`. Sockets and idle sockets are
 * counted over all threads in the pool's shared table.
 */
import { ConnectionKeeping, PROOF_MS } from '../core/resilience/connection-keeping.ts';
import { COUNTER_CONNECTS } from '../core/shared/pool-table.ts';
import type { PoolTable } from '../core/shared/pool-table.ts';
import type { EndpointSpec } from '../core/snapshot.ts';
import type { LoopTurns } from '../net/loop-turns.ts';
import type { LeaseLimits, LeasePool } from './lease-pool.ts';
import type { Dialer, Home, Leased } from './leased.ts';
import { StrayRecord } from './stray-record.ts';
import { LEASE_ANY, LEASE_OWN, LEASE_PROVED } from './waiter.ts';
import type { Waiter } from './waiter.ts';
import { WaitingLine } from '../core/waiting-line.ts';

export interface ExclusiveLeasesOptions<W extends Waiter> {
  readonly spec: EndpointSpec;
  readonly table: PoolTable;
  readonly limits: LeaseLimits;
  readonly turns: LoopTurns;
  createDialer(home: Home<W>): Dialer<W>;
  /** An exception of ours that belongs to one waiter, and not to the entry it happened in. */
  reportFault(error: unknown): void;
}

export class ExclusiveLeases<W extends Waiter> implements LeasePool<W>, Home<W> {
  spec: EndpointSpec;
  addresses: readonly string[];
  limits: LeaseLimits;
  preferredAddress = 0;
  heardAt = -Infinity;
  readonly keeping = new ConnectionKeeping();
  readonly strays: StrayRecord;
  readonly #slot: number;
  readonly #dialer: Dialer<W>;
  readonly #turns: LoopTurns;
  readonly #reportFault: (error: unknown) => void;
  #table: PoolTable;
  /** Newest last. */
  readonly #idle: Leased<W>[] = [];
  readonly #waiting = new WaitingLine<W>();
  /** Between an answer and the idle ones: not yet known to be clean. */
  readonly #settling = new Set<Leased<W>>();
  #isRetired = false;
  #isLookingForProof = false;

  constructor(options: ExclusiveLeasesOptions<W>) {
    this.spec = options.spec;
    this.addresses = options.spec.addresses;
    this.#slot = options.spec.slot;
    this.#table = options.table;
    this.limits = options.limits;
    this.#turns = options.turns;
    this.#reportFault = (error) => options.reportFault(error);
    this.strays = new StrayRecord(options.table, options.spec.slot);
    this.#dialer = options.createDialer(this);
  }

  // ——— for the endpoint

  /**
   * The newest idle connection, else a new one. What must not be sent twice takes an idle one only where the endpoint
   * has proved to keep them, and none that has lain idle for over half its time, since the server may be closing it
   * just now.
   */
  lease(waiter: W, now: number): boolean {
    const { want } = waiter;
    const mayReuse = want === LEASE_ANY || (want === LEASE_PROVED && this.#isTrusted(now));
    while (mayReuse) {
      const connection = this.limits.tls === null ? this.#idle.pop() : this.#takeVerified(waiter.peerName);
      if (connection === undefined) break;
      this.#table.leaveIdle(this.#slot);
      const age = now - connection.idleSince;
      if (age < connection.idleLimitMs) {
        if (want === LEASE_ANY || age * 2 <= connection.idleLimitMs) {
          connection.carry(waiter);
          return true;
        }
        // Too old for this one, good enough for another: but only while it keeps its place among the idle.
        if (this.#table.tryIdle(this.#slot, this.limits.maxIdle)) this.#idle.push(connection);
        else connection.close();
        break;
      }
      connection.close();
    }
    if (this.#tryDial(waiter)) return true;
    this.#waiting.join(waiter);
    // Others that hold idle connections are asked to give one up.
    Atomics.store(this.#table.wanted, this.#slot, 1);
    return false;
  }

  /** Whether a kept connection may carry this one, by the same rules. */
  protected mayCarry({ idleSince, idleLimitMs }: Leased<W>, { want }: W, now: number): boolean {
    const age = now - idleSince;
    if (want === LEASE_ANY) return age < idleLimitMs;
    return want === LEASE_PROVED && age * 2 <= idleLimitMs && this.#isTrusted(now);
  }

  /** The newest one that was verified for this name. */
  #takeVerified(name: string): Leased<W> | undefined {
    for (let at = this.#idle.length - 1; at >= 0; at--)
      if (this.#idle[at].peerName === name) return this.#idle.splice(at, 1)[0];
    return undefined;
  }

  #isTrusted(now: number): boolean {
    if (this.keeping.lacksProof) this.#lookForProof(now);
    return this.keeping.isTrusted(now);
  }

  /**
   * The oldest idle connection may be the proof that is lacking. Its end may have come while this turn was handled, or
   * stood still, so it is asked when another one has read its sockets.
   */
  #lookForProof(now: number): void {
    const { oldest } = this;
    if (this.#isLookingForProof || oldest === undefined) return;
    if (now - oldest.idleSince < PROOF_MS) return;
    this.#isLookingForProof = true;
    this.#turns.once(0, () => {
      this.#isLookingForProof = false;
      if (this.oldest === oldest) this.keeping.laidIdle();
    });
  }

  #tryDial(waiter: W): boolean {
    const { maxConnections } = this.limits;
    let isOpen = this.#table.tryOpen(this.#slot, maxConnections);
    if (!isOpen) {
      // At the limit with an idle connection of our own (one too old for a POST): that one makes room.
      if (!this.closeOldest()) return false;
      isOpen = this.#table.tryOpen(this.#slot, maxConnections);
      if (!isOpen) return false;
    }
    this.#table.count(this.#slot, COUNTER_CONNECTS, 1);
    waiter.onDialing(this.#dialer.dial(waiter));
    return true;
  }

  /** Of the idle ones; undefined: there is none. */
  protected get oldest(): Leased<W> | undefined {
    return this.#idle[0];
  }

  /** False: there is no idle one. */
  protected closeOldest(): boolean {
    const oldest = this.#idle.shift();
    if (oldest === undefined) return false;
    this.#table.leaveIdle(this.#slot);
    oldest.close();
    return true;
  }

  cancel(waiter: W): void {
    if (this.#waiting.leave(waiter)) this.#wantLess();
  }

  lookForPlaces(): void {
    if (this.#waiting.size > 0) this.#serveWaiting();
    else this.#yieldIdle();
  }

  update(spec: EndpointSpec, limits: LeaseLimits): void {
    const isElsewhere = !isSameList(spec.addresses, this.addresses);
    const isOther = limits.tls !== this.limits.tls || isElsewhere;
    this.spec = spec;
    this.limits = limits;
    if (isElsewhere) {
      this.addresses = spec.addresses;
      this.preferredAddress = 0;
    }
    if (isOther) while (this.closeOldest());
  }

  updateHeadLimits(): void {
    this.#dialer.updateLimits();
  }

  moveTo(table: PoolTable): void {
    this.#table = table;
    this.strays.moveTo(table);
  }

  retire(): void {
    this.#isRetired = true;
    for (const connection of this.#settling) connection.close();
    this.#settling.clear();
    while (this.closeOldest());
    this.#table.yieldPlaces(this.#slot);
    // One that is moved may make others leave, or come back here.
    for (let left = this.#waiting.size; left > 0; left--) {
      const waiter = this.#waiting.shift();
      if (waiter !== null) this.#moveAway(waiter);
    }
    this.#wantLess();
  }

  /** One that throws must not keep the others here. */
  #moveAway(waiter: W): void {
    try {
      waiter.onMoved();
    } catch (error) {
      this.#reportFault(error);
      waiter.onOwnFault();
    }
  }

  // ——— for its connections

  keep(connection: Leased<W>, now: number): boolean {
    const { tls } = this.limits;
    if (this.#isRetired || !this.isCurrent(connection)) return false;
    const { first } = this.#waiting;
    if (first !== null) {
      if (tls !== null && connection.peerName !== first.peerName) return false;
      // Closed, it makes room for a new one.
      if (first.want === LEASE_OWN || (first.want !== LEASE_ANY && !this.#isTrusted(now))) return false;
      this.#waiting.shift();
      this.#wantLess();
      this.#give(connection, first);
      return true;
    }
    if (this.#isWantedElsewhere()) return false;
    if (!this.#table.tryIdle(this.#slot, this.limits.maxIdle)) return false;
    connection.idleSince = now;
    this.#idle.push(connection);
    return true;
  }

  /** It leads to where the endpoint is now, and is spoken over as it is now. */
  protected isCurrent({ tls, addresses }: Leased<W>): boolean {
    return tls === this.limits.tls && addresses === this.addresses;
  }

  /** Whether one may lie idle here: nobody waits for its place, in this thread or another. */
  protected hasRoom(): boolean {
    return !this.#isRetired && this.#waiting.size === 0 && !this.#isWantedElsewhere();
  }

  /** Another thread has asked for a place; it is answered by this one alone. */
  #isWantedElsewhere(): boolean {
    return this.limits.maxConnections > 0 && Atomics.exchange(this.#table.wanted, this.#slot, 0) === 1;
  }

  /** Within an event of the exchange that was here before, whose fault this must not become. */
  #give(connection: Leased<W>, next: W): void {
    try {
      next.onPlace();
      connection.carry(next);
    } catch (error) {
      this.#reportFault(error);
      next.onOwnFault();
    }
  }

  drop(connection: Leased<W>): void {
    this.#settling.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index < 0) return;
    this.#idle.splice(index, 1);
    this.#table.leaveIdle(this.#slot);
  }

  settle(connection: Leased<W>): void {
    this.#settling.add(connection);
  }

  settled(connection: Leased<W>): boolean {
    return this.#settling.delete(connection);
  }

  closed(): void {
    this.#table.closed(this.#slot);
    if (this.#waiting.size > 0) this.#serveWaiting();
  }

  /** Serves who waits, as far as there are places. */
  #serveWaiting(): void {
    for (let waiter = this.#waiting.first; waiter !== null; waiter = this.#waiting.first) {
      if (!this.#tryDial(waiter)) {
        Atomics.store(this.#table.wanted, this.#slot, 1);
        return;
      }
      this.#waiting.leave(waiter);
      this.#wantLess();
      waiter.onPlace();
    }
  }

  /** With nobody left here the flag falls; a thread that still waits raises it again within milliseconds. */
  #wantLess(): void {
    if (this.#waiting.size === 0) Atomics.store(this.#table.wanted, this.#slot, 0);
  }

  /** Closes one idle connection where another thread has asked for a place. */
  #yieldIdle(): void {
    if (this.oldest === undefined || this.#table.wanted[this.#slot] === 0) return;
    if (Atomics.exchange(this.#table.wanted, this.#slot, 0) === 1) this.closeOldest();
  }
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}
