import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { UNBOUNDED_MEMORY } from '../core/kept-memory.ts';
import { faultResponse } from './fault-response.ts';
import type { FaultResponseOptions } from './fault-response.ts';
import { HeadReader } from './head-reader.ts';

const PLAIN: FaultResponseOptions = {
  requestId: 'id-1',
  wantsJson: false,
  isHead: false,
  connection: '',
  date: 'Sun, 06 Nov 1994 08:49:37 GMT',
};

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

function answer(fault: Fault, options: Partial<FaultResponseOptions> = {}): Answer {
  const bytes = Buffer.from(faultResponse(fault, { ...PLAIN, ...options }), 'latin1');
  const reader = new HeadReader(UNBOUNDED_MEMORY);
  const end = reader.read(bytes, 0, bytes.length, 16_384);
  const [statusLine, ...lines] = reader.text.trimEnd().split('\r\n');
  const headers = new Headers(lines.map((line) => line.split(': ', 2) as [string, string]));
  return { status: Number(statusLine.split(' ')[1]), headers, body: bytes.latin1Slice(end) };
}

test('every fault has its status, its code and a body of the length it announces, as text and as JSON', () => {
  for (const fault of Object.values(FAULTS)) {
    for (const wantsJson of [false, true]) {
      const { status, headers, body } = answer(fault, { wantsJson });
      assert.equal(status, fault.status);
      assert.equal(headers.get('fairlead-error'), fault.code);
      assert.equal(headers.get('content-length'), String(body.length));
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.ok(body.includes(fault.code) && body.includes(fault.text));
    }
  }
});

test('an error in JSON has status, code, message and request id', () => {
  const { headers, body } = answer(FAULTS.connectFailed, { wantsJson: true });
  const { status, code, text } = FAULTS.connectFailed;
  assert.equal(headers.get('content-type'), 'application/json');
  assert.deepEqual(JSON.parse(body), { status, error: code, message: text, requestId: 'id-1' });
});

test('an answer to HEAD has the length of the body, and no body', () => {
  const whole = answer(FAULTS.noRoute);
  const head = answer(FAULTS.noRoute, { isHead: true });
  assert.equal(head.body, '');
  assert.equal(head.headers.get('content-length'), whole.headers.get('content-length'));
});

test('a request without an id gets an answer without one', () => {
  const { headers, body } = answer(FAULTS.badChunk, { requestId: '' });
  assert.equal(headers.has('x-request-id'), false);
  assert.ok(body.endsWith('bad-chunk\n'));
});

test('only a 503 says when to try again, and only a 405 which methods are allowed', () => {
  for (const fault of Object.values(FAULTS)) {
    const { headers } = answer(fault);
    assert.equal(headers.has('retry-after'), fault.status === 503, fault.code);
    assert.equal(headers.has('allow'), fault.status === 405, fault.code);
  }
});

test('an error says Connection as it is asked for', () => {
  assert.equal(answer(FAULTS.noRoute).headers.has('connection'), false);
  assert.equal(answer(FAULTS.noRoute, { connection: 'close' }).headers.get('connection'), 'close');
});
