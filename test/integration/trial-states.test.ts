/** The trial of an endpoint as the control plane keeps it; the time is the test's own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FIT, FIT_LATE, takeTrial } from '../../src/core/health/trial-word.ts';
import { EJECTED, TRIAL, UNHEALTHY } from '../../src/core/shared/pool-table.ts';
import { GENERATION, startServer, watch } from '../support/watched-pool.ts';

describe('a trial', () => {
  it('a trial asks for a whole answer where answers broke, and for a head otherwise', (t) => {
    for (const [failure, needsWhole] of [
      ['reset', true],
      ['status', false],
      ['timeout', false],
      ['bad-response', false],
    ] as const) {
      const { time, fail, table } = watch(t, [1, 2, 3], '');
      fail(0, failure, 5);
      time.advance(2200);
      assert.equal(takeTrial(table, 0, FIT)?.needsWhole, needsWhole, failure);
    }
  });

  it('a trial waits a second for a request that may be repeated, then takes any', (t) => {
    const { time, fail, table } = watch(t, [1, 2, 3], '');
    fail(0, 'reset', 5);
    while (table.health[0] !== TRIAL) time.advance(10);
    time.advance(980);
    assert.equal(takeTrial(table, 0, FIT_LATE), null);
    time.advance(20);
    assert.ok(takeTrial(table, 0, FIT_LATE) !== null);
  });

  it('a trial without a verdict is followed by the next at once; three in a row are a failure', (t) => {
    const { time, fail, tryIt, table, events } = watch(t, [1, 2, 3], '');
    fail(0, 'status', 5);
    time.advance(2200);
    tryIt(0, 'void');
    tryIt(0, 'void');
    assert.equal(table.health[0], TRIAL);
    tryIt(0, 'void');
    assert.equal(table.health[0], EJECTED);
    assert.equal(events.at(-1)?.reason, 'its trials came to no end: out for 4 s');
  });

  it('a trial whose worker is gone goes to another one, and its late verdict counts no more', (t) => {
    const { time, fail, health, table } = watch(t, [1, 2, 3], '');
    fail(0, 'status', 5);
    time.advance(2200);
    const first = takeTrial(table, 0, FIT);
    assert.equal(takeTrial(table, 0, FIT), null);
    health.workerGone(1);
    assert.equal(takeTrial(table, 0, FIT), null, 'that worker did not have it');
    health.workerGone(0);
    const second = takeTrial(table, 0, FIT);
    assert.ok(first !== null && second !== null && first.number !== second.number);
    health.trialEnded({ slot: 0, generation: GENERATION }, first.number, 'passed');
    assert.equal(table.health[0], TRIAL);
    health.trialEnded({ slot: 0, generation: GENERATION }, second.number, 'passed');
    assert.equal(table.health[0], 0);
  });

  it('a trial that fails as silent, by a timeout or a connect moves attempts off', (t) => {
    const { time, fail, tryIt, rescues } = watch(t, [1, 2, 3], '');
    fail(0, 'status', 5);
    for (const result of ['status', 'silent', 'reset', 'refused'] as const) {
      time.advance(60_000);
      tryIt(0, result);
    }
    assert.deepEqual(
      rescues.map(({ kind }) => kind),
      ['silent', 'connect'],
    );
  });

  it('a trial is not there while a check keeps the endpoint out, and comes when it passes', async (t) => {
    const server = await startServer(t);
    const ports = [server.port, server.port, server.port];
    const { time, fail, table, answer, answers } = watch(t, ports, '{ http: {}, fall: 1, rise: 1, interval: 1s }');
    await answer(3);
    time.advance(1);
    fail(0, 'status', 5);
    server.respond = (_request, response) => response.writeHead(500).end();
    time.advance(1100);
    await answer(6);
    time.advance(1100);
    await answer(9);
    assert.equal(table.health[0] & UNHEALTHY, UNHEALTHY);
    assert.equal(takeTrial(table, 0, FIT), null);
    server.respond = (_request, response) => response.end();
    const before = answers();
    time.advance(1100);
    await answer(before + 3);
    assert.equal(table.health[0], TRIAL);
    assert.ok(takeTrial(table, 0, FIT) !== null);
  });

  it('a trial that is due is withdrawn when a check takes the endpoint out, and comes again when it passes', async (t) => {
    const server = await startServer(t);
    const ports = [server.port, server.port, server.port];
    const { time, fail, table, answer, answers } = watch(t, ports, '{ http: {}, fall: 1, rise: 1, interval: 1s }');
    await answer(3);
    fail(0, 'status', 5);
    for (let second = 1; second <= 2; second++) {
      time.advance(1100);
      await answer(3 + 3 * second);
    }
    time.advance(200);
    assert.equal(table.health[0], TRIAL);
    server.respond = (_request, response) => response.writeHead(500).end();
    const before = answers();
    time.advance(1100);
    await answer(before + 3);
    assert.equal(table.health[0] & UNHEALTHY, UNHEALTHY);
    assert.equal(takeTrial(table, 0, FIT), null);
    server.respond = (_request, response) => response.end();
    time.advance(1100);
    await answer(before + 6);
    assert.equal(table.health[0], TRIAL);
    assert.ok(takeTrial(table, 0, FIT) !== null);
  });

  it('a trial is not needed where a check tests what failed: the endpoint is out until that passes', async (t) => {
    const servers = [await startServer(t), await startServer(t)];
    const ports = servers.map(({ port }) => port);
    const { time, fail, table, answer } = watch(t, ports, '{ http: {}, interval: 60s, fastInterval: 10s }');
    await answer(2);
    time.advance(1);
    fail(0, 'timeout', 5);
    time.advance(2200);
    assert.equal(table.health[0], EJECTED, 'its time is over, no check has passed since');
    assert.equal(takeTrial(table, 0, FIT), null);
    time.advance(9000);
    await answer(3);
    assert.equal(table.health[0], 0);
  });

  it('a trial is withdrawn when the endpoint leaves the pool, and when the rules of ejection change', (t) => {
    const { time, fail, health, table, spec } = watch(t, [1, 2, 3, 4], '');
    fail(0, 'status', 5);
    fail(1, 'status', 5);
    time.advance(2200);
    health.remove('0', 0);
    assert.equal(takeTrial(table, 0, FIT), null);
    health.update({ ...spec, ejection: { ...spec.ejection, failures: 7 } }, table);
    assert.equal(takeTrial(table, 1, FIT), null);
    assert.equal(table.health[1], 0);
  });
});
