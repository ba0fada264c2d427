import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LoopClock, loopClockOf } from './loop-clock.ts';

function countedClock(): { clock: LoopClock; reads: () => number } {
  let reads = 0;
  return { clock: new LoopClock({ now: () => (reads += 1), wallTime: () => 7 }), reads: () => reads };
}

describe('the loop clock', () => {
  test('the loop clock reads the time once in an entry, and only when asked', () => {
    const { clock, reads } = countedClock();
    clock.enter();
    assert.equal(reads(), 0);
    assert.equal(clock.now(), clock.now());
    clock.leave();
    clock.enter();
    assert.equal(clock.now(), 2);
    clock.leave();
  });

  test('the loop clock remembers nothing outside of an entry', () => {
    const { clock } = countedClock();
    clock.enter();
    assert.equal(clock.now(), 1);
    clock.leave();
    assert.equal(clock.now(), 2);
    assert.equal(clock.now(), 3);
    assert.equal(clock.wallTime(), 7);
  });

  test('the loop clock is shared by all who are given one', () => {
    const { clock } = countedClock();
    assert.equal(loopClockOf(clock), clock);
    assert.notEqual(loopClockOf({ now: () => 0, wallTime: () => 0 }), clock);
  });
});
