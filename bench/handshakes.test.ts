import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCounts } from './handshakes.ts';

const TAIL = ['', '', '3 connections in 0.01s; 300.00 connections/user sec, bytes read 0'];
const DONE = '3 connections in 2 real seconds, 0 bytes read per connection';

test('connections that were resumed are told from whole handshakes, where the others were wanted', () => {
  const counts = (letters: string, kind: 'new' | 'resumed'): object =>
    readCounts(['Collecting connection statistics for 1 seconds', letters, ...TAIL, DONE], kind, 0);
  assert.deepEqual(counts('***', 'new'), { done: 3, failed: 0, odd: 0 });
  assert.deepEqual(counts('*r*', 'new'), { done: 3, failed: 0, odd: 1 });
  assert.deepEqual(counts('rrr', 'resumed'), { done: 3, failed: 0, odd: 0 });
  assert.deepEqual(counts('rr*', 'resumed'), { done: 3, failed: 0, odd: 1 });
});

test('a run of handshakes that ended with an error counts as a failure', () => {
  assert.deepEqual(readCounts(['ERROR'], 'new', 1), { done: 0, failed: 1, odd: 0 });
});
