/** The operations between two snapshots, applied to the first, make the second; between two equal ones there are none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Operation } from '../core/operations.ts';
import { createPoolTable } from '../core/shared/pool-table.ts';
import { createRouteTable } from '../core/shared/route-table.ts';
import type { EndpointSpec, ListenerSpec, PoolSpec, RouteSpec, Snapshot } from '../core/snapshot.ts';
import { testSnapshot } from '../../test/support/data-plane.ts';
import { diffSnapshots } from './diff.ts';

/** Runtime objects as operations make them: what they say is all there is. */
interface Model {
  threads: number;
  settings: unknown;
  routes: unknown;
  readonly listeners: Map<string, ListenerSpec>;
  readonly pools: Map<string, { settings: unknown; readonly endpoints: Map<string, EndpointSpec> }>;
}

function emptyModel(): Model {
  return { threads: -1, settings: null, routes: null, listeners: new Map(), pools: new Map() };
}

const addressOf = ({ id, host, port }: Pick<ListenerSpec, 'id' | 'host' | 'port'>): string => `${id} ${host} ${port}`;
const rowOf = (id: string, slot: number): string => `${id} in ${slot}`;

function settingsOf({ endpoints: _endpoints, ...settings }: PoolSpec): unknown {
  return settings;
}

/** Applies one operation, and requires that it makes sense. `to`: where those that carry nothing look. */
function apply(model: Model, operation: Operation, to: Snapshot): void {
  switch (operation.op) {
    case 'set-threads':
      model.threads = operation.threads;
      break;
    case 'set-settings':
      model.settings = to.settings;
      break;
    case 'set-routes':
      model.routes = { routes: to.routes, table: to.routeTable };
      break;
    case 'open-listener':
      assert.ok(!model.listeners.has(addressOf(operation.listener)), 'opened twice');
      model.listeners.set(addressOf(operation.listener), operation.listener);
      break;
    case 'update-listener':
      assert.ok(model.listeners.has(addressOf(operation.listener)), 'updated before it was opened');
      model.listeners.set(addressOf(operation.listener), operation.listener);
      break;
    case 'close-listener':
      assert.ok(model.listeners.delete(addressOf(operation)), 'closed before it was opened');
      break;
    default:
      applyToPools(model, operation);
  }
}

function applyToPools(model: Model, operation: Operation): void {
  switch (operation.op) {
    case 'add-pool':
      assert.ok(!model.pools.has(operation.pool.id), 'added twice');
      model.pools.set(operation.pool.id, { settings: settingsOf(operation.pool), endpoints: new Map() });
      break;
    case 'update-pool':
      poolOf(model, operation.pool.id).settings = settingsOf(operation.pool);
      break;
    case 'remove-pool':
      assert.equal(poolOf(model, operation.id).endpoints.size, 0, 'removed with endpoints left');
      model.pools.delete(operation.id);
      break;
    case 'add-endpoint': {
      const { endpoints } = poolOf(model, operation.pool);
      const row = rowOf(operation.endpoint.id, operation.endpoint.slot);
      assert.ok(!endpoints.has(row), 'added twice');
      endpoints.set(row, operation.endpoint);
      break;
    }
    case 'update-endpoint': {
      const { endpoints } = poolOf(model, operation.pool);
      const row = rowOf(operation.endpoint.id, operation.endpoint.slot);
      assert.ok(endpoints.has(row), 'updated before it was added');
      endpoints.set(row, operation.endpoint);
      break;
    }
    case 'remove-endpoint':
      assert.ok(poolOf(model, operation.pool).endpoints.delete(rowOf(operation.id, operation.slot)), 'not there');
      break;
    default:
  }
}

function poolOf(model: Model, id: string): { settings: unknown; readonly endpoints: Map<string, EndpointSpec> } {
  const pool = model.pools.get(id);
  assert.ok(pool !== undefined, `no pool ${id}`);
  return pool;
}

function modelOf(snapshot: Snapshot): Model {
  const model = emptyModel();
  for (const operation of diffSnapshots(null, snapshot)) apply(model, operation, snapshot);
  return model;
}

/** What a snapshot says, written down without the function that is tested. */
function expected(snapshot: Snapshot): Model {
  const pools = snapshot.pools.map((pool): [string, { settings: unknown; endpoints: Map<string, EndpointSpec> }] => [
    pool.id,
    {
      settings: settingsOf(pool),
      endpoints: new Map(pool.endpoints.map((endpoint) => [rowOf(endpoint.id, endpoint.slot), endpoint])),
    },
  ]);
  return {
    threads: snapshot.threads,
    settings: snapshot.settings,
    routes: { routes: snapshot.routes, table: snapshot.routeTable },
    listeners: new Map(snapshot.listeners.map((listener) => [addressOf(listener), listener])),
    pools: new Map(pools),
  };
}

