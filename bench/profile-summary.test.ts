import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizeProfile } from './profile-summary.ts';

function node(id: number, functionName: string, url = '') {
  return { id, callFrame: { functionName, url, lineNumber: 9 } };
}

test('self time adds up by function wherever it was called from, and idle time is kept apart', () => {
  const summary = summarizeProfile({
    nodes: [
      node(1, '(idle)'),
      node(2, 'parse', 'file:///a/src/http1/head.ts'),
      node(3, 'parse', 'file:///a/src/http1/head.ts'),
    ],
    samples: [1, 2, 3, 2],
    timeDeltas: [100, 10, 20, 30],
  });
  assert.deepEqual(summary, { idleUs: 100, busyUs: 60, functions: [{ name: 'parse http1/head.ts:10', us: 60 }] });
});
