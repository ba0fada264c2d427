import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FakePool, PROBED, REFUSED, RESET, SPEC } from '../../../test/support/ejecting-pool.ts';
import { createSeededRandom } from '../random.ts';

describe('OutlierDetector', () => {
  it('OutlierDetector ejects for 2 s, and says what for, since when and until when', () => {
    const pool = new FakePool(4);
    const ejection = { slot: 2, kind: 'reset', isDown: false, at: 1000, until: 3000, durationMs: 2000, before: 0 };
    assert.deepEqual(pool.eject(2, 1000), ejection);
    assert.deepEqual(pool.detector.ejections, [ejection]);
    assert.equal(pool.detector.nextDueAt, 3000);
  });

  it('OutlierDetector says when the time of an ejection is up, not before, and once', () => {
    const pool = new FakePool(4);
    pool.eject(2, 0);
    assert.deepEqual(pool.detector.due(1999), []);
    assert.deepEqual(
      pool.detector.due(2000).map(({ slot }) => slot),
      [2],
    );
    assert.deepEqual(pool.detector.due(2001), []);
    assert.equal(pool.detector.nextDueAt, Infinity);
    assert.ok(!pool.isEligible(2), 'it is on trial');
  });

  it('OutlierDetector ejects for twice as long each time, up to a minute', () => {
    const pool = new FakePool(4);
    let now = 0;
    const durations = Array.from({ length: 8 }, () => {
      const { durationMs, until } = pool.eject(1, now);
      now = until;
      pool.bringBack(now);
      return durationMs / 1000;
    });
    assert.deepEqual(durations, [2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('OutlierDetector takes one off for each 30 s in service, however often it was ejected', () => {
    const pool = new FakePool(4);
    let now = 0;
    for (let time = 1; time <= 15; time++) {
      now = pool.eject(1, now).until;
      pool.bringBack(now);
    }
    const ejection = pool.eject(1, now + 89_999);
    assert.equal(ejection.durationMs, 16_000);
    pool.bringBack(ejection.until);
    assert.equal(pool.eject(1, ejection.until + 150_000).durationMs, 2000);
  });

  it('OutlierDetector keeps to one length where the longest is the first', () => {
    const pool = new FakePool(4, { ...SPEC, baseMs: 10_000, maxMs: 10_000 });
    for (let now = 0; now < 100_000; now += 10_000) {
      assert.equal(pool.eject(1, now).durationMs, 10_000);
      pool.bringBack(now + 10_000);
    }
  });

  it('OutlierDetector spreads the returns over ± 10 %', () => {
    const random = createSeededRandom(11);
    const durations = Array.from({ length: 500 }, () => new FakePool(4, SPEC, random).eject(0, 0).durationMs);
    assert.ok(durations.every((duration) => duration >= 1800 && duration <= 2200));
    assert.ok(Math.min(...durations) < 1810 && Math.max(...durations) > 2190);
  });

  it('OutlierDetector ends an ejection when an active check passes, and counts it all the same', () => {
    const pool = new FakePool(4);
    const ejection = pool.eject(3, 0);
    assert.deepEqual(pool.detector.returned(3, 500), ejection);
    assert.equal(pool.detector.returned(3, 501), null);
    assert.ok(pool.isEligible(3));
    assert.equal(pool.eject(3, 600).durationMs, 4000);
  });

  it('OutlierDetector takes out at most half of a small pool and 30 % of others', () => {
    for (const [size, most] of [
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 2],
      [9, 4],
      [10, 3],
      [11, 3],
      [20, 6],
      [100, 30],
    ] as const) {
      const pool = new FakePool(size);
      for (let slot = 0; slot < size; slot++) pool.detector.consider(slot, RESET, 0);
      assert.equal(pool.detector.ejections.length, most, `of ${size}`);
    }
  });

  it('OutlierDetector lets the next one go when another has returned', () => {
    const pool = new FakePool(3);
    pool.eject(0, 0);
    assert.equal(pool.keep(1, 1), 'share-reached');
    pool.bringBack(2000);
    pool.eject(1, 2000);
  });

  it('OutlierDetector does not count those that take no connections, and holds them to no share', () => {
    const pool = new FakePool(5);
    for (const slot of [0, 1, 2]) pool.eject(slot, 0, REFUSED);
    pool.eject(3, 0);
    assert.equal(pool.keep(4, 0, REFUSED), 'last-eligible');
    const mixed = new FakePool(6);
    for (const slot of [0, 1, 2]) mixed.eject(slot, 0);
    assert.equal(mixed.keep(3, 0), 'share-reached');
    mixed.eject(3, 0, REFUSED);
  });

  it('OutlierDetector takes out at most the share that the config says', () => {
    const pool = new FakePool(20, { ...SPEC, maxSharePercent: 10 });
    pool.eject(0, 0);
    pool.eject(1, 0);
    assert.equal(pool.keep(2, 0), 'share-reached');
  });

  it('OutlierDetector never takes out the last eligible endpoint', () => {
    const pool = new FakePool(4);
    for (const slot of [1, 2, 3]) pool.unhealthy.add(slot);
    assert.equal(pool.keep(0, 0), 'last-eligible');
  });

  it('OutlierDetector leaves alone what is out already, and everything where it is off', () => {
    const pool = new FakePool(4);
    pool.unhealthy.add(1);
    assert.equal(pool.keep(1, 0), 'not-eligible');
    pool.eject(2, 0);
    assert.equal(pool.keep(2, 1), 'already-ejected');
    assert.equal(new FakePool(4, { ...SPEC, enabled: false }).keep(0, 0), 'off');
  });

  it('OutlierDetector knows nothing of an endpoint that has left', () => {
    const pool = new FakePool(4);
    pool.eject(2, 0);
    pool.detector.forget(2);
    assert.deepEqual(pool.detector.ejections, []);
    assert.equal(pool.eject(2, 1).before, 0);
  });

  it('OutlierDetector ejects for twice as long when a trial fails, or the third in a row says nothing', () => {
    const pool = new FakePool(4);
    pool.eject(1, 0);
    pool.detector.due(2000);
    assert.equal(pool.detector.trialFailed(1, { kind: 'status', isDown: false }, 2000)?.durationMs, 4000);
    pool.detector.due(6000);
    assert.equal(pool.detector.trialVoid(1, 6001), null);
    assert.equal(pool.detector.trialVoid(1, 6002), null);
    const third = pool.detector.trialVoid(1, 6003);
    assert.deepEqual([third?.durationMs, third?.kind], [8000, 'status']);
  });

  it('OutlierDetector with three trials brings back after the third that passes, and begins them anew after one that fails', () => {
    const { detector, ...pool } = new FakePool(4, PROBED);
    detector.consider(1, RESET, 0);
    assert.equal(detector.trialsLeft(1), 0);
    detector.due(2000);
    assert.deepEqual([detector.trialPassed(1, 2001), detector.trialPassed(1, 2002)], [null, null]);
    assert.equal(detector.trialsLeft(1), 1);
    assert.equal(detector.trialFailed(1, RESET, 2003)?.durationMs, 4000);
    detector.due(6003);
    assert.equal(detector.trialsLeft(1), 3);
    for (const _void of [1, 2]) assert.equal(detector.trialVoid(1, 6004), null);
    assert.equal(detector.trialPassed(1, 6005), null);
    for (const _void of [1, 2]) assert.equal(detector.trialVoid(1, 6006), null, 'not three in a row');
    detector.trialPassed(1, 6007);
    assert.equal(detector.trialPassed(1, 6008)?.before, 1);
    assert.equal(pool.unhealthy.size, 0);
    assert.deepEqual(detector.ejections, []);
  });

  it('OutlierDetector takes the last eligible endpoint only by rules that say so', () => {
    assert.equal(new FakePool(1, PROBED).keep(0, 0), 'last-eligible');
    assert.equal(new FakePool(1, { ...PROBED, takesLast: true }).eject(0, 0).slot, 0);
  });

  it('OutlierDetector counts one that is on trial as out', () => {
    const pool = new FakePool(4);
    pool.eject(0, 0);
    pool.eject(1, 0);
    pool.detector.due(2000);
    assert.equal(pool.keep(2, 2000), 'share-reached');
  });

  it('OutlierDetector keeps its bounds through any course of events', () => {
    const step = fc.record({
      slot: fc.nat(11),
      event: fc.constantFrom('failures', 'returned', 'due', 'trial failed', 'void', 'tried', 'unhealthy', 'healthy'),
      after: fc.nat(60_000),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(step, { maxLength: 80 }),
        fc.integer(),
        (size, steps, seed) => {
          const pool = new FakePool(size, SPEC, createSeededRandom(seed));
          let now = 0;
          for (const { slot: any, event, after } of steps) {
            const slot = any % size;
            now += after;
            const eligibleBefore = pool.eligibleCount;
            if (event === 'failures' && pool.detector.consider(slot, RESET, now).isEjected)
              assert.ok(eligibleBefore > 1);
            else if (event === 'returned') pool.detector.returned(slot, now);
            else if (event === 'trial failed') pool.detector.trialFailed(slot, RESET, now);
            else if (event === 'void') pool.detector.trialVoid(slot, now);
            else if (event === 'tried') pool.detector.tryNow(slot);
            else if (event === 'due') assert.ok(pool.detector.due(now).every(({ until }) => until <= now));
            else if (event === 'unhealthy') pool.unhealthy.add(slot);
            else if (event === 'healthy') pool.unhealthy.delete(slot);
            assert.ok(pool.detector.ejections.length <= size * (size < 10 ? 0.5 : 0.3));
            for (const { durationMs, before } of pool.detector.ejections) {
              assert.ok(durationMs >= 1800 && durationMs <= 66_000 && before >= 0 && before <= 5);
            }
          }
        },
      ),
    );
  });
});
