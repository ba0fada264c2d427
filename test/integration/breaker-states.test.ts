/** The circuit breaker of an endpoint as the control plane keeps it; the time is the test's own. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { FIT, FIT_LATE, takeTrial } from '../../src/core/health/trial-word.ts';
import { EJECTED, OPEN, PROBING, REFUSED } from '../../src/core/shared/pool-table.ts';
import { configOf } from '../support/running-balancer.ts';
import { GENERATION, unusedPort, watch } from '../support/watched-pool.ts';
import { until } from '../support/until.ts';
import type { WatchedPool, WatchOptions } from '../support/watched-pool.ts';

const PORTS = [1, 2, 3];

/** Without ejection unless a test asks for it, so that every verdict is the breaker's. */
function watchBreaker(t: TestContext, breaker: string, options: WatchOptions = {}, ports = PORTS): WatchedPool {
  return watch(t, ports, '', { ejection: 'off', ...options, breaker });
}

/** Failures and successes in turn, so that there are never two in a row. */
function failHalf({ fail, succeed }: WatchedPool, slot: number, failures: number): void {
  for (let each = 0; each < failures; each++) {
    succeed(slot);
    fail(slot, 'reset');
  }
}

describe('a circuit breaker opens', () => {
  it('a circuit breaker opens at the fifth failure in a row, for 5 s', (t) => {
    const { fail, succeed, table, events } = watchBreaker(t, '{}');
    fail(0, 'reset', 4);
    succeed(0);
    fail(0, 'reset', 4);
    assert.equal(table.health[0], 0);
    fail(0, 'reset');
    assert.equal(table.health[0], OPEN);
    const { state, reason } = events[0];
    assert.deepEqual([state, reason], ['open', '5 failures in a row (reset): open for 5 s']);
  });

  it('a circuit breaker opens where half of twenty requests failed, in whatever order', (t) => {
    const pool = watchBreaker(t, '{}');
    failHalf(pool, 0, 9);
    assert.equal(pool.table.health[0], 0);
    failHalf(pool, 0, 1);
    assert.equal(pool.table.health[0], OPEN);
    assert.equal(pool.events[0].reason, '10 of 20 requests failed within 10 s: open for 5 s');
  });

  it('a circuit breaker does not open for fewer requests than make a share, nor for a smaller share', (t) => {
    const pool = watchBreaker(t, '{ failures: 60%, requests: 40, inARow: off }');
    pool.fail(0, 'reset', 39);
    assert.equal(pool.table.health[0], 0);
    failHalf(pool, 1, 100);
    assert.equal(pool.table.health[1], 0);
    pool.fail(0, 'reset');
    assert.equal(pool.table.health[0], OPEN);
  });

  it('a circuit breaker opens when requests that succeed make enough of them for a share', (t) => {
    const pool = watchBreaker(t, '{ inARow: off }');
    pool.fail(0, 'reset', 12);
    pool.succeed(0, 8);
    assert.equal(pool.table.health[0], 0);
    pool.time.advance(1000);
    assert.equal(pool.table.health[0], OPEN);
  });

  it('a circuit breaker opens by what its window has seen, and nothing older', (t) => {
    const pool = watchBreaker(t, '{ window: 5s }');
    failHalf(pool, 0, 9);
    for (let second = 0; second < 6; second++) pool.time.advance(1000);
    failHalf(pool, 0, 9);
    assert.equal(pool.table.health[0], 0);
    failHalf(pool, 0, 1);
    assert.equal(pool.table.health[0], OPEN);
  });

  it('a circuit breaker does not open for requests that are under way', (t) => {
    const pool = watchBreaker(t, '{ inARow: off }');
    for (let each = 0; each < 30; each++) pool.begin(0);
    pool.fail(0, 'reset', 19);
    assert.equal(pool.table.health[0], 0);
    pool.fail(0, 'reset');
    assert.equal(pool.events[0]?.reason, '20 of 20 requests failed within 10 s: open for 5 s');
  });

  it('a circuit breaker never opens for the last endpoint that may be picked, unless it is to fail fast', (t) => {
    const careful = watchBreaker(t, '{}', {}, [1, 2]);
    careful.fail(0, 'reset', 5);
    careful.fail(1, 'reset', 50);
    assert.deepEqual([careful.table.health[0], careful.table.health[1]], [OPEN, 0]);
    const fast = watchBreaker(t, '{ failFast: on }', {}, [1, 2]);
    fast.fail(0, 'reset', 5);
    fast.fail(1, 'reset', 5);
    assert.deepEqual([fast.table.health[0], fast.table.health[1]], [OPEN, OPEN]);
  });

  it('a circuit breaker opens by statuses only where the others have fewer, unless it is to fail fast', (t) => {
    const pool = watchBreaker(t, '{}');
    for (let round = 0; round < 40; round++) for (const slot of [0, 1, 2]) pool.fail(slot, 'status');
    assert.deepEqual([...pool.table.health.subarray(0, 3)], [0, 0, 0]);
    assert.deepEqual(
      pool.withheld.map(({ why }) => why),
      ['pool-failing'],
    );
    const fast = watchBreaker(t, '{ failFast: on }');
    for (let round = 0; round < 5; round++) for (const slot of [0, 1, 2]) fast.fail(slot, 'status');
    assert.deepEqual([...fast.table.health.subarray(0, 3)], [OPEN, OPEN, OPEN]);
  });

  it('a circuit breaker does not open for failures that have ejected the endpoint', (t) => {
    const pool = watchBreaker(t, '{ requests: 5 }', { ejection: '{}' });
    pool.fail(0, 'reset', 5);
    assert.equal(pool.table.health[0], EJECTED);
    pool.time.advance(2300);
    pool.tryIt(0, 'passed');
    assert.equal(pool.table.health[0], 0);
    pool.succeed(0, 1);
    pool.fail(0, 'reset', 3);
    assert.equal(pool.table.health[0], 0, 'three of four');
    pool.fail(0, 'reset', 1);
    assert.equal(pool.table.health[0], OPEN, 'four of five');
  });

  it('a circuit breaker opens where ejection is withheld', (t) => {
    const pool = watchBreaker(t, '{}', { ejection: '{ maxShare: 30% }' });
    pool.fail(0, 'reset', 5);
    assert.equal(pool.table.health[0], OPEN);
  });
});

