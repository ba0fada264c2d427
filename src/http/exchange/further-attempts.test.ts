import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER_FAILURES } from '../../core/shared/pool-table.ts';
import { CHUNKED_POST, Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import { BODY_NONE } from '../head.ts';
import type { RequestHead } from '../head.ts';
import type { UpstreamFailure } from '../stream.ts';

interface Given {
  readonly head?: Partial<RequestHead>;
  readonly isReused?: boolean;
  readonly isWhole?: boolean;
}

/** How many failures are counted against an endpoint whose only attempt fails like this. */
function blamed(failure: UpstreamFailure, { head = {}, isReused = false, isWhole }: Given = {}): number {
  const stage = new Stage({ ports: [1], retry: { attempts: 1 } });
  // Requests of this kind have succeeded there.
  stage.request(requestHead({ ...head, bodyKind: BODY_NONE }));
  stage.connect();
  stage.answer();
  stage.request(requestHead(head), isWhole);
  if (failure !== 'refused' && failure !== 'unreachable') stage.connect(isReused);
  stage.fail(failure);
  const failures = stage.table.total(0, COUNTER_FAILURES);
  stage.end();
  return failures;
}

describe('the fault of a failed attempt', () => {
  it('the fault of a failed attempt is that of its endpoint, where it was refused, reset, closed or answered badly', () => {
    for (const failure of ['refused', 'unreachable', 'reset', 'closed', 'bad-response'] as const)
      assert.equal(blamed(failure), 1, failure);
  });

  it('the fault of a failed attempt is nobody’s, where we lack a resource', () => {
    assert.equal(blamed('local-resources'), 0);
  });

  it('the fault of a failed attempt is nobody’s, where a kept connection has come to its normal end', () => {
    for (const failure of ['reset', 'closed'] as const) assert.equal(blamed(failure, { isReused: true }), 0, failure);
    // A malformed answer is no end.
    assert.equal(blamed('bad-response', { isReused: true }), 1);
  });

  it('the fault of a failed attempt is that of the client, while the request is not complete', () => {
    assert.equal(blamed('reset', { head: CHUNKED_POST, isWhole: false }), 0);
    assert.equal(blamed('reset', { head: CHUNKED_POST, isWhole: true }), 1);
  });
});
