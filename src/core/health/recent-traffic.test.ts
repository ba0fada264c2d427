import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RecentTraffic } from './recent-traffic.ts';
import type { Traffic } from './recent-traffic.ts';

function watch(counters: Traffic[]): RecentTraffic {
  return new RecentTraffic(
    (slot) => counters[slot],
    () => [...counters.keys()],
  );
}

function plus(traffic: Traffic, attempts: number, failures: number): Traffic {
  return { attempts: traffic.attempts + attempts, failures: traffic.failures + failures, common: traffic.common };
}

const NONE: Traffic = { attempts: 0, failures: 0, common: 0 };

describe('RecentTraffic', () => {
  it('RecentTraffic says what was met in the last ten seconds, and no longer', () => {
    const counters = [NONE];
    const recent = watch(counters);
    for (let second = 0; second < 30; second++) {
      counters[0] = plus(counters[0], 10, 1);
      recent.look();
    }
    counters[0] = plus(counters[0], 5, 0);
    // Ten whole seconds and the one that runs.
    assert.deepEqual(recent.of(0), { attempts: 105, failures: 10, common: 0 });
  });

  it('RecentTraffic says all of it before the first look', () => {
    assert.deepEqual(watch([{ attempts: 3, failures: 2, common: 1 }]).of(0), { attempts: 3, failures: 2, common: 1 });
  });

  it('RecentTraffic sums the others up, at most ten times a second', () => {
    const counters = [NONE, NONE, NONE].map((none) => plus(none, 4, 1));
    const recent = watch(counters);
    assert.deepEqual(recent.ofOthers(1, 0), { attempts: 8, failures: 2, common: 0 });
    counters[2] = plus(counters[2], 100, 0);
    assert.equal(recent.ofOthers(1, 99).attempts, 8);
    assert.equal(recent.ofOthers(1, 100).attempts, 108);
  });

  it('RecentTraffic counts an endpoint that takes over the row of another from its own beginning', () => {
    const counters = [plus(NONE, 100, 50)];
    const recent = watch(counters);
    for (let second = 0; second < 11; second++) recent.look();
    assert.deepEqual(recent.of(0), NONE);
    recent.forget(0);
    counters[0] = plus(NONE, 3, 1);
    assert.deepEqual(recent.of(0), { attempts: 3, failures: 1, common: 0 });
  });

  it('RecentTraffic counts an endpoint from a restart on, in the first ten seconds and later', () => {
    const counters = [plus(NONE, 100, 50), plus(NONE, 7, 0)];
    const recent = watch(counters);
    for (let second = 0; second < 25; second++) {
      if (second === 3 || second === 18) recent.restart(0);
      if (second === 3) assert.deepEqual([recent.of(0), recent.of(1).attempts], [NONE, 7]);
      counters[0] = plus(counters[0], 2, 1);
      recent.look();
      if (second === 6) assert.deepEqual(recent.of(0), { attempts: 8, failures: 4, common: 0 });
    }
    assert.deepEqual(recent.of(0), { attempts: 14, failures: 7, common: 0 });
    recent.forget(0);
    assert.equal(recent.of(0).attempts, 150);
  });

  it('RecentTraffic counts all of the first ten seconds, however late the first look was', () => {
    const counters = [plus(NONE, 3, 3)];
    const recent = watch(counters);
    recent.look();
    counters[0] = plus(counters[0], 2, 2);
    assert.deepEqual(recent.of(0), { attempts: 5, failures: 5, common: 0 });
  });

  it('RecentTraffic never goes below nothing while counters move to another table', () => {
    const counters = [plus(NONE, 100, 50)];
    const recent = watch(counters);
    for (let second = 0; second < 11; second++) recent.look();
    counters[0] = plus(NONE, 3, 1);
    assert.deepEqual(recent.of(0), NONE);
  });
});
