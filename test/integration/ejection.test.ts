/** What traffic meets, and what becomes of an endpoint by it; the time is the test's own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EJECTED, REFUSED, TRIAL } from '../../src/core/shared/pool-table.ts';
import { until } from '../support/until.ts';
import { GENERATION, startServer, watch } from '../support/watched-pool.ts';

describe('what traffic meets', () => {
  it('what traffic meets puts the check into its fast interval', async (t) => {
    const server = await startServer(t);
    const { time, fail, answer } = watch(t, [server.port], '{ http: {}, interval: 60s }');
    await answer(1);
    fail(0, 'reset');
    time.advance(1100);
    await answer(2);
    // It has passed, so that the next one is an interval away.
    time.advance(50_000);
    assert.equal(server.requests.length, 2);
  });

  it('what traffic meets is marked when it is a refused connect, until something else is heard', (t) => {
    const { fail, succeed, table } = watch(t, [1, 2], '');
    fail(0, 'refused');
    assert.equal(table.health[0], REFUSED);
    assert.ok(table.isEligible(0));
    succeed(0);
    assert.equal(table.health[0], 0);
  });

  it('what traffic meets is not put down to another endpoint that has taken the row since', (t) => {
    const { health, table } = watch(t, [1, 2], '');
    health.failedInARow({ slot: 0, generation: GENERATION + 1, failure: 'reset', detail: '' }, 'reset');
    assert.equal(table.health[0], 0);
  });
});

describe('an ejection', () => {
  it('an ejection follows five failures in a row, whatever their kinds, for a time that doubles', (t) => {
    const { time, fail, tryIt, table, events, health } = watch(t, [1, 2, 3], '');
    fail(0, 'reset', 2);
    fail(0, 'timeout', 2);
    assert.equal(table.health[0], 0);
    fail(0, 'closed');
    assert.equal(table.health[0], EJECTED);
    assert.equal(events[0].reason, '5 failures in a row (closed): out for 2 s');
    time.advance(2200);
    assert.equal(table.health[0], TRIAL);
    assert.equal(health.report('0')?.state, 'trial');
    tryIt(0, 'reset');
    assert.equal(events.at(-1)?.reason, 'its trial failed (reset): out for 4 s');
    time.advance(3500);
    assert.equal(table.health[0], EJECTED);
    time.advance(900);
    assert.equal(table.health[0], TRIAL);
    tryIt(0, 'passed');
    assert.ok(table.isEligible(0));
    assert.deepEqual(
      events.map(({ state }) => state),
      ['ejected', 'trial', 'ejected', 'trial', 'healthy'],
    );
  });

  it('an ejection never takes the last eligible endpoint', (t) => {
    const { fail, table } = watch(t, [1, 2], '');
    fail(0, 'reset', 5);
    fail(1, 'reset', 5);
    assert.ok(!table.isEligible(0));
    assert.ok(table.isEligible(1));
  });

  it('an ejection takes every endpoint that refuses connections but the last one, and two of five that fail otherwise', (t) => {
    const refusing = watch(t, [1, 2, 3, 4, 5], '');
    for (const slot of [0, 1, 2, 3, 4]) refusing.fail(slot, 'refused', 5);
    assert.equal(refusing.table.health.filter((flags) => (flags & EJECTED) !== 0).length, 4);
    const failing = watch(t, [1, 2, 3, 4, 5], '');
    for (const slot of [0, 1, 2, 3, 4]) failing.fail(slot, 'reset', 5);
    assert.equal(failing.table.health.filter((flags) => (flags & EJECTED) !== 0).length, 2);
  });

  it('an ejection moves attempts off where no connection or no answer comes, not where answers are bad', (t) => {
    for (const [failure, moved] of [
      ['refused', ['connect']],
      ['connect-timeout', ['connect']],
      ['timeout', ['timeout']],
      ['write-timeout', ['timeout']],
      ['status', []],
      ['reset', []],
      ['bad-response', []],
    ] as const) {
      const { fail, rescues, table } = watch(t, [1, 2, 3], '');
      fail(0, failure, 5);
      assert.ok(!table.isEligible(0), failure);
      assert.deepEqual(
        rescues.map(({ kind }) => kind),
        moved,
        failure,
      );
    }
  });
});

describe('a check that passes', () => {
  const cases = [
    ['tcp', 'refused', true],
    ['tcp', 'unreachable', true],
    ['{ http: {} }', 'refused', true],
    ['{ http: {} }', 'timeout', true],
    ['tcp', 'timeout', false],
    ['{ http: {} }', 'status', false],
    ['{ http: {} }', 'reset', false],
    ['{ http: {} }', 'bad-response', false],
  ] as const;
  for (const [check, failure, ends] of cases) {
    it(`a check that passes over ${check} ${ends ? 'ends' : 'does not end'} an ejection by ${failure}`, async (t) => {
      const servers = [await startServer(t), await startServer(t)];
      const ports = servers.map(({ port }) => port);
      const { time, fail, health, table, answer } = watch(t, ports, check, { ejection: '{ time: 30s }' });
      await answer(2);
      time.advance(1);
      fail(0, failure, 5);
      assert.equal(table.health[0] & EJECTED, EJECTED);
      const passes = (): number => health.report('0')?.checks[0].answers.filter(({ ok }) => ok).length ?? 0;
      await until(() => {
        time.advance(10);
        return passes() >= 3;
      }, 'two checks pass after it');
      assert.equal(table.health[0] & EJECTED, ends ? 0 : EJECTED);
    });
  }

  it('a check that passes on a port of its own ends no ejection', async (t) => {
    const [server, other] = [await startServer(t), await startServer(t)];
    const { time, fail, table, answer } = watch(t, [server.port, server.port], `{ http: { port: ${other.port} } }`);
    await answer(2);
    time.advance(1);
    fail(0, 'refused', 5);
    time.advance(1100);
    await answer(3);
    assert.equal(table.health[0] & EJECTED, EJECTED);
  });

  it('a check that passes while requests went unanswered does not test what failed, and ends no ejection by a timeout', async (t) => {
    const servers = [await startServer(t), await startServer(t)];
    const ports = servers.map(({ port }) => port);
    const { time, fail, table, answer } = watch(t, ports, '{ http: {} }', { ejection: '{ time: 30s }' });
    await answer(2);
    // These began before the first check was sent.
    fail(0, 'timeout', 5, 10_000);
    assert.equal(table.health[0], EJECTED);
    time.advance(1100);
    await answer(3);
    assert.equal(table.health[0], EJECTED);
  });
});

describe('answers of a listed status and timeouts', () => {
  for (const failure of ['status', 'timeout'] as const) {
    it(`answers of a listed status and timeouts eject, by ${failure}, only an endpoint that has more of them than the others`, (t) => {
      const { fail, succeed, table, withheld } = watch(t, [1, 2, 3, 4, 5], '');
      for (const slot of [0, 1, 2, 3, 4]) succeed(slot, 20);
      fail(2, failure, 5);
      assert.equal(table.health[2], EJECTED);
      assert.deepEqual(withheld, []);
    });

    it(`answers of a listed status and timeouts eject no endpoint by ${failure} where the whole pool fails, which the log says once`, (t) => {
      const { fail, succeed, table, events, withheld, time } = watch(t, [1, 2, 3, 4, 5], '');
      for (let round = 0; round < 40; round++) {
        for (const slot of [0, 1, 2, 3, 4]) fail(slot, failure);
        time.advance(200);
      }
      assert.deepEqual([...table.health.subarray(0, 5)], [0, 0, 0, 0, 0]);
      assert.deepEqual(
        withheld.map(({ why }) => why),
        ['pool-failing'],
      );
      // The others are well again.
      for (let round = 0; round < 120; round++) {
        for (const slot of [0, 1, 2, 3]) succeed(slot, 10);
        fail(4, failure);
        time.advance(200);
      }
      assert.ok(events.every(({ endpoint }) => endpoint === '4') && events.length > 0);
      assert.equal(withheld.length, 1);
    });
  }

  it('answers of a listed status and timeouts count the last ten seconds alone', (t) => {
    const { fail, succeed, table, time } = watch(t, [1, 2, 3], '');
    for (let second = 0; second < 20; second++) {
      for (const slot of [0, 1, 2]) fail(slot, 'status', 3);
      time.advance(1000);
    }
    for (let second = 0; second < 11; second++) {
      for (const slot of [0, 1, 2]) succeed(slot, 3);
      time.advance(1000);
    }
    fail(1, 'status', 5);
    assert.equal(table.health[1], EJECTED);
  });
});

describe('ejection.dryRun', () => {
  it('ejection.dryRun ejects no endpoint, and says which it would have ejected', (t) => {
    const { fail, table, withheld, time, rescues } = watch(t, [1, 2, 3], '', { ejection: '{ dryRun: on }' });
    fail(0, 'timeout', 5);
    assert.equal(table.health[0], 0);
    assert.deepEqual(withheld, [
      { pool: 'web', endpoint: '0', why: 'dry-run', reason: '5 failures in a row (timeout): out for 2 s' },
    ]);
    fail(0, 'timeout', 10);
    assert.equal(withheld.length, 1, 'it would still be out');
    time.advance(2200);
    fail(0, 'timeout', 5);
    assert.equal(withheld[1].reason, '5 failures in a row (timeout): out for 4 s');
    assert.deepEqual(rescues, []);
  });
});

describe('ejection.maxShare', () => {
  it('ejection.maxShare is the largest share of a pool that is ejected', (t) => {
    const { fail, table } = watch(t, [1, 2, 3, 4, 5], '', { ejection: '{ maxShare: 20% }' });
    fail(0, 'reset', 5);
    fail(1, 'reset', 5);
    assert.deepEqual([table.health[0], table.health[1]], [EJECTED, 0]);
  });
});

describe('ejection.successRate', () => {
  for (const [setting, flags] of [
    ['on', EJECTED],
    ['off', 0],
  ] as const) {
    it(`ejection.successRate ${setting === 'on' ? 'ejects' : 'switched off does not eject'} an endpoint that fails far more often than the others`, (t) => {
      const { fail, succeed, table, events, time } = watch(t, [1, 2, 3, 4, 5, 6], '', {
        ejection: `{ successRate: ${setting} }`,
      });
      for (let second = 0; second < 10; second++) {
        for (const slot of [0, 1, 2, 3, 4, 5]) {
          succeed(slot, 9);
          fail(slot, 'reset', slot === 3 ? 4 : 0);
          succeed(slot, 4);
        }
        time.advance(1000);
      }
      assert.deepEqual([...table.health.subarray(0, 6)], [0, 0, 0, flags, 0, 0]);
      if (setting === 'on') assert.match(events[0].reason, /^40 of 170 attempts failed within 10 s/);
    });
  }
});
