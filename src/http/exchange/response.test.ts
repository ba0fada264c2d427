import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHUNKED_POST, Stage, requestHead, responseHead } from '../../../test/support/exchange-stage.ts';

const HELLO = Buffer.from('hello');

describe('the answer of an endpoint', () => {
  it('the answer of an endpoint goes out as it comes, and its connection is kept when both messages are whole', () => {
    const stage = new Stage();
    stage.request(requestHead());
    const upstream = stage.connect();
    const { attempt } = stage.exchange;
    attempt?.onResponse(responseHead(200));
    attempt?.onResponseBody(HELLO, 0, 2);
    attempt?.onResponseBody(HELLO, 2, 5);
    attempt?.onResponseEnd('X-T: 1\r\n');
    assert.deepEqual(
      [stage.client.sent, stage.client.body, stage.client.trailers],
      ['200 bytes bytes end', 'hello', 'X-T: 1\r\n'],
    );
    assert.ok(upstream.isKept);
    assert.deepEqual([stage.exchange.record.status, stage.exchange.record.bytesOut], [200, 5]);
    stage.end();
  });

  it('the answer of an endpoint to half a request goes out, and its connection is given up', () => {
    const stage = new Stage();
    stage.request(requestHead(CHUNKED_POST));
    const upstream = stage.connect();
    stage.answer(200);
    assert.deepEqual([stage.client.sent, upstream.isKept], ['200 bytes end', false]);
    stage.end();
  });

  it('the answer of an endpoint waits for a client that takes no more, and is cut when that takes nothing at all', () => {
    const stage = new Stage({ timeouts: { writeIdleMs: 400 } });
    stage.request(requestHead());
    const upstream = stage.connect();
    const { attempt } = stage.exchange;
    attempt?.onResponse(responseHead(200));
    stage.client.isBlocked = true;
    attempt?.onResponseBody(HELLO, 0, 5);
    assert.ok(upstream.isPaused);
    stage.advance(300);
    assert.equal(stage.client.sent, '200 bytes');
    stage.advance(600);
    assert.equal(stage.client.sent, '200 bytes cut');
    assert.equal(stage.failed[0].reason, 'client-write-timeout');
    // It is the client that was slow.
    assert.equal(stage.table.failures[0] + stage.table.failures[1], 0);
    stage.end();
  });

  it('the answer of an endpoint that comes no further is cut, and that is the fault of the endpoint', () => {
    const stage = new Stage({ timeouts: { responseIdleMs: 400 } });
    stage.request(requestHead());
    stage.connect();
    stage.exchange.attempt?.onResponse(responseHead(200));
    stage.exchange.attempt?.onResponseBody(HELLO, 0, 2);
    stage.advance(500);
    assert.equal(stage.client.sent, '200 bytes cut');
    assert.notEqual(stage.table.failures[0] + stage.table.failures[1], 0);
    stage.end();
  });

  it('a stream of events may rest for as long as a tunnel', () => {
    const stage = new Stage({ timeouts: { responseIdleMs: 400, tunnelIdleMs: 2000 } });
    stage.request(requestHead());
    stage.connect();
    stage.exchange.attempt?.onResponse(responseHead(200, { isEventStream: true }));
    stage.advance(1500);
    assert.equal(stage.client.sent, '200');
    stage.advance(600);
    assert.equal(stage.client.sent, '200 cut');
    stage.end();
  });
});

describe('an interim answer', () => {
  it('an interim answer goes out as it comes, before the final one', () => {
    const stage = new Stage();
    stage.request(requestHead());
    stage.connect();
    stage.exchange.attempt?.onInformational(responseHead(103));
    stage.answer();
    assert.equal(stage.client.sent, '103 200 bytes end');
    stage.end();
  });

  it('a client that waits for 100 gets that of the endpoint, or ours after a second, and never both', () => {
    const waiting = { ...CHUNKED_POST, expectsContinue: true };
    const patient = new Stage();
    patient.request(requestHead(waiting));
    patient.connect();
    patient.advance(900);
    patient.exchange.attempt?.onInformational(responseHead(100));
    assert.equal(patient.client.sent, '100');
    patient.advance(500);
    assert.equal(patient.client.sent, '100');
    patient.end();

    const late = new Stage();
    late.request(requestHead(waiting));
    late.connect();
    late.advance(1100);
    assert.equal(late.client.sent, '100');
    late.exchange.attempt?.onInformational(responseHead(100));
    assert.equal(late.client.sent, '100');
    late.end();
  });
});
