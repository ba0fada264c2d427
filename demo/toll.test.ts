import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeToll } from './toll.ts';

test('what a kill has cost is told with the reason for what was lost', () => {
  const before = { retries: 3, rescues: 0, lost: { all: 5, posts: 1 } };
  const after = (retries: number, all: number, posts: number) => ({
    retries: 3 + retries,
    rescues: 0,
    lost: { all: 5 + all, posts: 1 + posts },
  });
  assert.equal(describeToll(['s2'], before, after(8, 0, 0), false), 'since s2 was killed: retried 8, lost 0');
  assert.match(describeToll(['s2'], before, after(8, 1, 1), false), /lost 1 \(POST\): a POST .* is never sent twice$/);
  assert.match(describeToll(['s2'], before, after(8, 3, 1), false), /lost 3 \(1 POST\)$/);
  assert.equal(
    describeToll(['s1', 's2', 's3'], before, after(0, 40, 4), true),
    'since s1, s2 and s3 were killed: retried 0, lost 40 (4 POST): no server of the pool is left',
  );
});
