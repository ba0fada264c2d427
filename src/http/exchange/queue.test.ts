import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUEUE_FULL, QUEUE_TIMED_OUT } from '../../core/shared/queue-counters.ts';
import { CHUNKED_POST, Stage, requestHead } from '../../../test/support/exchange-stage.ts';

/** A pool that may have one request in flight, and has it. */
function full(maxWaiting = 10): Stage {
  const stage = new Stage({ pool: { maxRequests: 1, queue: { maxWaiting, timeoutMs: 1000, targetMs: 0, holdMs: 0 } } });
  stage.now = 1000;
  assert.ok(stage.pool.endpoints[0].acquire());
  return stage;
}

describe('a request that finds every place taken', () => {
  it('a request that finds every place taken waits for one, and its client is not read', () => {
    const stage = full();
    stage.request(requestHead(CHUNKED_POST));
    assert.deepEqual([stage.state, stage.client.isPaused, stage.table.held.queued], ['held', true, 1]);
    stage.pool.endpoints[0].release();
    stage.exchange.onReleased();
    assert.deepEqual([stage.state, stage.table.held.queued], ['connecting', 0]);
    stage.end();
  });

  it('a request that finds every place taken fails when queue.timeout is over, all its waits together', () => {
    const stage = full();
    stage.request(requestHead());
    stage.advance(600);
    stage.exchange.onReleased();
    assert.equal(stage.state, 'held');
    stage.advance(300);
    assert.equal(stage.client.faultCode, '');
    stage.advance(200);
    assert.deepEqual([stage.client.faultCode, stage.table.queue.total(QUEUE_TIMED_OUT)], ['queue-timeout', 1]);
    stage.pool.endpoints[0].release();
    stage.end();
  });

  it('a request that finds every place taken keeps its rank for as long as it lives', () => {
    const stage = full();
    stage.request(requestHead());
    const { rank } = stage.exchange;
    stage.advance(100);
    stage.pool.endpoints[0].release();
    stage.exchange.onReleased();
    stage.connect();
    stage.fail('reset');
    assert.ok(stage.pool.endpoints[0].acquire());
    stage.advance(300);
    assert.deepEqual([stage.state, stage.exchange.rank], ['held', rank]);
    stage.pool.endpoints[0].release();
    stage.end();
  });

  it('a request that finds every place taken is answered at once where as many wait as may', () => {
    const stage = full(0);
    stage.request(requestHead());
    assert.deepEqual([stage.client.faultCode, stage.table.queue.total(QUEUE_FULL)], ['queue-full', 1]);
    stage.pool.endpoints[0].release();
    stage.end();
  });
});
