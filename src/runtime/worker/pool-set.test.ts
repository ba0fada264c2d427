import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../../core/random.ts';
import type { PoolSpec, Snapshot } from '../../core/snapshot.ts';
import { testSnapshot } from '../../../test/support/data-plane.ts';
import { PoolSet } from './pool-set.ts';

function pools(): PoolSet {
  return new PoolSet({
    worker: 0,
    random: createSeededRandom(1),
    reports: {
      onFailuresReached() {},
      onPassiveFailure() {},
      onRecovered() {},
      reportFault: (error) => assert.fail(String(error)),
    },
    createDialer: () => ({ dial: () => ({ abort() {} }), updateLimits() {} }),
    onRetired() {},
  });
}

/** As it arrives in a thread: a copy, with new objects over the same shared memory. */
function received(snapshot: Snapshot): Snapshot {
  return structuredClone(snapshot);
}

function withPool(snapshot: Snapshot, change: Partial<PoolSpec>): Snapshot {
  return { ...snapshot, version: snapshot.version + 1, pools: [{ ...snapshot.pools[0], ...change }] };
}

test('an endpoint that stays in a changed pool stays the same object, with its connections', () => {
  const set = pools();
  const first = testSnapshot({ ports: [1, 2] });
  set.apply(received(first), [{ op: 'add-pool', pool: first.pools[0] }]);
  const [one, two] = set.get('web').endpoints;
  const second = withPool(first, { policy: 'random', maxIdle: 7 });
  set.apply(received(second), [{ op: 'update-pool', pool: second.pools[0] }]);
  assert.deepEqual(
    set.get('web').endpoints.map((endpoint) => endpoint === one || endpoint === two),
    [true, true],
  );
  assert.equal(set.get('web').endpoints[0].limits.maxIdle, 7);
});

test('an endpoint that another one took the slot of is a new object', () => {
  const set = pools();
  const first = testSnapshot({ ports: [1, 2] });
  set.apply(received(first), [{ op: 'add-pool', pool: first.pools[0] }]);
  const [one, two] = set.get('web').endpoints;
  const [kept, gone] = first.pools[0].endpoints;
  const other = { ...gone, id: '127.0.0.1:3', port: 3, generation: gone.generation + 1 };
  const second = withPool(first, { endpoints: [kept, other] });
  set.apply(received(second), [
    { op: 'add-endpoint', pool: 'web', endpoint: other },
    { op: 'remove-endpoint', pool: 'web', id: gone.id, slot: gone.slot },
  ]);
  const after = set.get('web').endpoints;
  assert.equal(after[0], one);
  assert.notEqual(after[1], two);
});
