import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAINTENANCE, UNHEALTHY } from '../../core/shared/pool-table.ts';
import { ROUTE_HELD } from '../../core/shared/route-table.ts';
import { CHUNKED_POST, Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import type { StageOptions } from '../../../test/support/exchange-stage.ts';

/** A pool that nobody can be picked of, and that has answered lately unless it has not. */
function lost({
  holdMs = 5000,
  hasAnswered = true,
  maxWaiting = 10,
  ...rest
}: StageOptions & { holdMs?: number; hasAnswered?: boolean; maxWaiting?: number } = {}): Stage {
  const stage = new Stage({
    pool: { panic: false, queue: { maxWaiting, timeoutMs: 0, targetMs: 0, holdMs } },
    ...rest,
  });
  stage.now = 700_000;
  if (hasAnswered) stage.table.held.poolAnswered(stage.now);
  for (const { slot } of stage.pool.endpoints) stage.table.setHealth(slot, UNHEALTHY);
  return stage;
}

describe('a request that finds nobody to try', () => {
  it('a request that finds nobody to try is held for as long as the config says, its client is not read, and it fails then', () => {
    const stage = lost();
    stage.request(requestHead(CHUNKED_POST));
    assert.deepEqual([stage.state, stage.client.isPaused, stage.table.held.count], ['held', true, 1]);
    stage.advance(4900);
    assert.equal(stage.client.faultCode, '');
    stage.advance(200);
    assert.deepEqual([stage.client.faultCode, stage.table.held.count], ['held-too-long', 0]);
    assert.equal(stage.routes.total(1, ROUTE_HELD), 1);
    stage.end();
  });

  it('a request that finds nobody to try is held for a second where nobody has answered lately, and fails of what it met', () => {
    const stage = lost({ hasAnswered: false });
    stage.request(requestHead());
    stage.advance(900);
    assert.equal(stage.state, 'held');
    stage.advance(200);
    assert.equal(stage.client.faultCode, 'no-endpoint');
    stage.end();
  });

  it('a request that finds nobody to try is held in full while the last answer of the pool is less than ten minutes old', () => {
    for (const [minutes, isHeldInFull] of [
      [9.9, true],
      [10.1, false],
    ] as const) {
      const stage = lost();
      stage.now += minutes * 60_000;
      stage.request(requestHead());
      stage.advance(1500);
      assert.equal(stage.state === 'held', isHeldInFull, `${minutes} minutes`);
      stage.end();
    }
  });

  it('a request that finds nobody to try is answered at once where holding is off, we drain, or as many are held as may be', () => {
    for (const [options, code] of [
      [{ holdMs: 0 }, 'no-endpoint'],
      [{ maxWaiting: 0 }, 'queue-full'],
    ] as const) {
      const stage = lost(options);
      stage.request(requestHead());
      assert.equal(stage.client.faultCode, code);
      stage.end();
    }
    const draining = lost();
    Object.assign(draining.host, { isDraining: true });
    draining.request(requestHead());
    assert.equal(draining.client.faultCode, 'no-endpoint');
    draining.end();
  });

  it('a request that was held begins anew when it is let go, and its time to be held is counted once', () => {
    const stage = lost();
    stage.request(requestHead());
    stage.advance(3000);
    // Somebody is there for a moment, and refuses.
    stage.table.setHealth(0, 0);
    stage.exchange.onReleased();
    assert.equal(stage.state, 'connecting');
    stage.table.setHealth(0, MAINTENANCE);
    stage.fail('refused');
    assert.deepEqual([stage.state, stage.exchange.tried.length], ['held', 0]);
    stage.advance(1900);
    assert.equal(stage.client.faultCode, '');
    stage.advance(200);
    assert.equal(stage.client.faultCode, 'held-too-long');
    assert.equal(stage.routes.total(1, ROUTE_HELD), 1);
    stage.end();
  });
});
