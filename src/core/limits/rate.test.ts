import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MOST_AHEAD, mostAhead, paceOf, ticksAt } from './rate.ts';
import type { PacedRate } from './rate.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

function limit(count: number, periodMs: number, burst: number, waitMs = 0): PacedRate {
  return { rate: { count, periodMs }, burst, waitMs };
}

describe('the pace of a limit', () => {
  it('the pace of a limit has 1024 ticks for a request, fewer where requests come fast or many are ahead', () => {
    assert.equal(paceOf(limit(100, HOUR, 100)).cost, 1024);
    assert.equal(paceOf(limit(1, 86_400_000, 1)).cost, 1024);
    // 100 ns have six ticks of 16 ns.
    assert.equal(paceOf(limit(10_000_000, SECOND, 1)).cost, 6);
    assert.equal(paceOf(limit(1, SECOND, 2 ** 20)).cost, 256);
    assert.equal(paceOf(limit(1, SECOND, MOST_AHEAD)).cost, 1);
  });

  it('the pace of a limit makes a request cost exactly the time that its rate gives it', () => {
    for (const each of [
      limit(100, HOUR, 100),
      limit(7, SECOND, 3),
      limit(10_000_000, SECOND, 1),
      limit(1.5, SECOND, 1),
    ]) {
      const { cost, ticksPerMs } = paceOf(each);
      const expected = each.rate.periodMs / each.rate.count;
      assert.ok(Math.abs(cost / ticksPerMs - expected) <= expected * 1e-12, `${cost / ticksPerMs} ms, not ${expected}`);
    }
  });

  it('the pace of a limit keeps burst and wait together within what can be told from what is behind', () => {
    for (const each of [limit(10_000_000, SECOND, 5, 20 * SECOND), limit(1000, SECOND, 2 ** 27, 60 * SECOND)]) {
      assert.ok(mostAhead(each) <= MOST_AHEAD);
      const { most, wait } = paceOf(each);
      assert.ok(most + wait <= MOST_AHEAD, `${most} + ${wait}`);
    }
  });

  it('the time of a limit goes round in 32 bits', () => {
    const pace = { ticksPerMs: 1000 };
    assert.equal(ticksAt(2 ** 31 / 1000, pace), -(2 ** 31));
    assert.equal((ticksAt(5_000_000.5, pace) - ticksAt(5_000_000, pace)) | 0, 500);
  });
});
