import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Stage, requestHead, responseHead } from '../../../test/support/exchange-stage.ts';
import { BODY_CHUNKED, BODY_LENGTH } from '../head.ts';
import type { BodySink, BodyTransform, Step } from '../steps/step.ts';

/** Puts its mark in front of each piece of a body, and behind the last. */
class Marks implements BodyTransform {
  readonly #mark: string;

  constructor(mark: string) {
    this.#mark = mark;
  }

  write(buffer: Buffer, start: number, end: number, next: BodySink): void {
    const marked = Buffer.concat([Buffer.from(this.#mark), buffer.subarray(start, end)]);
    next.write(marked, 0, marked.length);
  }

  end(trailers: string, next: BodySink): void {
    const last = Buffer.from(this.#mark);
    next.write(last, 0, last.length);
    next.end(trailers);
  }
}

const marking = (mark: string): Step => ({
  name: mark,
  onResponse: (view) => view.addLines(`X-Mark: ${mark}\r\n`),
  transform: () => new Marks(mark),
});

const LINES = 'Content-Type: text/plain\r\nContent-Length: 5\r\n';

describe('what steps make of an answer', () => {
  it('what steps make of an answer passes them in the reverse order of requests, lines and body alike', () => {
    const stage = new Stage({ steps: [marking('a'), marking('b')] });
    stage.request(requestHead());
    stage.connect();
    const head = responseHead(200, { lines: LINES });
    const { exchange, client } = stage;
    exchange.attempt?.onResponse(head);
    exchange.attempt?.onResponseBody(Buffer.from('hello'), 0, 5);
    exchange.attempt?.onResponseEnd('X-T: 1\r\n');
    assert.equal(client.lines, 'X-Mark: b\r\nX-Mark: a\r\n');
    assert.deepEqual([client.body, client.trailers], ['abhelloaba', 'X-T: 1\r\n']);
    // Nobody knows the length of what comes out; the endpoint's own head is kept as it came for its next time.
    assert.deepEqual([client.head?.lines, client.head?.bodyKind], ['Content-Type: text/plain\r\n', BODY_CHUNKED]);
    assert.deepEqual([head.lines, head.bodyKind, head.contentLength], [LINES, BODY_LENGTH, 5]);
    assert.equal(exchange.record.bytesOut, 'abhelloaba'.length);
    stage.end();
  });

  it('what steps add to an answer without a body changes nothing of its length', () => {
    const stage = new Stage({ steps: [marking('a')] });
    stage.request(requestHead({ method: 'HEAD' }));
    stage.connect();
    stage.exchange.attempt?.onResponse(responseHead(204, { lines: LINES }));
    stage.exchange.attempt?.onResponseEnd('');
    assert.deepEqual([stage.client.lines, stage.client.head?.lines], ['X-Mark: a\r\n', LINES]);
    assert.equal(stage.client.body, '');
    stage.end();
  });

  it('what steps make of an answer waits for a client that takes no more, and goes on with it', () => {
    const stage = new Stage({ steps: [marking('a')] });
    stage.request(requestHead());
    const upstream = stage.connect();
    stage.exchange.attempt?.onResponse(responseHead(200));
    stage.client.isBlocked = true;
    stage.exchange.attempt?.onResponseBody(Buffer.from('hello'), 0, 5);
    assert.ok(upstream.isPaused);
    stage.client.isBlocked = false;
    stage.exchange.onClientDrain();
    assert.ok(!upstream.isPaused);
    stage.exchange.attempt?.onResponseEnd('');
    assert.equal(stage.client.body, 'ahelloa');
    stage.end();
  });
});
