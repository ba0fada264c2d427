import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAULTS } from '../../core/errors.ts';
import { Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import type { StageOptions } from '../../../test/support/exchange-stage.ts';
import { LATER } from '../steps/step.ts';
import type { AnswerContent, Deferral } from '../steps/step.ts';

const OURS: AnswerContent = { status: 202, reason: 'Accepted', lines: '', body: Buffer.from('later') };

/** A request whose step has yet to say what it decided. */
function deferred(options: StageOptions = {}, early: (deferral: Deferral) => void = () => {}) {
  const said: { deferral: Deferral | null; cancelled: number } = { deferral: null, cancelled: 0 };
  const stage = new Stage({
    steps: [
      {
        name: 'defers',
        onRequest(view) {
          said.deferral = view.defer(1000);
          early(said.deferral);
          return LATER;
        },
        cancel: () => said.cancelled++,
      },
    ],
    ...options,
  });
  stage.request(requestHead());
  return { stage, said, deferral: said.deferral as unknown as Deferral };
}

describe('a step that decides later', () => {
  it('a step that decides later lets the request go on, answers it or refuses it', () => {
    const sent = (decide: (deferral: Deferral) => void): string => {
      const { stage, deferral } = deferred();
      assert.deepEqual([stage.state, stage.client.sent], ['deciding', '']);
      decide(deferral);
      const { state, client } = stage;
      stage.end();
      return `${state} ${client.sent.replace(' cut', '')}`.trim();
    };
    assert.equal(
      sent((deferral) => deferral.answer(OURS)),
      'idle 202 bytes end',
    );
    assert.equal(
      sent((deferral) => deferral.refuse(FAULTS.payloadTooLarge)),
      'idle 413',
    );
    assert.match(
      sent((deferral) => deferral.pass()),
      /^connecting/,
    );
  });

  it('a step that decides later is heard once, and no word counts that comes after the first', () => {
    const { stage, deferral } = deferred();
    deferral.pass();
    deferral.refuse(FAULTS.payloadTooLarge);
    deferral.pass();
    assert.deepEqual([stage.state, stage.client.sent, stage.dialled.length], ['connecting', '', 1]);
    stage.end();
  });

  it('a step that has said LATER and decided at once is heard when it returns, and by its first word', () => {
    const { stage } = deferred({}, (deferral) => {
      deferral.answer(OURS);
      deferral.refuse(FAULTS.payloadTooLarge);
    });
    assert.equal(stage.client.sent, '202 bytes end');
    stage.end();
  });

  it('a step that decides after its client has left is not heard, and was told that nobody waits', () => {
    const { stage, said, deferral } = deferred();
    stage.exchange.onClientGone();
    assert.equal(said.cancelled, 1);
    // The exchange serves another request by now.
    stage.request(requestHead());
    deferral.refuse(FAULTS.payloadTooLarge);
    assert.equal(stage.client.sent, 'cut');
    stage.end();
  });

  it('a step that does not decide in its time is not heard any more, and its request gets a 503', () => {
    const { stage, said, deferral } = deferred();
    stage.advance(1100);
    assert.equal(stage.client.faultCode, 'decision-timeout');
    deferral.pass();
    assert.deepEqual([said.cancelled, stage.state, stage.dialled.length], [1, 'idle', 0]);
    stage.end();
  });

  it('a step that decides is not at fault for what then goes wrong with its exchange', () => {
    const faults: unknown[] = [];
    const { stage, deferral } = deferred({ onFault: (error) => faults.push(error) });
    const broken = new Error('not the fault of the step');
    const { client } = stage;
    client.hasBegun = false;
    client.sendHead = () => {
      throw broken;
    };
    deferral.answer(OURS);
    assert.deepEqual([faults, client.sent], [[broken], '500']);
    stage.end();
  });
});
