import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeTime } from '../../../test/support/fake-time.ts';
import { testSnapshot } from '../../../test/support/data-plane.ts';
import { PoolTable } from '../../core/shared/pool-table.ts';
import { RouteTable } from '../../core/shared/route-table.ts';
import type { HealthKeeper } from './health.ts';
import type { SharedTables } from './shared-tables.ts';
import { SilenceWatch } from './silence-watch.ts';

/** A watch over two endpoints, and what a worker publishes of them. */
function watch(): { time: FakeTime; silent: number[]; publish: (overdue: number) => void; beat: () => void } {
  const snapshot = testSnapshot({ ports: [1, 2] });
  const [pool] = snapshot.pools;
  const table = new PoolTable(pool.table, 0);
  const routes = new RouteTable(snapshot.routeTable, 0);
  routes.finish(1, 200, 10);
  for (let answer = 0; answer < 100; answer++) routes.observe(1, 10);
  const time = new FakeTime();
  const silent: number[] = [];
  const tables = { pool: () => table, routes } as unknown as SharedTables;
  const health = {
    silent: (_pool: string, { slot }: { slot: number }) => silent.push(slot),
  } as unknown as HealthKeeper;
  const silence = new SilenceWatch({ clock: time, scheduler: time, tables, health, snapshot: () => snapshot });
  silence.start();
  const beat = (): void => table.pulses.beat();
  for (let tick = 0; tick < 10; tick++) {
    beat();
    time.advance(100);
  }
  assert.equal(table.leastSilence[0], 1000);
  return {
    time,
    silent,
    beat,
    publish(overdue) {
      table.pulses.publish(0, {
        overdue,
        overdueInAll: overdue,
        oldestMs: 1200,
        heardMs: 1300,
        answeredMs: [2000, 2000, 2000],
      });
      table.pulses.publish(1, { overdue: 0, overdueInAll: 0, oldestMs: 0, heardMs: 10, answeredMs: [20, 30, 40] });
      beat();
    },
  };
}

describe('the watch for silent endpoints', () => {
  it('the watch for silent endpoints tells health of one that its workers say is silent', () => {
    const { time, silent, publish } = watch();
    publish(2);
    time.advance(100);
    assert.deepEqual(silent, []);
    publish(3);
    time.advance(100);
    assert.deepEqual(silent, [0]);
  });

  it('the watch for silent endpoints judges nobody in a turn in which its own thread was late', () => {
    const { time, silent, publish } = watch();
    time.stall(3000);
    publish(3);
    time.advance(0);
    assert.deepEqual(silent, []);
    publish(0);
    time.advance(100);
    assert.deepEqual(silent, []);
  });

  it('the watch for silent endpoints judges nobody while a worker has not been heard of', () => {
    const { time, silent, publish, beat } = watch();
    publish(0);
    for (let tick = 0; tick < 6; tick++) time.advance(100);
    publish(3);
    time.advance(100);
    assert.deepEqual(silent, [0], 'it is heard of again');
    silent.length = 0;
    for (let tick = 0; tick < 6; tick++) time.advance(100);
    const before = silent.length;
    time.advance(1000);
    assert.equal(silent.length, before, 'what it has said is too old');
    beat();
  });
});
