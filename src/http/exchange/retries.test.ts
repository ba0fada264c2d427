import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER_BUDGET_SPENT, COUNTER_MOVES, COUNTER_RETRIES } from '../../core/shared/pool-table.ts';
import { ROUTE_RETRIES } from '../../core/shared/route-table.ts';
import { CHUNKED_POST, Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import { BODY_CHUNKED } from '../head.ts';

const PORTS = [1, 2, 3, 4];

function slotOf({ exchange }: Stage): number {
  return exchange.attempt?.endpoint?.slot ?? -1;
}

function total({ pool, table }: Stage, counter: number): number {
  return pool.endpoints.reduce((sum, { slot }) => sum + table.total(slot, counter), 0);
}

describe('a request whose attempt has failed', () => {
  it('a request moves on from refused connects at once, whatever its method, to endpoints that it has not been to', () => {
    const stage = new Stage({ ports: PORTS, retry: { attempts: 1 } });
    stage.request(requestHead(CHUNKED_POST));
    const slots = [slotOf(stage)];
    for (let move = 0; move < 3; move++) {
      stage.fail('refused');
      assert.equal(stage.state, 'connecting');
      slots.push(slotOf(stage));
    }
    assert.equal(new Set(slots).size, 4);
    // They count neither as attempts nor against the budget.
    assert.deepEqual([total(stage, COUNTER_MOVES), total(stage, COUNTER_RETRIES)], [3, 0]);
    stage.fail('refused');
    assert.deepEqual([stage.client.faultCode, stage.failed[0].attempts], ['connect-failed', 4]);
    stage.end();
  });

  it('a request moves on from refused connects no longer than a connect may take', () => {
    const stage = new Stage({ ports: PORTS, timeouts: { connectMs: 1000 } });
    stage.request(requestHead());
    stage.fail('refused');
    stage.advance(900);
    stage.fail('refused');
    assert.equal(stage.state, 'connecting');
    stage.advance(200);
    stage.fail('refused');
    assert.equal(stage.client.faultCode, 'connect-failed');
    stage.end();
  });

  it('a request that may be sent twice is sent again after a wait, up to its attempts, then fails of the last one', () => {
    const stage = new Stage({ ports: PORTS, retry: { attempts: 3, backoffMs: 25, maxBackoffMs: 100 } });
    stage.request(requestHead());
    const slots: number[] = [];
    for (const failure of ['reset', 'closed', 'reset'] as const) {
      stage.connect();
      slots.push(slotOf(stage));
      stage.fail(failure);
      if (slots.length === 3) break;
      assert.equal(stage.state, 'between');
      stage.advance(200);
      assert.equal(stage.state, 'connecting');
    }
    assert.equal(new Set(slots).size, 3);
    assert.deepEqual([stage.client.faultCode, stage.routes.total(1, ROUTE_RETRIES)], ['upstream-reset', 2]);
    stage.end();
  });

  it('a POST that has been sent is never sent again, whatever it failed of', () => {
    for (const [failure, code] of [
      ['reset', 'upstream-reset'],
      ['closed', 'upstream-closed'],
    ] as const) {
      const stage = new Stage({ ports: PORTS });
      stage.request(requestHead({ method: 'POST' }));
      stage.connect();
      stage.fail(failure);
      assert.deepEqual([stage.client.faultCode, stage.dialled.length], [code, 1]);
      stage.end();
    }
  });

  it('a POST with an Idempotency-Key is sent again', () => {
    const stage = new Stage({ ports: PORTS, retry: { backoffMs: 0 } });
    stage.request(requestHead({ method: 'POST', lines: 'idempotency-key: 7\r\n' }));
    stage.connect();
    stage.fail('reset');
    stage.advance(100);
    assert.equal(stage.dialled.length, 2);
    stage.end();
  });

  it('a request of whose answer something has come is not sent again', () => {
    const stage = new Stage({ ports: PORTS });
    stage.request(requestHead());
    stage.connect();
    stage.fail('reset', true);
    assert.deepEqual([stage.client.faultCode, stage.dialled.length], ['upstream-reset', 1]);
    stage.end();
  });

  it('a connect that has taken too long is an attempt, and another one follows it at once', () => {
    const stage = new Stage({ ports: PORTS, retry: { attempts: 2 }, timeouts: { connectMs: 500 } });
    stage.request(requestHead(CHUNKED_POST));
    stage.advance(600);
    assert.deepEqual([stage.dialled.length, stage.state, total(stage, COUNTER_RETRIES)], [2, 'connecting', 1]);
    stage.advance(600);
    assert.equal(stage.client.faultCode, 'connect-timeout');
    stage.end();
  });

  it('a request whose pool has spent its budget fails as it has failed, and its log says why nothing followed', () => {
    const stage = new Stage({ ports: PORTS, pool: { retryBudget: { share: 0, perSecond: 0 } } });
    stage.request(requestHead());
    stage.connect();
    stage.fail('reset');
    assert.deepEqual(
      [stage.client.faultCode, stage.failed[0].reason],
      ['upstream-reset', 'upstream-reset: budget-spent'],
    );
    assert.equal(total(stage, COUNTER_BUDGET_SPENT), 1);
    stage.end();
  });

  it('a connect that has taken too long takes from the budget what follows it, and fails where that is spent', () => {
    const stage = new Stage({
      ports: PORTS,
      pool: { retryBudget: { share: 0, perSecond: 0 } },
      timeouts: { connectMs: 500 },
    });
    stage.request(requestHead());
    stage.advance(600);
    assert.deepEqual([stage.client.faultCode, stage.dialled.length], ['connect-timeout', 1]);
    assert.equal(total(stage, COUNTER_BUDGET_SPENT), 1);
    stage.end();
  });

  it('a request that waits for its next attempt goes on reading its body, and sends all of it again', () => {
    const stage = new Stage({ ports: PORTS });
    stage.request(requestHead({ method: 'PUT', bodyKind: BODY_CHUNKED }));
    stage.connect();
    stage.exchange.onRequestBody(Buffer.from('one'), 0, 3);
    stage.fail('reset');
    assert.equal(stage.state, 'between');
    stage.exchange.onRequestBody(Buffer.from('two'), 0, 3);
    stage.exchange.onRequestEnd('');
    stage.advance(300);
    assert.equal(stage.connect().sent, 'PUT onetwo end');
    stage.answer();
    stage.end();
  });
});
