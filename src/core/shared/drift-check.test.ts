import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DriftCheck } from './drift-check.ts';
import { FULL, PoolTable, UNHEALTHY, createPoolTable } from './pool-table.ts';

describe('DriftCheck', () => {
  it('DriftCheck corrects in its third look what was lost, and then finds nothing', () => {
    const table = new PoolTable(createPoolTable(3, 1), 0);
    const check = new DriftCheck(table);
    table.acquire(2);
    table.setHealth(2, UNHEALTHY);
    Atomics.add(table.inflight, 2, 5);
    assert.deepEqual([check.run(), check.run(), check.run(), check.run()], [0, 0, 5, 0]);
    assert.equal(table.drift(2), 0);
    assert.ok(!table.isEligible(2));
    table.release(2);
    assert.ok(table.isFree(2));
  });

  it('DriftCheck makes room at an endpoint whose places were lost', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    const check = new DriftCheck(table);
    Atomics.add(table.inflight, 0, 3);
    assert.ok(!table.tryAcquire(0, 3, 0));
    for (let look = 0; look < 3; look++) check.run();
    assert.equal(table.inflight[0] & FULL, 0);
    assert.ok(table.tryAcquire(0, 3, 0));
  });

  it('DriftCheck leaves alone what is only caught between two steps', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    const check = new DriftCheck(table);
    for (let look = 0; look < 20; look++) {
      Atomics.add(table.inflight, 0, look % 3 === 2 ? -2 : 1);
      assert.equal(check.run(), 0);
    }
  });
});
