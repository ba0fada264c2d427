import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTime } from '../../test/support/fake-time.ts';
import { PoolTable, createPoolTable } from '../core/shared/pool-table.ts';
import type { Leased } from './leased.ts';
import { OwnedLeases } from './owned-leases.ts';
import type { Keeper, OwnedWaiter, Owner } from './owner.ts';
import { LEASE_ANY, LEASE_FRESH, LEASE_PROVED } from './waiter.ts';
import type { LeaseWant } from './waiter.ts';

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

class Client implements Owner {
  isGone = false;
  readonly keepers = new Set<Keeper>();
  tellAtEnd(keeper: Keeper): void {
    this.keepers.add(keeper);
  }
  end(): void {
    this.isGone = true;
    for (const keeper of this.keepers) keeper.ownerGone(this);
  }
}

class FakeWaiter implements OwnedWaiter {
  readonly owner: Client;
  readonly want: LeaseWant;
  peerName = '';
  places = 0;
  constructor(owner: Client, want: LeaseWant = LEASE_ANY) {
    this.owner = owner;
    this.want = want;
  }
  onDialing(): void {}
  onPlace(): void {
    this.places++;
  }
  onMoved(): void {}
  onOwnFault(): void {}
}

class FakeConnection implements Leased<FakeWaiter> {
  readonly owner: Owner;
  readonly tls = null;
  readonly addresses = SPEC.addresses;
  peerName = '';
  idleSince = 0;
  idleLimitMs = 1000;
  carried = 0;
  isClosed = false;
  constructor(owner: Owner) {
    this.owner = owner;
  }
  carry(): void {
    this.carried++;
  }
  close(): void {
    this.isClosed = true;
  }
}

function home(maxConnections = 0): {
  leases: OwnedLeases<FakeWaiter>;
  table: PoolTable;
  dials: FakeWaiter[];
  turns: FakeTime;
} {
  const dials: FakeWaiter[] = [];
  const table = new PoolTable(createPoolTable(1, 1), 0);
  const turns = new FakeTime();
  const leases = new OwnedLeases<FakeWaiter>({
    spec: SPEC,
    table,
    limits: { maxConnections, maxIdle: 0, idleTimeoutMs: 1000, isLenient: false, tls: null },
    turns,
    createDialer: () => ({
      dial(waiter) {
        dials.push(waiter);
        return { abort() {} };
      },
      updateLimits() {},
    }),
    reportFault: (error) => assert.fail(String(error)),
  });
  return { leases, table, dials, turns };
}

test('a connection that is one client’s alone carries its requests and nobody else’s', () => {
  const { leases, table, dials } = home();
  const [one, other] = [new Client(), new Client()];
  const connection = new FakeConnection(one);
  assert.equal(leases.keep(connection, 0), true);
  assert.equal(table.idleSockets(0), 0, 'it is idle for nobody else');
  leases.lease(new FakeWaiter(other), 10);
  assert.deepEqual([connection.carried, dials.length], [0, 1]);
  leases.lease(new FakeWaiter(one), 10);
  assert.deepEqual([connection.carried, dials.length], [1, 1]);
  leases.lease(new FakeWaiter(one), 10);
  assert.equal(dials.length, 2, 'it is under way');
});

test('what is kept for a client closes with it, and nothing is kept for one that is gone', () => {
  const { leases } = home();
  const client = new Client();
  const kept = new FakeConnection(client);
  leases.keep(kept, 0);
  client.end();
  assert.equal(kept.isClosed, true);
  assert.equal(leases.keep(new FakeConnection(client), 0), false);
});

test('of two connections of one client that come back the last is kept', () => {
  const { leases } = home();
  const client = new Client();
  const [before, after] = [new FakeConnection(client), new FakeConnection(client)];
  leases.keep(before, 0);
  leases.keep(after, 1);
  assert.deepEqual([before.isClosed, after.isClosed], [true, false]);
  leases.drop(before);
  leases.lease(new FakeWaiter(client), 2);
  assert.equal(after.carried, 1);
});

test('a connection of one client alone is not used beyond its time, nor for what must not be repeated before it is proved', () => {
  const { leases, dials } = home();
  const client = new Client();
  const connection = new FakeConnection(client);
  leases.keep(connection, 0);
  leases.lease(new FakeWaiter(client, LEASE_FRESH), 10);
  leases.lease(new FakeWaiter(client, LEASE_PROVED), 10);
  assert.deepEqual([connection.carried, connection.isClosed, dials.length], [0, false, 2]);
  leases.keeping.reused();
  leases.lease(new FakeWaiter(client, LEASE_PROVED), 501);
  assert.equal(connection.carried, 0, 'over half its time');
  leases.lease(new FakeWaiter(client, LEASE_PROVED), 500);
  assert.equal(connection.carried, 1);
  leases.keep(connection, 1000);
  leases.lease(new FakeWaiter(client), 2000);
  assert.deepEqual([connection.carried, connection.isClosed], [1, true]);
});

test('a connection of one client that lies idle makes room for another client at maxConnections', () => {
  const { leases, table, dials } = home(1);
  const [one, other] = [new Client(), new Client()];
  assert.equal(leases.lease(new FakeWaiter(one), 0), true);
  const connection = new FakeConnection(one);
  assert.equal(leases.keep(connection, 0), true);
  const waiting = new FakeWaiter(other);
  assert.equal(leases.lease(waiting, 1), false);
  assert.equal(connection.isClosed, true);
  leases.closed();
  assert.deepEqual([dials.at(-1), waiting.places, table.connections[0]], [waiting, 1, 1]);
  assert.equal(leases.lease(new FakeWaiter(one), 2), false);
  assert.equal(leases.keep(new FakeConnection(other), 3), false, 'somebody waits');
});

test('connections that are a client’s alone close when their endpoint leaves the config', () => {
  const { leases } = home();
  const clients = [new Client(), new Client()];
  const kept = clients.map((client) => new FakeConnection(client));
  for (const connection of kept) leases.keep(connection, 0);
  leases.retire();
  assert.deepEqual(
    kept.map(({ isClosed }) => isClosed),
    [true, true],
  );
  assert.equal(leases.keep(new FakeConnection(new Client()), 0), false);
});

test('a connection of one client that was verified for another name is closed, and not used', () => {
  const { leases, dials } = home();
  const client = new Client();
  const connection = new FakeConnection(client);
  connection.peerName = 'a.example';
  leases.keep(connection, 0);
  const other = new FakeWaiter(client);
  other.peerName = 'b.example';
  leases.lease(other, 1);
  assert.deepEqual([connection.carried, connection.isClosed, dials.length], [0, true, 1]);
});
