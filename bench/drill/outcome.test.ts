import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sent } from './load.ts';
import { outcomeOf } from './outcome.ts';
import type { DrillResult } from './report.ts';
import { renderFigures, renderTable, renderTerms, worstOf } from './report.ts';
import { mergeResults } from './results.ts';
import { fillPart } from './write-page.ts';

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
    detectMs: null,
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

test('a fault is detected when hardly any request meets it any more, though one in a while still does', () => {
  const sent = Array.from({ length: 400 }, (_, index) => {
    const isSlow = (index >= 100 && index < 160) || index === 200;
    return request(String(index), index * 10, { tookMs: isSlow && index % 2 === 0 ? 500 : 20 });
  });
  const record = { sent, arrivals: [[], []], serverAtFault: 0, faultBeganMs: 1000, faultEndedMs: 3000 };
  assert.equal(outcomeOf(record).detectMs, 600);
  assert.equal(outcomeOf({ ...record, faultEndedMs: 1700 }).detectMs, null);
});

test('of several runs the worst of each figure counts', () => {
  const record = { arrivals: [[], []], serverAtFault: null, faultBeganMs: 0, faultEndedMs: 10 };
  const good = outcomeOf({ ...record, sent: [request('a', 0)] });
  const bad = outcomeOf({ ...record, sent: [request('a', 0, { outcome: 'gave-up' })] });
  assert.equal(worstOf([good, bad]).failed, 1);
});

test('the results go into tables, and the tables into their places of the page', () => {
  const sent = [request('a', 0, { outcome: 'gave-up' })];
  const worst = outcomeOf({ sent, arrivals: [[], []], serverAtFault: null, faultBeganMs: 0, faultEndedMs: 10 });
  const terms = { version: '1.0', date: '2026-01-31', runs: 1 };
  const results = ['x', 'y'].map((proxy) => ({ fault: 'f', title: 'it burns', wanted: 0, proxy, worst, ...terms }));
  assert.equal(renderTerms(results), 'x (1.0): one run, 2026-01-31. y (1.0): one run, 2026-01-31.');
  assert.match(renderTable(results), /\n\| it burns \| 1 \| 1 \| ≤ 0 \|$/);
  assert.match(renderFigures(results), /\n\| it burns \| y \| 1 \| 1 \| 1 \| 0 \| 0 \| 0 \| 0.0 s \| – \| – \|$/);
  const page = 'before\n<!-- drill: a -->\nold\n<!-- /drill -->\n<!-- drill: b -->\n<!-- /drill -->\nafter\n';
  const filled = fillPart(fillPart(page, ['b', 'B']), ['a', 'A']);
  assert.equal(
    filled,
    'before\n<!-- drill: a -->\n\nA\n\n<!-- /drill -->\n<!-- drill: b -->\n\nB\n\n<!-- /drill -->\nafter\n',
  );
  assert.throws(() => fillPart(page, ['c', '']), /no <!-- drill: c -->/);
});

test('a run of some faults or proxies takes the place of those alone in what is kept', () => {
  const sent = [request('a', 0)];
  const worst = outcomeOf({ sent, arrivals: [[], []], serverAtFault: null, faultBeganMs: 0, faultEndedMs: 10 });
  const result = (fault: string, proxy: string, runs: number): DrillResult => {
    return { fault, proxy, runs, title: fault, wanted: 0, version: '1.0', date: '2026-01-31', worst };
  };
  const before = [result('frozen', 'Fairlead', 1), result('frozen', 'nginx', 1), result('no such fault', 'nginx', 1)];
  const kept = mergeResults(before, [result('hangs', 'nginx', 3), result('frozen', 'nginx', 3)]);
  assert.deepEqual(
    kept.map(({ fault, proxy, runs }) => `${fault} ${proxy} ${runs}`),
    ['frozen nginx 3', 'frozen Fairlead 1', 'hangs nginx 3'],
  );
});
