import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HealthThreshold } from './threshold.ts';
import type { ThresholdState } from './threshold.ts';

const SPEC = { rise: 2, fall: 3, startUnhealthy: false };

type Event = 'pass' | 'fail' | 'absent' | 'suspect';

/** The shortest way to each state with rise 2 and fall 3. */
const WAYS: Record<ThresholdState, readonly Event[]> = {
  untried: [],
  healthy: ['pass'],
  suspected: ['pass', 'suspect'],
  falling: ['pass', 'fail'],
  absent: ['absent'],
  unhealthy: ['fail'],
  rising: ['fail', 'pass'],
};

/** The table at the head of threshold.ts. */
const TABLE: Record<ThresholdState, Record<Event, ThresholdState>> = {
  untried: { pass: 'healthy', fail: 'unhealthy', absent: 'absent', suspect: 'untried' },
  healthy: { pass: 'healthy', fail: 'falling', absent: 'absent', suspect: 'suspected' },
  suspected: { pass: 'healthy', fail: 'falling', absent: 'absent', suspect: 'suspected' },
  falling: { pass: 'healthy', fail: 'falling', absent: 'absent', suspect: 'falling' },
  absent: { pass: 'healthy', fail: 'falling', absent: 'absent', suspect: 'absent' },
  unhealthy: { pass: 'rising', fail: 'unhealthy', absent: 'rising', suspect: 'unhealthy' },
  rising: { pass: 'healthy', fail: 'unhealthy', absent: 'absent', suspect: 'rising' },
};

function apply(threshold: HealthThreshold, event: Event, at = 0): void {
  if (event === 'suspect') threshold.suspect();
  else threshold.record(event, at, event);
}

function reach(events: readonly Event[], spec = SPEC): HealthThreshold {
  const threshold = new HealthThreshold(spec);
  for (const event of events) apply(threshold, event);
  return threshold;
}

describe('HealthThreshold', () => {
  for (const state of Object.keys(WAYS) as ThresholdState[]) {
    for (const event of ['pass', 'fail', 'absent', 'suspect'] as const) {
      it(`HealthThreshold goes from ${state} to ${TABLE[state][event]} on ${event}`, () => {
        const threshold = reach(WAYS[state]);
        assert.equal(threshold.state, state);
        apply(threshold, event);
        assert.equal(threshold.state, TABLE[state][event]);
      });
    }
  }

  it('HealthThreshold takes the third failure in a row for an unhealthy endpoint, and the second pass for a healthy one', () => {
    const threshold = reach(['pass', 'fail', 'fail']);
    assert.ok(threshold.isHealthy);
    apply(threshold, 'fail');
    assert.ok(!threshold.isHealthy);
    apply(threshold, 'pass');
    assert.ok(!threshold.isHealthy);
    apply(threshold, 'pass');
    assert.ok(threshold.isHealthy);
  });

  it('HealthThreshold lets one contrary answer begin the count anew', () => {
    assert.equal(reach(['pass', 'fail', 'fail', 'pass', 'fail', 'fail']).state, 'falling');
    assert.equal(reach(['fail', 'pass', 'fail', 'pass']).state, 'rising');
  });

  it('HealthThreshold changes at once where rise and fall are 1', () => {
    const spec = { rise: 1, fall: 1, startUnhealthy: false };
    assert.equal(reach(['pass', 'fail'], spec).state, 'unhealthy');
    assert.equal(reach(['pass', 'fail', 'pass'], spec).state, 'healthy');
  });

  it('HealthThreshold serves before its first answer unless it is to start unhealthy', () => {
    assert.ok(new HealthThreshold(SPEC).isHealthy);
    assert.ok(!new HealthThreshold({ ...SPEC, startUnhealthy: true }).isHealthy);
  });

  it('HealthThreshold serves while there is nothing to ask, comes back to that from unhealthy by `rise`, and tells each change', () => {
    const threshold = reach(['pass']);
    assert.deepEqual(threshold.record('absent', 1, 'none'), {
      isHealthy: true,
      at: 1,
      reason: 'none',
      answers: [
        { ok: true, at: 0, reason: 'pass' },
        { ok: false, at: 1, reason: 'none' },
      ],
    });
    assert.equal(threshold.record('absent', 2, 'none'), null);
    assert.equal(threshold.record('pass', 3, 'well')?.reason, 'well');
    const returning = reach(['fail', 'absent']);
    assert.ok(!returning.isHealthy);
    assert.equal(returning.record('absent', 4, 'none')?.isHealthy, true);
    assert.equal(returning.state, 'absent');
  });

  it('HealthThreshold is in transition exactly while suspected, falling or rising', () => {
    const inTransition = (Object.keys(WAYS) as ThresholdState[]).filter((state) => reach(WAYS[state]).isInTransition);
    assert.deepEqual(inTransition, ['suspected', 'falling', 'rising']);
  });

  it('HealthThreshold keeps the evidence of each change: its time, its reason and the answers before it', () => {
    const threshold = new HealthThreshold(SPEC);
    assert.equal(threshold.lastChange, null);
    const first = threshold.record('pass', 1, '200 in 3 ms');
    assert.deepEqual(first, {
      isHealthy: true,
      at: 1,
      reason: '200 in 3 ms',
      answers: [{ ok: true, at: 1, reason: '200 in 3 ms' }],
    });
    assert.equal(threshold.record('fail', 2, 'status 500'), null);
    assert.equal(threshold.record('fail', 3, 'status 500'), null);
    const change = threshold.record('fail', 4, 'connection refused');
    assert.equal(change?.isHealthy, false);
    assert.equal(change?.reason, 'connection refused');
    assert.deepEqual(
      change?.answers.map((answer) => answer.at),
      [1, 2, 3, 4],
    );
    threshold.record('pass', 5, '200 in 2 ms');
    assert.equal(threshold.lastChange, change);
    assert.equal(change?.answers.length, 4, 'evidence does not grow afterwards');
  });

  it('HealthThreshold keeps five answers, or as many as rise and fall count', () => {
    for (const [fall, kept] of [
      [3, 5],
      [8, 8],
    ] as const) {
      const threshold = new HealthThreshold({ ...SPEC, fall });
      for (let at = 0; at < 20; at++) threshold.record('pass', at, '');
      assert.equal(threshold.answers.length, kept);
      assert.equal(threshold.answers[kept - 1].at, 19);
    }
  });

  it('HealthThreshold agrees with the definition by runs of equal answers, for any answers', () => {
    const events = fc.array(fc.boolean(), { maxLength: 60 });
    const count = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(events, count, count, (answers, rise, fall) => {
        const threshold = new HealthThreshold({ rise, fall, startUnhealthy: false });
        let expected = true;
        answers.forEach((ok, index) => {
          const needed = ok ? rise : fall;
          const run = answers.slice(Math.max(0, index + 1 - needed), index + 1);
          const isChange = index === 0 || (run.length === needed && run.every((answer) => answer === ok));
          const before = expected;
          if (isChange) expected = ok;
          const change = threshold.record(ok ? 'pass' : 'fail', index, '');
          assert.equal(threshold.isHealthy, expected, `answer ${index}`);
          assert.equal(change !== null, index === 0 || expected !== before);
        });
      }),
    );
  });
});
