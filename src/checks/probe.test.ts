import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failedBy } from './probe.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { code });
}

describe('the error of a check', () => {
  it('the error of a check says nothing about the endpoint where something of ours was missing', () => {
    for (const code of ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOMEM', 'EACCES', 'ENOBUFS'])
      assert.equal(failedBy(systemError(code)).outcome, 'void', code);
  });

  it('the error of a check is told in words, and what it means for requests under way', () => {
    const tell = (code: string): unknown[] => {
      const { outcome, reason, isRefused, unanswered } = failedBy(systemError(code));
      return [outcome, reason, isRefused, unanswered];
    };
    assert.deepEqual(tell('ECONNREFUSED'), ['fail', 'connection refused', true, 'connect']);
    assert.deepEqual(tell('EHOSTUNREACH'), ['fail', 'host unreachable', false, 'connect']);
    assert.deepEqual(tell('ETIMEDOUT'), ['fail', 'connection timed out', false, 'timeout']);
    assert.deepEqual(tell('ECONNRESET'), ['fail', 'connection reset', false, 'reset']);
    assert.deepEqual(tell('EPROTO'), ['fail', 'connect EPROTO 127.0.0.1:1', false, null]);
  });

  it('the error of a check may be any value', () => {
    assert.deepEqual(failedBy('gone'), { outcome: 'fail', reason: 'gone', isRefused: false, unanswered: null });
  });
});
