import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../random.ts';
import { jitter, nextDelayMs } from './schedule.ts';
import { HealthThreshold } from './threshold.ts';

const SPEC = {
  intervalMs: 5000,
  fastIntervalMs: 1000,
  downIntervalMs: 20_000,
  rise: 2,
  fall: 3,
  startUnhealthy: false,
};
const MIDDLE = { next: () => 0.5 };

function delayAfter(answers: readonly boolean[], isSuspected = false): number {
  const threshold = new HealthThreshold(SPEC);
  for (const ok of answers) threshold.record(ok ? 'pass' : 'fail', 0, '');
  if (isSuspected) threshold.suspect();
  return nextDelayMs(SPEC, threshold, MIDDLE);
}

describe('nextDelayMs', () => {
  it('nextDelayMs checks an endpoint at once that has not answered yet', () => {
    assert.equal(delayAfter([]), 0);
  });

  it('nextDelayMs keeps the interval while healthy and the down interval while unhealthy', () => {
    assert.equal(delayAfter([true]), 5000);
    assert.equal(delayAfter([false]), 20_000);
  });

  it('nextDelayMs takes the fast interval in transition and while traffic meets failures', () => {
    assert.equal(delayAfter([true, false]), 1000);
    assert.equal(delayAfter([false, true]), 1000);
    assert.equal(delayAfter([true], true), 1000);
    assert.equal(delayAfter([true, false, true]), 5000);
  });
});

describe('jitter', () => {
  it('jitter spreads evenly over ± 10 %', () => {
    const random = createSeededRandom(3);
    const delays = Array.from({ length: 4000 }, () => jitter(1000, random));
    assert.ok(delays.every((delay) => delay >= 900 && delay <= 1100));
    assert.ok(Math.min(...delays) < 902 && Math.max(...delays) > 1098);
    const mean = delays.reduce((sum, delay) => sum + delay) / delays.length;
    assert.ok(Math.abs(mean - 1000) < 4, `mean ${mean}`);
  });
});
