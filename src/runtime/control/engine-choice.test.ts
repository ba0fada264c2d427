import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseEngine, knowEngine } from './engine-choice.ts';

test('an engine is tried out once, and not where another process has done so', async () => {
  assert.equal(chooseEngine(), chooseEngine());
  assert.notEqual(await chooseEngine(), 'data');
  knowEngine('data');
  assert.equal(await chooseEngine(), 'data');
});
