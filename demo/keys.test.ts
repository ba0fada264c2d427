import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseKeys } from './keys.ts';

const actions = (input: string): string[] => parseKeys(input).map(({ action }) => action);

describe('the keys of the demo', () => {
  test('the keys of the demo are letters of either case, signs, arrows and Ctrl-C', () => {
    assert.deepEqual(actions('khsfrpw'), ['kill', 'hang', 'slow', 'fail', 'revive', 'policy', 'weight']);
    assert.deepEqual(actions('KQ'), ['kill', 'quit']);
    assert.deepEqual(actions('+=- '), ['more', 'more', 'less', 'pause']);
    assert.deepEqual(actions('\u001b[A\u001b[B\u001bOA\u001bOB'), ['previous', 'next', 'previous', 'next']);
    assert.deepEqual(actions('\u0003'), ['quit']);
  });

  test('the keys of the demo choose a server by its number, counted from 0', () => {
    assert.deepEqual(parseKeys('15'), [
      { action: 'choose', server: 0 },
      { action: 'choose', server: 4 },
    ]);
  });

  test('the keys of the demo are not found inside other escape sequences', () => {
    assert.deepEqual(actions('\u001b[1;5kx\u001b[200~\u001b[H'), []);
  });

  test('the keys of the demo are read from any input without an exception', () => {
    const unit = fc.constantFrom('\u001b', '[', 'O', 'A', '1', ';', '~', 'k', 'é', '👍', '\u0000', '\ud800');
    fc.assert(fc.property(fc.string({ unit }), (input) => parseKeys(input).length <= input.length));
  });
});
