import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeTime } from '../../../test/support/fake-time.ts';
import type { FailedRequests } from '../shared/data-plane-report.ts';
import { FAILURE_WINDOW_MS, PoolFailures } from './pool-failures.ts';

function failed(pool: string, reason: string, count: number, endpoint = 'a:1'): FailedRequests {
  return { pool, endpoint, reason, cause: '', status: 502, count };
}

function setUp(): { time: FakeTime; failures: PoolFailures; said: string[] } {
  const time = new FakeTime();
  const said: string[] = [];
  const failures = new PoolFailures(time, ({ pool, reason, endpoint, count, withinMs }) => {
    said.push(`${pool} ${reason} ${endpoint}: ${count} in ${withinMs}`);
  });
  return { time, failures, said };
}

describe('the failures of pools', () => {
  it('the failures of pools are reported at once for the first of a pool and reason, and in sum every ten seconds while they go on', () => {
    const { time, failures, said } = setUp();
    failures.take(failed('web', 'connect-failed', 1));
    failures.take(failed('web', 'no-endpoint', 1));
    failures.take(failed('web', 'connect-failed', 4));
    failures.take(failed('web', 'connect-failed', 5, 'b:2'));
    assert.deepEqual(said.splice(0), ['web connect-failed a:1: 1 in 0', 'web no-endpoint a:1: 1 in 0']);
    time.advance(FAILURE_WINDOW_MS);
    assert.deepEqual(said.splice(0), ['web connect-failed b:2: 9 in 10000']);
    failures.take(failed('web', 'connect-failed', 7));
    time.advance(FAILURE_WINDOW_MS);
    assert.deepEqual(said.splice(0), ['web connect-failed a:1: 7 in 10000']);
  });

  it('a failure of a pool is a new one after ten seconds without any', () => {
    const { time, failures, said } = setUp();
    failures.take(failed('web', 'connect-failed', 1));
    time.advance(FAILURE_WINDOW_MS);
    failures.take(failed('web', 'connect-failed', 1));
    assert.deepEqual(said, ['web connect-failed a:1: 1 in 0', 'web connect-failed a:1: 1 in 0']);
  });

  it('the failures of pools are reported to the last when the balancer closes', () => {
    const { time, failures, said } = setUp();
    failures.take(failed('web', 'connect-failed', 1));
    failures.take(failed('web', 'connect-failed', 3));
    failures.close();
    time.advance(2 * FAILURE_WINDOW_MS);
    assert.deepEqual(said.slice(1), ['web connect-failed a:1: 3 in 10000']);
  });
});
