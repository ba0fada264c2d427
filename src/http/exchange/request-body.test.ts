import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHUNKED_POST, Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import { BODY_CHUNKED } from '../head.ts';

/** May be sent twice. */
const CHUNKED_PUT = { method: 'PUT', bodyKind: BODY_CHUNKED } as const;
const RETRY = { replayBytes: 8, backoffMs: 0 };

function send(stage: Stage, text: string): void {
  stage.exchange.onRequestBody(Buffer.from(text), 0, text.length);
}

describe('the body of a request', () => {
  it('the body of a request that comes before there is a connection is kept, and its client held up beyond the replay buffer', () => {
    const stage = new Stage({ retry: RETRY });
    stage.request(requestHead(CHUNKED_POST));
    send(stage, '1234567');
    assert.ok(!stage.client.isPaused);
    send(stage, '89');
    assert.ok(stage.client.isPaused);
    const upstream = stage.connect();
    assert.deepEqual([upstream.sent, stage.client.isPaused], ['POST 123456789', false]);
    stage.end();
  });

  it('the body of a request that may be sent twice is sent twice, whole, as long as it fits the replay buffer', () => {
    const stage = new Stage({ retry: RETRY });
    stage.request(requestHead(CHUNKED_PUT));
    const first = stage.connect();
    send(stage, '1234');
    send(stage, '5678');
    stage.exchange.onRequestEnd('');
    stage.fail('reset');
    stage.advance(100);
    const second = stage.connect();
    assert.deepEqual([first.sent, second.sent], ['PUT 1234 5678 end', 'PUT 12345678 end']);
    stage.answer();
    stage.end();
  });

  it('the body of a request is not kept beyond the replay buffer: then it is sent once', () => {
    const stage = new Stage({ retry: RETRY });
    stage.request(requestHead(CHUNKED_PUT));
    stage.connect();
    send(stage, '12345678');
    assert.equal(stage.exchange.kept.length, 8);
    send(stage, '9');
    assert.equal(stage.exchange.kept.length, 0);
    stage.exchange.onRequestEnd('');
    stage.fail('reset');
    assert.equal(stage.client.faultCode, 'upstream-reset');
    stage.end();
  });

  it('the body of a POST is not kept once it is on its way', () => {
    const stage = new Stage({ retry: RETRY });
    stage.request(requestHead(CHUNKED_POST));
    send(stage, '12');
    assert.equal(stage.exchange.kept.length, 2);
    stage.connect();
    assert.equal(stage.exchange.kept.length, 0);
    stage.end();
  });

  it('the body of a request goes on as fast as its endpoint takes it', () => {
    const stage = new Stage();
    stage.request(requestHead(CHUNKED_POST));
    const upstream = stage.connect();
    upstream.isBlocked = true;
    send(stage, 'a');
    assert.ok(stage.client.isPaused);
    upstream.isBlocked = false;
    stage.exchange.attempt?.onUpstreamDrain();
    assert.ok(!stage.client.isPaused);
    send(stage, 'b');
    assert.equal(upstream.sent, 'POST a b');
    stage.end();
  });

  it('the body of a request that comes too slowly is a 408, however much of it has been sent', () => {
    const stage = new Stage({ timeouts: { requestBodyIdleMs: 500 } });
    stage.request(requestHead(CHUNKED_POST));
    stage.connect();
    stage.advance(400);
    send(stage, 'a');
    stage.advance(400);
    assert.equal(stage.client.faultCode, '');
    stage.advance(200);
    assert.equal(stage.client.faultCode, 'request-timeout');
    stage.end();
  });

  it('the rest of a body that comes after the answer is thrown away, and counted', () => {
    const stage = new Stage();
    stage.request(requestHead(CHUNKED_POST));
    const upstream = stage.connect();
    stage.client.isBlocked = true;
    stage.answer(413, '');
    assert.equal(stage.state, 'flushing');
    send(stage, 'late');
    assert.equal(upstream.sent, 'POST');
    stage.client.isBlocked = false;
    stage.exchange.onClientDrain();
    // It was answered before it had the whole request: nobody uses that connection again.
    assert.deepEqual([upstream.ends, upstream.isKept], [1, false]);
    stage.end();
  });
});
