import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseEngine } from './probe.ts';

test('the probe finds that reads land in our buffers on this Node', async () => {
  assert.equal(await chooseEngine(), 'onread');
});
