import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSeededRandom } from '../random.ts';
import type { EjectionSpec } from '../snapshot.ts';
import { OutlierDetector } from './outlier-detector.ts';
import type { Ejection, KeptReason } from './outlier-detector.ts';

const SPEC: EjectionSpec = { enabled: true, failures: 5, statuses: [502, 503, 504], baseMs: 30_000, maxMs: 300_000 };
const MIDDLE = { next: () => 0.5 };

/** A pool that publishes ejections as the control plane does. */
class FakePool {
  readonly size: number;
  readonly unhealthy = new Set<number>();
  readonly detector: OutlierDetector;

  constructor(size: number, spec = SPEC, random = MIDDLE) {
    this.size = size;
    this.detector = new OutlierDetector(spec, this, random);
  }

  isEligible(slot: number): boolean {
    return !this.unhealthy.has(slot) && !this.detector.ejections.some((ejection) => ejection.slot === slot);
  }

  get eligibleCount(): number {
    let count = 0;
    for (let slot = 0; slot < this.size; slot++) if (this.isEligible(slot)) count++;
    return count;
  }

  eject(slot: number, now: number): Ejection {
    const verdict = this.detector.consider(slot, now);
    assert.ok(verdict.isEjected, `slot ${slot} is kept: ${verdict.isEjected ? '' : verdict.reason}`);
    return verdict.ejection;
  }

  keep(slot: number, now: number): KeptReason {
    const verdict = this.detector.consider(slot, now);
    assert.ok(!verdict.isEjected, `slot ${slot} is ejected`);
    return verdict.reason;
  }
}

describe('OutlierDetector', () => {
  it('ejects for 30 s, and says since when and until when', () => {
    const pool = new FakePool(4);
    const ejection = { slot: 2, at: 1000, until: 31_000, durationMs: 30_000, times: 1 };
    assert.deepEqual(pool.eject(2, 1000), ejection);
    assert.deepEqual(pool.detector.ejections, [ejection]);
    assert.equal(pool.detector.nextDueAt, 31_000);
  });

  it('returns an endpoint when its time is up, not before, and once', () => {
    const pool = new FakePool(4);
    pool.eject(2, 0);
    assert.deepEqual(pool.detector.due(29_999), []);
    assert.deepEqual(
      pool.detector.due(30_000).map(({ slot }) => slot),
      [2],
    );
    assert.deepEqual(pool.detector.due(30_001), []);
    assert.equal(pool.detector.nextDueAt, Infinity);
  });

  it('ejects for longer each time, up to ten times as long', () => {
    const pool = new FakePool(4);
    let now = 0;
    for (let time = 1; time <= 15; time++) {
      const ejection = pool.eject(1, now);
      assert.equal(ejection.durationMs, Math.min(time, 10) * 30_000);
      now = ejection.until;
      pool.detector.due(now);
    }
  });

  it('forgives one time for each 10 s in service, however often it was ejected', () => {
    const pool = new FakePool(4);
    let now = 0;
    for (let time = 1; time <= 15; time++) {
      now = pool.eject(1, now).until;
      pool.detector.due(now);
    }
    now += 39_999;
    const ejection = pool.eject(1, now);
    assert.equal(ejection.times, 8);
    pool.detector.due(ejection.until);
    assert.equal(pool.eject(1, ejection.until + 3_600_000).times, 1);
  });

  it('spreads the returns over ± 10 %', () => {
    const random = createSeededRandom(11);
    const durations = Array.from({ length: 500 }, () => new FakePool(4, SPEC, random).eject(0, 0).durationMs);
    assert.ok(durations.every((duration) => duration >= 27_000 && duration <= 33_000));
    assert.ok(Math.min(...durations) < 27_100 && Math.max(...durations) > 32_900);
  });

  it('ends an ejection when an active check passes, and counts it all the same', () => {
    const pool = new FakePool(4);
    const ejection = pool.eject(3, 0);
    assert.deepEqual(pool.detector.passed(3, 5000), ejection);
    assert.equal(pool.detector.passed(3, 5001), null);
    assert.ok(pool.isEligible(3));
    assert.equal(pool.eject(3, 6000).times, 2);
  });

  it('takes out at most half of a small pool and 30 % of others', () => {
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
      for (let slot = 0; slot < size; slot++) pool.detector.consider(slot, 0);
      assert.equal(pool.detector.ejections.length, most, `of ${size}`);
    }
  });

  it('lets the next one go when another has returned', () => {
    const pool = new FakePool(3);
    pool.eject(0, 0);
    assert.equal(pool.keep(1, 1), 'share-reached');
    pool.detector.due(30_000);
    pool.eject(1, 30_000);
  });

  it('never takes out the last eligible endpoint', () => {
    const pool = new FakePool(4);
    for (const slot of [1, 2, 3]) pool.unhealthy.add(slot);
    assert.equal(pool.keep(0, 0), 'last-eligible');
  });

  it('leaves alone what is out already, and everything where it is off', () => {
    const pool = new FakePool(4);
    pool.unhealthy.add(1);
    assert.equal(pool.keep(1, 0), 'not-eligible');
    pool.eject(2, 0);
    assert.equal(pool.keep(2, 1), 'already-ejected');
    assert.equal(new FakePool(4, { ...SPEC, enabled: false }).keep(0, 0), 'off');
  });

  it('knows nothing of an endpoint that has left', () => {
    const pool = new FakePool(4);
    pool.eject(2, 0);
    pool.detector.forget(2);
    assert.deepEqual(pool.detector.ejections, []);
    assert.equal(pool.eject(2, 1).times, 1);
  });

  it('keeps its bounds through any course of events', () => {
    const step = fc.record({
      slot: fc.nat(11),
      event: fc.constantFrom('failures', 'passed', 'due', 'unhealthy', 'healthy'),
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
            if (event === 'failures' && pool.detector.consider(slot, now).isEjected) assert.ok(eligibleBefore > 1);
            else if (event === 'passed') pool.detector.passed(slot, now);
            else if (event === 'due') assert.ok(pool.detector.due(now).every(({ until }) => until <= now));
            else if (event === 'unhealthy') pool.unhealthy.add(slot);
            else if (event === 'healthy') pool.unhealthy.delete(slot);
            assert.ok(pool.detector.ejections.length <= size * (size < 10 ? 0.5 : 0.3));
            for (const { durationMs, times } of pool.detector.ejections) {
              assert.ok(durationMs >= 27_000 && durationMs <= 330_000 && times >= 1 && times <= 10);
            }
          }
        },
      ),
    );
  });
});
