import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestEngine } from './create-transport.ts';

const major = Number(process.versions.node.split('.')[0]);

test('connections stand on the handles of Node 26, which take writes without a request, and not on those of Node 24', () => {
  if (major === 26) assert.equal(bestEngine, 'handle');
  if (major === 24) assert.equal(bestEngine, 'onread');
});
