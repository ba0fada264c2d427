import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evidenceNumber } from '../../core/health/evidence.ts';
import { COUNTER_RESCUES } from '../../core/shared/pool-table.ts';
import { CHUNKED_POST, Stage, requestHead, responseHead } from '../../../test/support/exchange-stage.ts';
import type { StageOptions, StageUpstream } from '../../../test/support/exchange-stage.ts';
import type { Attempt } from '../attempt.ts';

/** The endpoint of the first attempt is silent, and a second one is under way beside it. */
function racing(options: StageOptions = {}): { stage: Stage; first: StageUpstream; attempt: Attempt } {
  const stage = new Stage(options);
  stage.request(requestHead());
  const first = stage.connect();
  const { attempt } = stage.exchange;
  assert.ok(attempt !== null);
  stage.table.rescue.fill(evidenceNumber('silent'));
  attempt.onMoved();
  assert.equal(stage.dialled.length, 2);
  return { stage, first, attempt };
}

function rivalOf({ exchange }: Stage): Attempt {
  assert.ok(exchange.rival !== null);
  return exchange.rival;
}

describe('two attempts at once', () => {
  it('of two attempts at once the one whose answer comes first is the exchange’s, and the other is given up', () => {
    for (const winner of ['first', 'second'] as const) {
      const { stage, first, attempt } = racing();
      const second = stage.connect();
      const rival = rivalOf(stage);
      const [won, lost] = winner === 'first' ? [attempt, second] : [rival, first];
      won.onResponse(responseHead(200));
      assert.equal(lost.ends, 1);
      won.onResponseEnd('');
      assert.deepEqual([stage.client.sent, lost.isKept, stage.exchange.record.attempts], ['200 end', false, 2]);
      stage.end();
    }
  });

  it('of two attempts at once the second has the whole request, sent once its connection is there', () => {
    const stage = new Stage();
    stage.request(requestHead({ method: 'PUT', bodyKind: 2 }));
    stage.connect();
    stage.exchange.onRequestBody(Buffer.from('body'), 0, 4);
    stage.exchange.onRequestEnd('');
    stage.table.rescue.fill(evidenceNumber('silent'));
    stage.exchange.attempt?.onMoved();
    assert.equal(stage.connect().sent, 'PUT body end');
    stage.end();
  });

  it('of two attempts at once the exchange goes on with the one that is left when the other fails', () => {
    const { stage, first, attempt } = racing();
    stage.connect();
    const rival = rivalOf(stage);
    first.abort();
    attempt.onUpstreamFailed('reset', false, '');
    assert.equal(stage.exchange.attempt, rival);
    assert.equal(stage.state, 'awaiting');
    stage.answer();
    assert.equal(stage.client.sent, '200 bytes end');
    stage.end();
  });

  it('of two attempts at once a second that is refused leaves the first as it was', () => {
    const { stage, attempt } = racing();
    for (const dial of stage.dialled) stage.refuse(dial);
    rivalOf(stage).onUpstreamFailed('refused', false, 'ECONNREFUSED');
    assert.deepEqual([stage.exchange.attempt === attempt, stage.exchange.rival, stage.state], [true, null, 'awaiting']);
    attempt.onResponse(responseHead(200));
    attempt.onResponseEnd('');
    stage.end();
  });

  it('of two attempts at once a second with a status that is retried does not win while the first may do better', () => {
    const { stage, attempt } = racing({ retry: { statuses: [503] } });
    const second = stage.connect();
    rivalOf(stage).onResponse(responseHead(503));
    assert.deepEqual([second.ends, stage.client.sent, stage.exchange.rival], [1, '', null]);
    attempt.onResponse(responseHead(200));
    attempt.onResponseEnd('');
    assert.equal(stage.client.sent, '200 end');
    stage.end();
  });
});

describe('a request whose endpoint is lost', () => {
  it('a request whose endpoint is lost moves once, and takes that from the budget', () => {
    const { stage, attempt } = racing();
    assert.equal(stage.table.total(attempt.endpoint?.slot ?? 0, COUNTER_RESCUES), 1);
    stage.connect();
    attempt.onMoved();
    assert.equal(stage.dialled.length, 2);
    stage.end();
    const spent = new Stage({ pool: { retryBudget: { share: 0, perSecond: 0 } } });
    spent.request(requestHead());
    spent.connect();
    spent.table.rescue.fill(evidenceNumber('silent'));
    spent.exchange.attempt?.onMoved();
    assert.deepEqual([spent.dialled.length, spent.exchange.rival], [1, null]);
    spent.end();
  });

  it('a POST that has been sent stays where it is, one that waits for its connection moves', () => {
    for (const isSent of [true, false]) {
      const stage = new Stage();
      stage.request(requestHead(CHUNKED_POST), true);
      const slot = stage.exchange.attempt?.endpoint?.slot;
      if (isSent) stage.connect();
      stage.table.rescue.fill(evidenceNumber('connect'));
      stage.exchange.attempt?.onMoved();
      assert.equal(stage.exchange.attempt?.endpoint?.slot === slot, isSent);
      stage.end();
    }
  });

  it('a request whose endpoint is lost for good gives up the attempt there', () => {
    const stage = new Stage();
    stage.request(requestHead());
    const first = stage.connect();
    stage.table.rescue.fill(evidenceNumber('connect'));
    stage.exchange.attempt?.onMoved();
    assert.deepEqual([first.ends, stage.state, stage.exchange.rival], [1, 'connecting', null]);
    stage.end();
  });
});
