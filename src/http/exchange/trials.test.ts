import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { offerToAny, offerTrial } from '../../core/health/trial-word.ts';
import { TRIAL } from '../../core/shared/pool-table.ts';
import { CHUNKED_POST, Stage, requestHead, responseHead } from '../../../test/support/exchange-stage.ts';
import type { StageOptions } from '../../../test/support/exchange-stage.ts';
import { BODY_LENGTH } from '../head.ts';
import type { RequestHead } from '../head.ts';
import { trialLimitMs } from './trials.ts';

const ON_TRIAL = 1;
const NUMBER = 7;

/** The second endpoint waits for its trial: of a fit request, or of any. */
function waiting({
  needsWhole = false,
  isLate = false,
  ...options
}: StageOptions & { needsWhole?: boolean; isLate?: boolean } = {}): Stage {
  const stage = new Stage(options);
  stage.table.setHealth(ON_TRIAL, TRIAL);
  offerTrial(stage.table, ON_TRIAL, { number: NUMBER, needsWhole });
  if (isLate) offerToAny(stage.table, ON_TRIAL, NUMBER);
  return stage;
}

function isTaken(fields: Partial<RequestHead>, isLate = false): boolean {
  const stage = waiting({ isLate, retry: { replayBytes: 100 } });
  stage.request(requestHead(fields));
  const slot = stage.exchange.attempt?.endpoint?.slot;
  stage.end();
  return slot === ON_TRIAL;
}

describe('the trial of an endpoint', () => {
  it('the trial of an endpoint is the next request that may be sent twice and is kept whole', () => {
    assert.ok(isTaken({}));
    assert.ok(isTaken({ method: 'PUT', bodyKind: BODY_LENGTH, contentLength: 100 }));
    for (const unfit of [
      { method: 'POST' },
      { upgrade: 'websocket' },
      { method: 'PUT', bodyKind: BODY_LENGTH, contentLength: 101 },
      { ...CHUNKED_POST, method: 'PUT' },
    ] as const) {
      assert.ok(!isTaken(unfit), JSON.stringify(unfit));
      // Where no better one has come for a second.
      assert.ok(isTaken(unfit, true), JSON.stringify(unfit));
    }
  });

  it('the trial of an endpoint is no request that has failed elsewhere', () => {
    const stage = new Stage({ ports: [1, 2, 3], retry: { backoffMs: 0 } });
    stage.request(requestHead());
    stage.connect();
    const failed = stage.exchange.attempt?.endpoint?.slot ?? 0;
    const onTrial = (failed + 1) % 3;
    stage.table.setHealth(onTrial, TRIAL);
    offerTrial(stage.table, onTrial, { number: NUMBER, needsWhole: false });
    stage.fail('reset');
    stage.advance(100);
    assert.equal(stage.exchange.attempt?.endpoint?.slot, 3 - failed - onTrial);
    stage.end();
  });

  it('the trial of an endpoint has passed with the head of an answer, or with its end where answers broke', () => {
    for (const needsWhole of [false, true]) {
      const stage = waiting({ needsWhole });
      stage.request(requestHead());
      stage.connect();
      stage.exchange.attempt?.onResponse(responseHead(200));
      assert.deepEqual(stage.trials, needsWhole ? [] : [{ number: NUMBER, result: 'passed' }]);
      stage.exchange.attempt?.onResponseEnd('');
      assert.deepEqual(stage.trials, [{ number: NUMBER, result: 'passed' }]);
      stage.end();
    }
  });

  it('the trial of an endpoint has failed of what its request fails of, and shows nothing where the client leaves', () => {
    const failing = waiting();
    failing.request(requestHead());
    failing.fail('refused');
    assert.deepEqual(failing.trials, [{ number: NUMBER, result: 'refused' }]);
    failing.end();
    const left = waiting();
    left.request(requestHead());
    left.exchange.onClientGone();
    assert.deepEqual(left.trials, [{ number: NUMBER, result: 'void' }]);
    left.end();
  });

  it('the trial of an endpoint has failed without a first byte in a quarter of responseHead, sooner where answers are always fast', () => {
    const stage = waiting({ timeouts: { responseHeadMs: 8000 } });
    stage.request(requestHead());
    assert.equal(trialLimitMs(stage.exchange), 2000);
    stage.routes.silence[1] = 1200;
    assert.equal(trialLimitMs(stage.exchange), 1200);
    stage.routes.silence[1] = 5000;
    assert.equal(trialLimitMs(stage.exchange), 2000);
    stage.connect();
    stage.advance(2100);
    assert.deepEqual(stage.trials, [{ number: NUMBER, result: 'silent' }]);
    stage.end();
  });
});
