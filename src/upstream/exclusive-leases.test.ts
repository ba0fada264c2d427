import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTime } from '../../test/support/fake-time.ts';
import { PoolTable, createPoolTable } from '../core/shared/pool-table.ts';
import { ExclusiveLeases } from './exclusive-leases.ts';
import type { EndpointTls } from './endpoint-tls.ts';
import type { LeaseLimits } from './lease-pool.ts';
import type { Leased } from './leased.ts';
import { LEASE_ANY, LEASE_FRESH, LEASE_OWN, LEASE_PROVED } from './waiter.ts';
import type { LeaseWant, Waiter } from './waiter.ts';

const LIMITS = { maxConnections: 1, maxIdle: 8, idleTimeoutMs: 1000, isLenient: false, tls: null };
const SPEC = {
  id: 'e',
  slot: 0,
  generation: 0,
  weight: 1,
  priority: 0,
  zone: '',
  isBackup: false,
  maxRequests: 0,
  addresses: ['127.0.0.1'],
  port: 1,
  authority: 'e',
};

function endpointTls(): EndpointTls {
  return { client: { role: 'client', hasMet: () => true }, nameFor: (name) => name, isStrange: () => false };
}

class FakeConnection implements Leased<FakeWaiter> {
  readonly owner = null;
  readonly tls: EndpointTls | null;
  readonly peerName: string;
  addresses: readonly string[] = SPEC.addresses;
  idleSince = 0;
  idleLimitMs = 1000;
  carried: FakeWaiter[] = [];
  isClosed = false;
  fails = false;
  constructor(tls: EndpointTls | null = null, peerName = '') {
    this.tls = tls;
    this.peerName = peerName;
  }
  carry(waiter: FakeWaiter): void {
    this.carried.push(waiter);
    if (this.fails) throw new Error('a bug of ours');
  }
  close(): void {
    this.isClosed = true;
  }
}

class FakeWaiter implements Waiter {
  readonly said: string[] = [];
  readonly want: LeaseWant;
  readonly peerName: string;
  constructor(want: LeaseWant = LEASE_ANY, peerName = '') {
    this.want = want;
    this.peerName = peerName;
  }
  onDialing(): void {
    this.said.push('dialing');
  }
  onPlace(): void {
    this.said.push('place');
  }
  onMoved(): void {
    this.said.push('moved');
  }
  onOwnFault(): void {
    this.said.push('fault');
  }
}

interface Home {
  readonly leases: ExclusiveLeases<FakeWaiter>;
  readonly table: PoolTable;
  readonly faults: unknown[];
  readonly dials: FakeWaiter[];
  readonly turns: FakeTime;
}

function home(limits: LeaseLimits = LIMITS): Home {
  const faults: unknown[] = [];
  const dials: FakeWaiter[] = [];
  const table = new PoolTable(createPoolTable(1, 1), 0);
  const turns = new FakeTime();
  const leases = new ExclusiveLeases<FakeWaiter>({
    spec: SPEC,
    table,
    limits,
    turns,
    createDialer: () => ({
      dial(waiter) {
        dials.push(waiter);
        return { abort() {} };
      },
      updateLimits() {},
    }),
    reportFault: (error) => faults.push(error),
  });
  return { leases, table, faults, dials, turns };
}

test('an exception of the waiter that is served next is its own, not that of the one that gives its place up', () => {
  const { leases, faults } = home();
  assert.equal(leases.lease(new FakeWaiter(), 0), true);
  const waiting = new FakeWaiter();
  assert.equal(leases.lease(waiting, 0), false);
  const connection = new FakeConnection();
  connection.fails = true;
  assert.equal(leases.keep(connection, 0), true);
  assert.deepEqual(waiting.said, ['place', 'fault']);
  assert.equal(faults.length, 1);
});

test('idle connections are taken newest first, and not beyond their time', () => {
  const { leases, table } = home();
  const [old, young] = [new FakeConnection(), new FakeConnection()];
  leases.keep(old, 0);
  leases.keep(young, 900);
  leases.lease(new FakeWaiter(), 950);
  assert.equal(young.carried.length, 1);
  leases.lease(new FakeWaiter(), 1000);
  assert.equal(old.carried.length, 0);
  assert.equal(old.isClosed, true);
  assert.equal(table.idleSockets(0), 0);
});

