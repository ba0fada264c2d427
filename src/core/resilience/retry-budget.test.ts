import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../clock.ts';
import { COUNTER_ATTEMPTS, COUNTER_MOVES, COUNTER_RETRIES, PoolTable, createPoolTable } from '../shared/pool-table.ts';
import type { RetryBudgetSpec } from '../snapshot.ts';
import { RetryBudget } from './retry-budget.ts';

class Thread {
  readonly table: PoolTable;
  readonly budget: RetryBudget;

  constructor(handle: PoolTable['handle'], worker: number, clock: Clock) {
    this.table = new PoolTable(handle, worker);
    this.budget = new RetryBudget(this.table, clock);
  }

  requests(count: number): void {
    this.table.count(1, COUNTER_ATTEMPTS, count);
    this.budget.sample();
  }

  /** How many of so many are given. */
  take(count: number, spec: RetryBudgetSpec | null): number {
    let given = 0;
    for (let index = 0; index < count; index++) if (this.budget.take(spec)) given++;
    return given;
  }
}

function threads(count: number): { time: { seconds: number }; all: readonly Thread[] } {
  const time = { seconds: 1000 };
  const clock: Clock = { now: () => 0, wallTime: () => time.seconds * 1000 };
  const { handle } = new PoolTable(createPoolTable(2, count), 0);
  return { time, all: Array.from({ length: count }, (_, worker) => new Thread(handle, worker, clock)) };
}

test('a retry budget is a share of the requests of 10 s, and so many each second besides', () => {
  const [thread] = threads(1).all;
  assert.equal(thread.take(1000, { share: 0.2, perSecond: 10 }), 100);
  thread.requests(500);
  assert.equal(thread.take(1000, { share: 0.2, perSecond: 10 }), 100);
  assert.equal(thread.take(1000, { share: 0.2, perSecond: 0 }), 0);
  assert.equal(thread.take(1000, null), 1000);
});

test('a retry budget forgets after 10 s what was taken and what was asked', () => {
  const { time, all } = threads(1);
  const [thread] = all;
  const spec = { share: 0.5, perSecond: 0 };
  thread.requests(100);
  assert.equal(thread.take(60, spec), 50);
  time.seconds += 9;
  thread.requests(0);
  assert.equal(thread.take(60, spec), 0);
  thread.requests(20);
  assert.equal(thread.take(60, spec), 10);
  time.seconds += 1;
  thread.requests(0);
  // The 100 and the 50 are gone, the 20 and the 10 are not.
  assert.equal(thread.take(60, spec), 0);
  thread.requests(2);
  assert.equal(thread.take(60, spec), 1);
  time.seconds += 3600;
  thread.requests(0);
  assert.equal(thread.take(60, spec), 0);
  assert.equal(thread.take(60, { share: 0, perSecond: 1 }), 10);
});

test('a retry budget holds over all threads, for what they ask and what they take', () => {
  const { all } = threads(3);
  for (const thread of all) thread.requests(50);
  const spec = { share: 0.2, perSecond: 0 };
  assert.equal(all[0].take(20, spec) + all[1].take(20, spec) + all[2].take(20, spec), 30);
});

test('a retry budget does not count further attempts as requests', () => {
  const [thread] = threads(1).all;
  thread.table.count(0, COUNTER_RETRIES, 60);
  thread.table.count(0, COUNTER_MOVES, 30);
  thread.requests(100);
  assert.equal(thread.take(100, { share: 1, perSecond: 0 }), 10);
});

test('a retry budget counts no more what a thread that is gone has asked, and its successor begins at nothing', () => {
  const { time, all } = threads(2);
  const [main, gone] = all;
  const spec = { share: 1, perSecond: 0 };
  gone.requests(100);
  main.table.clearLedger(1);
  assert.equal(main.take(10, spec), 0);
  const next = new Thread(main.table.handle, 1, { now: () => 0, wallTime: () => time.seconds * 1000 });
  next.requests(5);
  assert.equal(main.take(10, spec), 5);
});

test('a retry budget loses nothing to a row that begins anew, and goes on in a larger table', () => {
  const { time, all } = threads(1);
  const [thread] = all;
  thread.requests(100);
  thread.table.reuse(1);
  thread.requests(40);
  const spec = { share: 0.5, perSecond: 0 };
  assert.equal(thread.take(10, spec), 10);
  const larger = new PoolTable(createPoolTable(40, 1), 0);
  larger.succeed(thread.table);
  thread.table.moveSlot(larger, 1);
  thread.budget.attach(larger);
  const rest = thread.take(100, spec);
  assert.ok(rest >= 40 && rest <= 60, `${rest} of what is left`);
  time.seconds += 20;
  thread.budget.sample();
  assert.equal(thread.take(10, spec), 0);
});

test('a retry budget begins anew where the clock is set back', () => {
  const { time, all } = threads(1);
  const [thread] = all;
  thread.requests(100);
  assert.equal(thread.take(200, { share: 1, perSecond: 0 }), 100);
  time.seconds -= 500;
  thread.requests(10);
  assert.equal(thread.take(200, { share: 1, perSecond: 0 }), 10);
});
