import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserGet, variedGets } from './requests.ts';

test('a browser head has 14 header lines and 1,024 bytes', () => {
  const head = browserGet('127.0.0.1:20000', '/50');
  assert.equal(head.length, 1024);
  assert.equal(head.split('\r\n').length, 1 + 14 + 2);
});

test('varied heads are all different and of the same size', () => {
  const heads = variedGets('127.0.0.1:20000', 50);
  assert.equal(new Set(heads).size, heads.length);
  assert.ok(heads.every((head) => head.length === 1024));
});
