import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeProblem, quote, typeOf } from './acme-error.ts';

const URN = 'urn:ietf:params:acme:error:';

describe('what an authority says of a failure', () => {
  it('what an authority says of a failure is quoted with its word for it', () => {
    const problem = { type: `${URN}rateLimited`, detail: 'too many certificates', status: 429 };
    assert.equal(describeProblem(problem), 'too many certificates (rateLimited)');
    assert.equal(typeOf(problem), 'rateLimited');
  });

  it('what an authority says of single names is told with the names', () => {
    const part = { type: `${URN}caa`, detail: 'forbidden', identifier: { type: 'dns', value: 'a.example' } };
    const problem = { type: `${URN}compound`, detail: 'some names', subproblems: [part, 'nothing'] };
    assert.equal(describeProblem(problem), 'some names (compound): a.example: forbidden (caa)');
  });

  it('what an authority says in another form is no failure of ours', () => {
    for (const problem of [null, undefined, 5, 'text', [], {}, { type: 7, detail: {}, subproblems: 'x' }]) {
      assert.equal(describeProblem(problem), '');
      assert.equal(typeOf(problem), '');
    }
  });

  it('what an authority says cannot steer a terminal, make lines, or fill a disk', () => {
    assert.equal(quote('a\r\nb\u001b[31mc\u202ed'), 'a b [31mc d');
    assert.equal(quote('x'.repeat(10_000)).length, 301);
  });
});
