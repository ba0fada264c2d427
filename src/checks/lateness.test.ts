import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeTime } from '../../test/support/fake-time.ts';
import { LATE_MS, Lateness } from './lateness.ts';

/** Late at most by what is allowed, plus the tick that was due anyway. */
const BARELY_MS = LATE_MS + 20;

describe('the lateness of the main thread', () => {
  it('the lateness of the main thread is not seen while timers come in time', () => {
    const time = new FakeTime();
    const end = new Lateness(time, time).begin();
    time.advance(5000);
    assert.equal(end(), false);
  });

  it('the lateness of the main thread is seen when a check ends after a stall in which no tick came', () => {
    const time = new FakeTime();
    const end = new Lateness(time, time).begin();
    time.stall(BARELY_MS + 1);
    assert.equal(end(), true);
  });

  it('the lateness of the main thread is forgiven up to 50 ms', () => {
    const time = new FakeTime();
    const end = new Lateness(time, time).begin();
    time.stall(BARELY_MS);
    assert.equal(end(), false);
  });

  it('the lateness of the main thread is remembered for every check that was in flight, and for none that began later', () => {
    const time = new FakeTime();
    const lateness = new Lateness(time, time);
    const early = lateness.begin();
    time.stall(1000);
    time.advance(20);
    const late = lateness.begin();
    time.advance(1000);
    assert.equal(late(), false);
    assert.equal(early(), true);
  });

  it('the lateness of the main thread between two checks concerns no check', () => {
    const time = new FakeTime();
    const lateness = new Lateness(time, time);
    assert.equal(lateness.begin()(), false);
    time.stall(1000);
    const end = lateness.begin();
    time.advance(100);
    assert.equal(end(), false);
  });
});