describe('an open circuit breaker', () => {
  it('an open circuit breaker lets its probes through when its time is over, as many as it has and no more', (t) => {
    const { time, fail, table, events } = watchBreaker(t, '{}');
    fail(0, 'reset', 5);
    time.advance(4400);
    assert.equal(table.health[0], OPEN);
    time.advance(1200);
    assert.equal(table.health[0], PROBING);
    assert.match(
      events.at(-1)?.reason ?? '',
      /^its time is over: the next 3 requests that can be repeated are its probes$/,
    );
    const taken = [1, 2, 3, 4].map(() => takeTrial(table, 0, FIT));
    assert.deepEqual(
      taken.map((trial) => trial?.needsWhole ?? null),
      [true, true, true, null],
    );
  });

  it('an open circuit breaker closes when all of its probes were answered well', (t) => {
    const { time, fail, tryIt, table, events } = watchBreaker(t, '{}');
    fail(0, 'reset', 5);
    time.advance(5600);
    tryIt(0, 'passed');
    tryIt(0, 'passed');
    assert.equal(table.health[0], PROBING);
    tryIt(0, 'passed');
    assert.equal(table.health[0], 0);
    assert.deepEqual([events.at(-1)?.state, events.at(-1)?.reason], ['healthy', 'its probes were answered']);
    fail(0, 'reset', 4);
    assert.equal(table.health[0], 0, 'what it failed of before counts no more');
  });

  it('an open circuit breaker opens for twice as long when one of them fails, whatever the others still say', (t) => {
    const { time, fail, health, table, events } = watchBreaker(t, '{ maxTime: 15s }');
    fail(0, 'reset', 5);
    const said = (): string | undefined => events.at(-1)?.reason;
    for (const seconds of [10, 15, 15]) {
      while (table.health[0] !== PROBING) time.advance(100);
      const [first, second] = [takeTrial(table, 0, FIT), takeTrial(table, 0, FIT)];
      assert.ok(first !== null && second !== null);
      health.trialEnded({ slot: 0, generation: GENERATION }, first.number, 'reset');
      assert.equal(table.health[0], OPEN);
      health.trialEnded({ slot: 0, generation: GENERATION }, second.number, 'passed');
      assert.equal(table.health[0], OPEN);
      assert.match(
        said() ?? '',
        new RegExp(`^its probe failed \\(reset\\): open for (${seconds - 1}|${seconds}|${seconds + 1}) s$`),
      );
    }
  });

  it('an open circuit breaker gives back the probes of a worker that is gone, and one whose client has left', (t) => {
    const { time, fail, tryIt, health, table } = watchBreaker(t, '{ probes: 2 }');
    fail(0, 'reset', 5);
    time.advance(5600);
    tryIt(0, 'void');
    const taken = [takeTrial(table, 0, FIT), takeTrial(table, 0, FIT)];
    assert.equal(takeTrial(table, 0, FIT), null);
    health.workerGone(0);
    for (const trial of taken) health.trialEnded({ slot: 0, generation: GENERATION }, trial?.number ?? 0, 'passed');
    assert.equal(table.health[0], PROBING, 'their late verdicts count no more');
    tryIt(0, 'passed');
    tryIt(0, 'passed');
    assert.equal(table.health[0], 0);
  });

  it('an open circuit breaker takes any request for a probe when none that can be repeated has come for a second', (t) => {
    const { time, fail, table } = watchBreaker(t, '{}');
    fail(0, 'reset', 5);
    while (table.health[0] !== PROBING) time.advance(10);
    time.advance(980);
    assert.equal(takeTrial(table, 0, FIT_LATE), null);
    time.advance(20);
    assert.ok(takeTrial(table, 0, FIT_LATE) !== null);
  });

  it('an open circuit breaker is not judged by what still fails at its endpoint, which is not reported', (t) => {
    const { fail, table, events } = watchBreaker(t, '{}');
    fail(0, 'reset', 5);
    fail(0, 'reset', 50);
    assert.equal(table.health[0], OPEN);
    assert.equal(events.length, 1);
  });

  it('the open circuit breaker of an endpoint that refused connects is probing as soon as a connect succeeds', async (t) => {
    const port = await unusedPort();
    const { time, fail, table } = watchBreaker(t, '{}', {}, [port, 2, 3]);
    const began = time.now();
    fail(0, 'refused', 5);
    assert.equal(table.health[0], OPEN | REFUSED);
    const server = net.createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
    t.after(() => server.close());
    await until(() => {
      time.advance(20);
      return table.health[0] === PROBING;
    }, 'a connect that is taken');
    assert.ok(time.now() - began < 4000, 'before its time was over');
  });

  it('an open circuit breaker is closed by a config without it, or with another one', (t) => {
    for (const breaker of ['off', '{ time: 6s }']) {
      const { fail, health, spec, table, time } = watchBreaker(t, '{}');
      fail(0, 'reset', 5);
      time.advance(5600);
      const [{ breaker: other }] = configOf(`pools: { web: { endpoints: ["a:1"], breaker: ${breaker} } }`).pools;
      health.update({ ...spec, breaker: other }, table);
      assert.equal(table.health[0], 0);
      assert.equal(takeTrial(table, 0, FIT_LATE), null);
    }
  });
});