// Few names, ports and slots, so that two snapshots have much in common.
const base = testSnapshot({ ports: [1] });
const tables = [createPoolTable(8, 1), createPoolTable(8, 1)];
const routeTables = [createRouteTable(8, 1), createRouteTable(8, 1)];

const PLAIN = { noNullPrototype: true };

const listener: fc.Arbitrary<ListenerSpec> = fc.record(
  {
    id: fc.constantFrom('web', 'admin', 'other'),
    host: fc.constantFrom('127.0.0.1', ''),
    port: fc.constantFrom(0, 80, 81),
    spread: fc.constantFrom('kernel', 'even'),
    halfClose: fc.constantFrom('cancel', 'allow'),
    underscores: fc.constantFrom('drop', 'allow'),
    proxyProtocol: fc.constantFrom(null, { from: ['10.0.0.0/8'], mode: 'require' }),
    tls: fc.constantFrom(null, {
      ...{ certificates: [], acme: [], ticketKeys: '', clientCertificate: null },
      ...({ minVersion: '1.2', unknownName: 'default' } as const),
    }),
  },
  PLAIN,
);

const endpoint: fc.Arbitrary<EndpointSpec> = fc.record(
  {
    id: fc.constantFrom('a:1', 'b:1', 'c:1', 'd:1'),
    slot: fc.nat(5),
    // An endpoint that stays has its slot under the generation it got.
    generation: fc.constant(1),
    weight: fc.constantFrom(1, 2),
    priority: fc.constantFrom(0, 1),
    zone: fc.constant(''),
    isBackup: fc.constant(false as const),
    maxRequests: fc.constantFrom(0, 5),
    addresses: fc.constantFrom(['127.0.0.1'], ['127.0.0.1', '::1']),
    port: fc.constant(1),
    authority: fc.constant('a'),
  },
  PLAIN,
);

const pool: fc.Arbitrary<PoolSpec> = fc
  .record(
    {
      id: fc.constantFrom('one', 'two', 'three'),
      policy: fc.constantFrom('random', 'round-robin'),
      maxIdle: fc.constantFrom(1, 2),
      table: fc.constantFrom(...tables),
      endpoints: fc.uniqueArray(endpoint, { maxLength: 4, selector: ({ id }) => id }),
    },
    PLAIN,
  )
  .map((some) => ({ ...base.pools[0], ...some }));

const route: fc.Arbitrary<RouteSpec> = fc
  .record({ id: fc.constantFrom('r1', 'r2', 'r3'), slot: fc.nat(3), pool: fc.constantFrom('one', 'two') }, PLAIN)
  .map((some) => ({ ...base.routes[0], ...some }));

const byId = { selector: ({ id }: { readonly id: string }) => id };
const snapshot: fc.Arbitrary<Snapshot> = fc
  .record(
    {
      threads: fc.constantFrom(1, 2),
      listeners: fc.uniqueArray(listener, { ...byId, maxLength: 3 }),
      pools: fc.uniqueArray(pool, { ...byId, maxLength: 3 }),
      routes: fc.uniqueArray(route, { ...byId, maxLength: 3 }),
      routeTable: fc.constantFrom(...routeTables),
      settings: fc
        .record({ maxConnections: fc.constantFrom(10, 20), trustedProxies: fc.constantFrom([], ['10.0.0.0/8']) }, PLAIN)
        .map((some) => ({ ...base.settings, ...some })),
    },
    PLAIN,
  )
  .map((some) => ({ ...base, ...some }));

describe('the difference of two snapshots', () => {
  it('the difference of two snapshots made from nothing makes the snapshot', () => {
    fc.assert(fc.property(snapshot, (to) => assert.deepEqual(modelOf(to), expected(to))));
  });

  it('the difference of two snapshots applied to the first makes the second', () => {
    fc.assert(
      fc.property(snapshot, snapshot, (from, to) => {
        const model = modelOf(from);
        for (const operation of diffSnapshots(from, to)) apply(model, operation, to);
        assert.deepEqual(model, expected(to));
      }),
      { numRuns: 500 },
    );
  });

  it('the difference of two snapshots is empty between a snapshot and a copy of it', () => {
    fc.assert(fc.property(snapshot, (one) => assert.deepEqual(diffSnapshots(one, copyOf(one)), [])));
  });
});

/** Everything another object but the tables, which are known by identity. */
function copyOf(one: Snapshot): Snapshot {
  const { routeTable, ...rest } = one;
  const pools = one.pools.map((pool) => ({ ...structuredClone({ ...pool, table: null }), table: pool.table }));
  return { ...structuredClone({ ...rest, pools: [] }), pools, routeTable, version: one.version + 1 };
}
