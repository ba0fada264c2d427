import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAULTS } from '../../core/errors.ts';
import { CHUNKED_POST, Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import { LATER, PASS } from '../steps/step.ts';
import type { Deferral, Step } from '../steps/step.ts';

describe('a request that goes through the steps of its route', () => {
  it('a request goes through the steps in their order, up to the one that answers it', () => {
    const asked: string[] = [];
    const step = (name: string, onRequest: NonNullable<Step['onRequest']>): Step => ({
      name,
      onRequest(view) {
        asked.push(name);
        return onRequest(view);
      },
    });
    const stage = new Stage({
      steps: [
        step('passes', () => PASS),
        step('refuses', (view) => view.refuse(FAULTS.payloadTooLarge)),
        step('is not asked', () => PASS),
      ],
    });
    stage.request(requestHead());
    assert.deepEqual([asked, stage.client.faultCode], [['passes', 'refuses'], 'payload-too-large']);
    assert.equal(stage.dialled.length, 0);
    stage.end();
  });

  it('a request goes on behind the step that let it wait, and asks none of them twice', () => {
    const asked: string[] = [];
    let deferral: Deferral | null = null;
    const stage = new Stage({
      steps: [
        {
          name: 'waits',
          onRequest(view) {
            asked.push('waits');
            deferral = view.defer(1000);
            return LATER;
          },
        },
        {
          name: 'passes',
          onRequest() {
            asked.push('passes');
            return PASS;
          },
        },
      ],
    });
    stage.request(requestHead());
    assert.deepEqual([asked, stage.state], [['waits'], 'deciding']);
    (deferral as Deferral | null)?.pass();
    assert.deepEqual([asked, stage.state], [['waits', 'passes'], 'connecting']);
    stage.end();
  });

  it('a request has the smallest of the limits that steps set for its body, whichever comes first', () => {
    for (const limits of [
      [10, 3],
      [3, 10],
    ]) {
      const stage = new Stage({
        steps: limits.map((bytes) => ({
          name: `limit ${bytes}`,
          onRequest(view) {
            view.limitBody(bytes);
            return PASS;
          },
        })),
      });
      stage.request(requestHead(CHUNKED_POST));
      stage.exchange.onRequestBody(Buffer.from('abc'), 0, 3);
      assert.equal(stage.client.faultCode, '');
      stage.exchange.onRequestBody(Buffer.from('d'), 0, 1);
      assert.equal(stage.client.faultCode, 'payload-too-large');
      stage.end();
    }
  });

  it('the body of a request that waits for a step is kept, and goes out behind its head', () => {
    let deferral: Deferral | null = null;
    const stage = new Stage({
      steps: [
        {
          name: 'waits',
          onRequest(view) {
            deferral = view.defer(1000);
            return LATER;
          },
        },
      ],
    });
    stage.request(requestHead(CHUNKED_POST));
    stage.exchange.onRequestBody(Buffer.from('kept'), 0, 4);
    stage.exchange.onRequestEnd('X-T: 1\r\n');
    (deferral as Deferral | null)?.pass();
    const upstream = stage.connect();
    assert.deepEqual([upstream.sent, upstream.trailers], ['POST kept end', 'X-T: 1\r\n']);
    stage.end();
  });
});