test('what must not be repeated takes no connection idle for over half its time, and leaves it to others', () => {
  const { leases, table, dials } = home();
  leases.keeping.reused();
  const connection = new FakeConnection();
  leases.keep(connection, 0);
  leases.lease(new FakeWaiter(LEASE_PROVED), 501);
  assert.deepEqual([connection.carried.length, dials.length, table.idleSockets(0)], [0, 1, 1]);
  leases.lease(new FakeWaiter(), 502);
  assert.equal(connection.carried.length, 1);
  const other = new FakeConnection();
  leases.keep(other, 1000);
  leases.lease(new FakeWaiter(LEASE_PROVED), 1500);
  assert.equal(other.carried.length, 1);
});

test('what must not be repeated takes no connection of an endpoint that has not proved to keep them', () => {
  const { leases, dials, turns } = home({ ...LIMITS, maxConnections: 0 });
  const [old, young] = [new FakeConnection(), new FakeConnection()];
  leases.keep(old, 0);
  leases.lease(new FakeWaiter(LEASE_PROVED), 99);
  turns.advance(1);
  leases.lease(new FakeWaiter(LEASE_PROVED), 99);
  leases.keep(young, 99);
  // The old one has lain idle long enough; whether it has ended meanwhile shows when another turn has read.
  leases.lease(new FakeWaiter(LEASE_PROVED), 100);
  assert.deepEqual([young.carried.length, dials.length], [0, 3]);
  turns.advance(1);
  leases.lease(new FakeWaiter(LEASE_PROVED), 100);
  assert.deepEqual([young.carried.length, dials.length], [1, 3]);
  leases.keeping.closedUnderRequest(100);
  leases.lease(new FakeWaiter(LEASE_PROVED), 200);
  assert.deepEqual([old.carried.length, dials.length], [0, 4]);
  leases.lease(new FakeWaiter(), 200);
  assert.equal(old.carried.length, 1);
});

test('a connection whose end lay unread while the loop stood still proves nothing', () => {
  const { leases, dials, turns } = home({ ...LIMITS, maxConnections: 0 });
  const connection = new FakeConnection();
  leases.keep(connection, 0);
  leases.lease(new FakeWaiter(LEASE_PROVED), 500);
  leases.drop(connection);
  turns.advance(1);
  leases.keep(new FakeConnection(), 500);
  leases.lease(new FakeWaiter(LEASE_PROVED), 501);
  assert.equal(dials.length, 2);
});

test('what must not be repeated waits for a new connection where kept ones cannot be trusted', () => {
  const { leases, dials } = home();
  leases.lease(new FakeWaiter(), 0);
  const waiting = new FakeWaiter(LEASE_PROVED);
  assert.equal(leases.lease(waiting, 0), false);
  const connection = new FakeConnection();
  assert.equal(leases.keep(connection, 0), false);
  leases.closed();
  assert.deepEqual([waiting.said, dials.length, connection.carried.length], [['dialing', 'place'], 2, 0]);
});

test('a retired endpoint closes its idle connections and keeps no more', () => {
  const { leases, table } = home();
  const connection = new FakeConnection();
  leases.keep(connection, 0);
  leases.retire();
  assert.equal(connection.isClosed, true);
  assert.equal(leases.keep(new FakeConnection(), 0), false);
  assert.equal(table.idleSockets(0), 0);
});

test('who met a closed connection gets a new one, whatever is kept', () => {
  const { leases, dials } = home({ ...LIMITS, maxConnections: 0 });
  const connection = new FakeConnection();
  leases.keep(connection, 0);
  leases.lease(new FakeWaiter(LEASE_FRESH), 500);
  assert.deepEqual([connection.carried.length, dials.length], [0, 1]);
});

test('who waits at an endpoint that leaves is moved on, and one that throws keeps nobody there', () => {
  const { leases, faults } = home();
  leases.lease(new FakeWaiter(), 0);
  const broken = new FakeWaiter();
  broken.onMoved = () => {
    throw new Error('a bug of ours');
  };
  const other = new FakeWaiter();
  leases.lease(broken, 0);
  leases.lease(other, 0);
  leases.retire();
  assert.deepEqual([broken.said, other.said, faults.length], [['fault'], ['moved'], 1]);
});

