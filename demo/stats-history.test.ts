import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BalancerStats } from '../src/runtime/control/balancer-stats.ts';
import { RecentTimes } from './recent-times.ts';
import { SAMPLE_MS, StatsHistory } from './stats-history.ts';

/** What the history reads, with so many attempts at `a`, twice as many requests, and a tenth of them failed. */
function statsAfter(attempts: number): BalancerStats {
  const route = (requests: number): object => ({ requests, statuses: [0, 0, 0, 0, requests / 10] });
  return {
    routes: [route(attempts)],
    unrouted: route(attempts),
    pools: [{ pool: 'app', endpoints: [{ endpoint: 'a', attempts }] }],
  } as unknown as BalancerStats;
}

function historyOf(attempts: readonly number[]): StatsHistory {
  const history = new StatsHistory();
  attempts.forEach((count, i) => history.add(i * SAMPLE_MS, statsAfter(count)));
  return history;
}

describe('the history of the figures', () => {
  test('the history of the figures has rates of the last two seconds', () => {
    const history = historyOf([0, 1000, 1010, 1020, 1030, 1040]);
    assert.equal(history.attemptsPerSecond('a'), 20);
    assert.equal(history.requestsPerSecond, 40);
    assert.equal(history.failuresPerSecond, 4);
    assert.equal(history.requests, 2080);
  });

  test('the history of the figures has nothing to say before the second sample, nor of an endpoint it does not know', () => {
    assert.equal(historyOf([]).requestsPerSecond, 0);
    assert.equal(historyOf([7]).attemptsPerSecond('a'), 0);
    assert.equal(historyOf([0, 7]).attemptsPerSecond('b'), 0);
  });

  test('the history of the figures has a value for each of the last 60 seconds, newest last, and null before the start', () => {
    const short = historyOf([0, 1, 2, 7, 12]).history('a');
    assert.equal(short.length, 60);
    assert.deepEqual(short.slice(-3), [null, 2, 10]);
    const long = historyOf(Array.from({ length: 500 }, (_, i) => i)).history('a');
    assert.ok(long.every((value) => value === 2));
  });
});

describe('the recent times', () => {
  test('the recent times are those of the window, by nearest rank', () => {
    const times = new RecentTimes(1000);
    times.add(0, 900);
    for (let i = 1; i <= 100; i++) times.add(1000 + i, i);
    assert.deepEqual(times.read(1101), { p50Ms: 50, p99Ms: 99 });
  });

  test('the recent times are nothing once the window has passed', () => {
    const times = new RecentTimes(1000);
    times.add(0, 5);
    assert.deepEqual(times.read(999), { p50Ms: 5, p99Ms: 5 });
    assert.deepEqual(times.read(1000), { p50Ms: null, p99Ms: null });
  });
});
