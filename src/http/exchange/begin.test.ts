import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHUNKED_POST, Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import { BODY_LENGTH } from '../head.ts';

describe('the beginning of an exchange', () => {
  it('an exchange begins with the request of the same head worked out before, and with another for another head', () => {
    const stage = new Stage();
    const head = requestHead();
    const begun = [head, head, requestHead()].map((each) => {
      stage.request(each);
      const { request } = stage.exchange;
      stage.connect();
      stage.answer();
      return request;
    });
    assert.ok(begun[0] !== null && begun[0] === begun[1] && begun[0] !== begun[2]);
    stage.end();
  });

  it('an exchange begins with what its client says of itself: its own request id, or one of ours', () => {
    for (const [requestId, expected] of [
      ['theirs', 'theirs'],
      ['', 'id'],
    ]) {
      const stage = new Stage();
      stage.request(requestHead({ requestId }));
      const { record } = stage.exchange;
      assert.deepEqual(
        [record.requestId, record.client, record.pool, record.listener],
        [expected, '127.0.0.1', 'web', 'web'],
      );
      stage.end();
    }
  });

  it('an exchange ends where it begins for a path that cannot be read, or that leads nowhere', () => {
    for (const target of ['/%', '/../..', '/%00']) {
      const stage = new Stage();
      stage.request(requestHead({ target }));
      assert.deepEqual([stage.client.faultCode, stage.dialled.length], ['bad-path', 0]);
      // Of no route, so that no pool has failed it.
      assert.equal(stage.failed.length, 0);
      stage.end();
    }
  });

  it('an exchange waits for the body of its request as long as requestBodyIdle, and not for one that is empty', () => {
    for (const [fields, isSlow] of [
      [CHUNKED_POST, true],
      [{ method: 'POST', bodyKind: BODY_LENGTH, contentLength: 5 }, true],
      [{ method: 'POST', bodyKind: BODY_LENGTH, contentLength: 0 }, false],
    ] as const) {
      const stage = new Stage({ timeouts: { requestBodyIdleMs: 500, connectMs: 10_000 } });
      stage.request(requestHead(fields), !isSlow);
      stage.advance(600);
      assert.equal(stage.client.faultCode, isSlow ? 'request-timeout' : '');
      stage.end();
    }
  });

  it('an exchange whose client waits for a 100 is not hurried: nobody has told it to send', () => {
    const stage = new Stage({ timeouts: { requestBodyIdleMs: 500, connectMs: 10_000 } });
    stage.request(requestHead({ ...CHUNKED_POST, expectsContinue: true }));
    stage.advance(600);
    assert.equal(stage.state, 'connecting');
    stage.end();
  });
});