test('100,000 who wait can all leave again, the last one first, at a cost that does not grow with their square', () => {
  const { leases, table } = home();
  leases.lease(new FakeWaiter(), 0);
  const waiting = Array.from({ length: 100_000 }, () => new FakeWaiter());
  for (const waiter of waiting) leases.lease(waiter, 0);
  const before = process.cpuUsage();
  for (const waiter of waiting.toReversed()) leases.cancel(waiter);
  const { user, system } = process.cpuUsage(before);
  assert.equal(table.wanted[0], 0);
  // Some 20 ms of the processor, where a search for each takes seconds.
  assert.ok(user + system < 1_000_000, `${user + system} µs`);
});

test('connections to addresses that an endpoint has no more are closed, and used by nobody', () => {
  const { leases, dials, table } = home({ ...LIMITS, maxConnections: 0 });
  const [kept, used] = [new FakeConnection(), new FakeConnection()];
  assert.equal(leases.keep(kept, 0), true);
  // Another weight, the same addresses.
  leases.update({ ...SPEC, weight: 2, addresses: [...SPEC.addresses] }, LIMITS);
  assert.equal(kept.isClosed, false);
  leases.update({ ...SPEC, addresses: ['127.0.0.2'] }, LIMITS);
  assert.deepEqual([kept.isClosed, table.idleSockets(0)], [true, 0]);
  assert.equal(leases.keep(used, 0), false);
  const waiter = new FakeWaiter();
  leases.lease(waiter, 0);
  assert.deepEqual(dials, [waiter]);
  used.addresses = leases.addresses;
  assert.equal(leases.keep(used, 0), true);
});

test('who wants a connection of his own is never given one that was kept, and gets the place of one', () => {
  const { leases, dials } = home();
  const kept = new FakeConnection();
  const first = new FakeWaiter();
  assert.equal(leases.lease(first, 0), true);
  assert.equal(leases.keep(kept, 0), true);
  const own = new FakeWaiter(LEASE_OWN);
  assert.equal(leases.lease(own, 1), false);
  assert.deepEqual([kept.isClosed, kept.carried.length], [true, 0]);
  leases.closed();
  assert.deepEqual(dials, [first, own]);
});

test('who waits for a connection of his own makes the next that comes back close', () => {
  const { leases, dials } = home();
  leases.keeping.reused();
  leases.lease(new FakeWaiter(), 0);
  const own = new FakeWaiter(LEASE_OWN);
  assert.equal(leases.lease(own, 0), false);
  assert.equal(leases.keep(new FakeConnection(), 1), false);
  leases.closed();
  assert.equal(dials.at(-1), own);
  assert.deepEqual(own.said, ['dialing', 'place']);
});

test('over TLS a connection is used only for the name that it was verified for, and with what it was made', () => {
  const [ours, others] = [endpointTls(), endpointTls()];
  const { leases } = home({ ...LIMITS, maxConnections: 0, tls: ours });
  const [a, b] = [new FakeConnection(ours, 'a.test'), new FakeConnection(ours, 'b.test')];
  assert.equal(leases.keep(a, 0), true);
  assert.equal(leases.keep(b, 0), true);
  assert.equal(leases.keep(new FakeConnection(others, 'a.test'), 0), false);
  leases.lease(new FakeWaiter(LEASE_ANY, 'a.test'), 1);
  leases.lease(new FakeWaiter(LEASE_ANY, 'c.test'), 1);
  assert.deepEqual([a.carried.length, b.carried.length], [1, 0]);
  leases.update(SPEC, { ...LIMITS, tls: others });
  assert.equal(b.isClosed, true);
  assert.equal(leases.keep(a, 2), false);
});

test('who waits over TLS for another name than that of the connection that comes back gets a new one', () => {
  const tls = endpointTls();
  const { leases } = home({ ...LIMITS, tls });
  leases.lease(new FakeWaiter(LEASE_ANY, 'a.test'), 0);
  const waiting = new FakeWaiter(LEASE_ANY, 'b.test');
  assert.equal(leases.lease(waiting, 0), false);
  const connection = new FakeConnection(tls, 'a.test');
  assert.equal(leases.keep(connection, 0), false);
  leases.closed();
  assert.deepEqual(waiting.said, ['dialing', 'place']);
});
