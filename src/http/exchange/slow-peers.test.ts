import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHUNKED_POST, Stage, requestHead, responseHead } from '../../../test/support/exchange-stage.ts';

const BYTES = Buffer.from('bytes');
const LIMIT_MS = 1000;
/** A piece of {@link BYTES} every 100 ms is enough. */
const SLOW = { bodyBytesPerSecond: 50, responseBytesPerSecond: 50, graceMs: 500 };

function send(stage: Stage): void {
  stage.exchange.onRequestBody(BYTES, 0, BYTES.length);
}

describe('a side that is slow', () => {
  it('a client that takes bytes, however slowly, is not cut; one that takes none for writeIdle is', () => {
    const stage = new Stage({ timeouts: { writeIdleMs: LIMIT_MS } });
    stage.request(requestHead());
    stage.connect();
    stage.exchange.attempt?.onResponse(responseHead(200));
    stage.client.isBlocked = true;
    stage.client.takenBytes = 0;
    stage.exchange.attempt?.onResponseBody(BYTES, 0, BYTES.length);
    for (let second = 0; second < 10; second++) {
      stage.client.takenBytes++;
      stage.advance(LIMIT_MS);
      assert.equal(stage.client.sent, '200 bytes');
    }
    stage.advance(2 * LIMIT_MS);
    assert.deepEqual([stage.client.sent, stage.failed[0].reason], ['200 bytes cut', 'client-write-timeout']);
    stage.end();
  });

  it('an endpoint that takes bytes, however slowly, goes on; one that takes none for writeIdle is at fault', () => {
    const stage = new Stage({ timeouts: { writeIdleMs: LIMIT_MS }, retry: { attempts: 1 } });
    stage.request(requestHead(CHUNKED_POST));
    const upstream = stage.connect();
    upstream.isBlocked = true;
    upstream.takenBytes = 0;
    stage.exchange.onRequestBody(BYTES, 0, BYTES.length);
    for (let second = 0; second < 10; second++) {
      upstream.takenBytes++;
      stage.advance(LIMIT_MS);
      assert.equal(stage.state, 'sending');
    }
    stage.advance(2 * LIMIT_MS);
    assert.equal(stage.client.faultCode, 'upstream-write-timeout');
    assert.notEqual(stage.table.failures[0] + stage.table.failures[1], 0);
    stage.end();
  });

  it('a body whose endpoint takes it slowly is never too slow: the time counts in which it is read', () => {
    const stage = new Stage({ slowClients: SLOW });
    stage.request(requestHead(CHUNKED_POST));
    const upstream = stage.connect();
    for (let second = 0; second < 20; second++) {
      upstream.isBlocked = true;
      send(stage);
      assert.ok(stage.client.isPaused);
      stage.advance(1000);
      upstream.isBlocked = false;
      stage.exchange.attempt?.onUpstreamDrain();
      // The client hears of it, and sends on.
      stage.advance(20);
    }
    assert.equal(stage.state, 'sending');
    stage.advance(3000);
    send(stage);
    assert.equal(stage.client.faultCode, 'body-too-slow');
    stage.end();
  });

  it('a body that nobody takes yet, or that waits for a 100, is not too slow', () => {
    const stage = new Stage({ slowClients: SLOW, retry: { replayBytes: 5 }, timeouts: { connectMs: 10_000 } });
    stage.request(requestHead(CHUNKED_POST));
    send(stage);
    assert.ok(stage.client.isPaused);
    stage.advance(5000);
    stage.connect();
    send(stage);
    assert.equal(stage.state, 'sending');
    stage.exchange.onRequestEnd('');
    stage.answer();
    stage.request(requestHead({ ...CHUNKED_POST, expectsContinue: true }));
    stage.advance(5000);
    stage.connect();
    stage.advance(500);
    send(stage);
    assert.equal(stage.state, 'sending');
    stage.advance(SLOW.graceMs + 100);
    send(stage);
    assert.equal(stage.client.faultCode, 'body-too-slow');
    stage.end();
  });
});
