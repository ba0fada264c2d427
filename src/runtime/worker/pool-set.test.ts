import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffSnapshots } from '../../config/diff.ts';
import { systemClock } from '../../core/clock.ts';
import { createSeededRandom } from '../../core/random.ts';
import { createPoolTable } from '../../core/shared/pool-table.ts';
import type { PoolSpec, Snapshot } from '../../core/snapshot.ts';
import { nodeTurns } from '../../net/loop-turns.ts';
import type { HttpEndpoint } from '../../http/stream.ts';
import { testSnapshot } from '../../../test/support/data-plane.ts';
import { SILENT_REPORTS } from '../../../test/support/watched-pool.ts';
import { LoadedParts } from './loaded-parts.ts';
import { PoolSet } from './pool-set.ts';

function pools(retired: HttpEndpoint[] = []): PoolSet {
  return new PoolSet({
    worker: 0,
    random: createSeededRandom(1),
    clock: systemClock,
    turns: nodeTurns,
    reports: SILENT_REPORTS,
    reportFault: (error) => assert.fail(String(error)),
    parts: new LoadedParts(null),
    createDialer: () => ({ dial: () => ({ abort() {} }), updateLimits() {} }),
    onRetired: (endpoints) => retired.push(...endpoints),
  });
}

/** As it arrives in a thread: a copy, with new objects over the same shared memory. */
function reload(set: PoolSet, from: Snapshot | null, to: Snapshot): void {
  set.apply(structuredClone(to), structuredClone(diffSnapshots(from, to)));
}

function withPool(snapshot: Snapshot, change: Partial<PoolSpec>): Snapshot {
  return { ...snapshot, version: snapshot.version + 1, pools: [{ ...snapshot.pools[0], ...change }] };
}

const FIRST = testSnapshot({ ports: [1, 2] });
const [KEPT, GONE] = FIRST.pools[0].endpoints;

test('an endpoint that stays in a changed pool stays the same object, with its connections', () => {
  const set = pools();
  reload(set, null, FIRST);
  const before = set.get('web').endpoints;
  reload(set, FIRST, withPool(FIRST, { policy: 'random', maxIdle: 7 }));
  assert.deepEqual(
    set.get('web').endpoints.map((endpoint, index) => endpoint === before[index]),
    [true, true],
  );
  assert.equal(set.get('web').endpoints[0].limits.maxIdle, 7);
});

test('an endpoint that another one took the slot of is a new object', () => {
  const retired: HttpEndpoint[] = [];
  const set = pools(retired);
  reload(set, null, FIRST);
  const [one, two] = set.get('web').endpoints;
  const other = { ...GONE, id: '127.0.0.1:3', port: 3, generation: GONE.generation + 1 };
  reload(set, FIRST, withPool(FIRST, { endpoints: [KEPT, other] }));
  const after = set.get('web').endpoints;
  assert.equal(after[0], one);
  assert.notEqual(after[1], two);
  assert.deepEqual(retired, [two]);
});

test('one of the same name in the same slot, of another generation, takes the place of the one before', () => {
  const retired: HttpEndpoint[] = [];
  const set = pools(retired);
  reload(set, null, FIRST);
  const [, two] = set.get('web').endpoints;
  const again = { ...GONE, generation: GONE.generation + 1 };
  reload(set, FIRST, withPool(FIRST, { endpoints: [KEPT, again] }));
  assert.deepEqual(retired, [two]);
  assert.equal(set.get('web').endpoints[1].spec.generation, again.generation);
});

test('the order of endpoints is that of the config, and their weights and addresses follow it', () => {
  const set = pools();
  reload(set, null, FIRST);
  const [one, two] = set.get('web').endpoints;
  const heavy = { ...GONE, weight: 5, addresses: ['::1'] };
  reload(set, FIRST, withPool(FIRST, { endpoints: [heavy, KEPT] }));
  assert.deepEqual(
    set.get('web').endpoints.map((endpoint) => endpoint === two || endpoint === one),
    [true, true],
  );
  assert.deepEqual(set.get('web').endpoints[0].spec, heavy);
});

test('a larger table takes over what its endpoints hold', () => {
  const set = pools();
  reload(set, null, FIRST);
  const [one] = set.get('web').endpoints;
  one.acquire();
  reload(set, FIRST, withPool(FIRST, { table: createPoolTable(100, 1) }));
  const { table } = set.get('web');
  assert.equal(table.inFlight(one.slot), 1);
  one.release();
  assert.equal(table.inFlight(one.slot), 0);
});

test('a pool that has left the config retires its endpoints', () => {
  const retired: HttpEndpoint[] = [];
  const set = pools(retired);
  reload(set, null, FIRST);
  const { endpoints } = set.get('web');
  reload(set, FIRST, { ...FIRST, pools: [], routes: [] });
  assert.deepEqual(retired, endpoints);
  assert.throws(() => set.get('web'), /no pool "web"/);
});

test('an endpoint that no operation has added is a mistake, not a new endpoint', () => {
  const set = pools();
  assert.throws(() => set.apply(FIRST, [{ op: 'add-pool', pool: FIRST.pools[0] }]), /no operation has added/);
});
