import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sent } from './load.ts';
import { outcomeOf } from './outcome.ts';
import { worstOf } from './report.ts';

const request = (id: string, dueMs: number, rest: Partial<Sent> = {}): Sent => {
  return { id, method: 'GET', dueMs, tookMs: 20, outcome: 'right', status: 200, ...rest };
};

test('a drill counts what failed, what could have been saved, and what came twice', () => {
  const outcome = outcomeOf({
    sent: [
      request('a', 0),
      request('b', 10, { method: 'POST' }),
      request('c', 1010, { outcome: 'gave-up', status: 0 }),
      request('d', 1020, { method: 'POST', outcome: 'status', status: 502 }),
      request('e', 1030, { method: 'POST', outcome: 'connection', status: 0 }),
      request('f', 1400, { outcome: 'wrong' }),
      request('g', 2000),
    ],
    arrivals: [
      [
        { atMs: 1, id: 'a' },
        { atMs: 11, id: 'b' },
        { atMs: 1021, id: 'd' },
      ],
      [
        { atMs: 12, id: 'b' },
        { atMs: 1401, id: 'f' },
        { atMs: 2001, id: 'g' },
      ],
    ],
    serverAtFault: null,
    faultBeganMs: 1000,
    faultEndedMs: 1500,
  });
  assert.deepEqual(outcome, {
    sent: 7,
    failed: 4,
    saveable: 3,
    repeated: 1,
    doublePosts: 1,
    wrong: 1,
    longestGapMs: 1990,
    lastFailureMs: 400,
    shareMs: null,
  });
});

test('a mended server has its share when enough of the requests after the fault come to it', () => {
  const sent = Array.from({ length: 400 }, (_, index) => request(String(index), index * 10));
  const isFirst = (index: number): boolean => index >= 250 && index % 2 === 0;
  const arrivalsOf = (wanted: boolean) =>
    sent.flatMap(({ id, dueMs }, index) => (isFirst(index) === wanted ? { id, atMs: dueMs + 1 } : []));
  // What the frozen server finds when it goes on is not its share.
  const backlog = Array.from({ length: 100 }, (_, index) => ({ id: String(index), atMs: 2001 }));
  const arrivals = [[...backlog, ...arrivalsOf(true)], arrivalsOf(false)];
  const { shareMs } = outcomeOf({ sent, arrivals, serverAtFault: 0, faultBeganMs: 1000, faultEndedMs: 2000 });
  assert.equal(shareMs, 400);
});

test('of several runs the worst of each figure counts', () => {
  const record = { arrivals: [[], []], serverAtFault: null, faultBeganMs: 0, faultEndedMs: 10 };
  const good = outcomeOf({ ...record, sent: [request('a', 0)] });
  const bad = outcomeOf({ ...record, sent: [request('a', 0, { outcome: 'gave-up' })] });
  assert.equal(worstOf([good, bad]).failed, 1);
});
