import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import { BODY_LENGTH, BODY_NONE } from '../head.ts';
import type { AnswerContent, Step } from '../steps/step.ts';

/** Answers every request with this. */
function answering(content: Partial<AnswerContent>): Step {
  const whole = { status: 200, reason: 'OK', lines: 'X-Ours: 1\r\n', body: Buffer.from('hello'), ...content };
  return { name: 'answers', onRequest: (view) => view.answer(whole) };
}

describe('an answer of a step', () => {
  it('an answer of a step goes out with its lines, its length and its body, and to no endpoint', () => {
    const stage = new Stage({ steps: [answering({})] });
    stage.request(requestHead());
    const { client } = stage;
    assert.deepEqual([client.sent, client.body], ['200 bytes end', 'hello']);
    assert.equal(client.head?.lines, 'X-Ours: 1\r\nContent-Length: 5\r\n');
    assert.deepEqual([client.head.bodyKind, client.head.isOurs, stage.dialled.length], [BODY_LENGTH, true, 0]);
    assert.equal(stage.failed.length, 0);
    stage.end();
  });

  it('an answer of a step to HEAD has the length that its body would have, and no body', () => {
    const stage = new Stage({ steps: [answering({})] });
    stage.request(requestHead({ method: 'HEAD' }));
    assert.equal(stage.client.sent, '200 end');
    assert.match(stage.client.head?.lines ?? '', /Content-Length: 5\r\n/);
    assert.equal(stage.client.head?.bodyKind, BODY_NONE);
    stage.end();
  });

  for (const status of [204, 304]) {
    it(`an answer of a step with ${status} has neither length nor body`, () => {
      const stage = new Stage({ steps: [answering({ status })] });
      stage.request(requestHead());
      assert.equal(stage.client.sent, `${status} end`);
      assert.equal(stage.client.head?.lines, 'X-Ours: 1\r\n');
      stage.end();
    });
  }

  it('an answer of a step with an empty body says that its length is 0', () => {
    const stage = new Stage({ steps: [answering({ body: Buffer.alloc(0), lines: '' })] });
    stage.request(requestHead());
    assert.deepEqual([stage.client.sent, stage.client.head?.lines], ['200 end', 'Content-Length: 0\r\n']);
    stage.end();
  });

  it('an answer of a step that its client takes slowly is over when the client has taken it', () => {
    const stage = new Stage({ steps: [answering({})] });
    stage.client.isBlocked = true;
    stage.request(requestHead());
    assert.equal(stage.state, 'flushing');
    stage.client.isBlocked = false;
    stage.exchange.onClientDrain();
    assert.equal(stage.client.doneCount, 1);
    stage.end();
  });
});
