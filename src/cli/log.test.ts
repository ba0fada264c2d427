import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import type { BalancerEvents } from '../runtime/balancer.ts';
import { formatLogLine, logEvents } from './log.ts';
import type { Say } from './log.ts';

interface LogTest {
  readonly balancer: EventEmitter<BalancerEvents>;
  readonly lines: string[];
  readonly fields: unknown[];
  readonly time: { nowMs: number };
}

function setUp(): LogTest {
  const balancer = new EventEmitter<BalancerEvents>();
  const lines: string[] = [];
  const fields: unknown[] = [];
  const time = { nowMs: 0 };
  const say: Say = (text, _level, about = {}) => {
    lines.push(text);
    fields.push(about);
  };
  logEvents(balancer, say, { now: () => time.nowMs, wallTime: () => time.nowMs });
  return { balancer, lines, fields, time };
}

describe('the log', () => {
  test('the log says what happens to endpoints, workers and connections', () => {
    const { balancer, lines } = setUp();
    const health = {
      state: 'unhealthy',
      before: 'healthy',
      since: 0,
      reason: '3 checks failed',
      lastFailure: '',
      ejectedUntil: null,
      checks: [],
      transitions: [],
    } as const;
    balancer.emit('health', { ...health, pool: 'web', endpoint: 'a:1' });
    balancer.emit('worker', { worker: 1, change: 'looped', reason: 'no heartbeat for 1 s' });
    const about = { listener: 'web', address: 'unix:/run/web.sock' };
    balancer.emit('socket', { ...about, state: 'lost', reason: 'its folder is not there' });
    balancer.emit('socket', { ...about, state: 'open', reason: '' });
    balancer.emit('limit', 750);
    balancer.emit('drain', 'begin');
    balancer.emit('drain', 'end');
    assert.deepEqual(lines, [
      'endpoint a:1 of pool web: healthy → unhealthy: 3 checks failed',
      'worker 1 looped: no heartbeat for 1 s',
      'listener web on unix:/run/web.sock: nobody listens, it is tried again: its folder is not there',
      'listener web on unix:/run/web.sock: listens',
      '750 client connections are open, the most that maxConnections allows: accepting pauses',
      'draining; another signal ends at once',
      'drained',
    ]);
  });

  test('the log says which requests a pool failed, and why, with the answer, the endpoint and the cause', () => {
    const { balancer, lines, fields } = setUp();
    const about = {
      pool: 'web',
      endpoint: 'a:1',
      reason: 'connect-failed',
      cause: 'ECONNREFUSED',
      status: 502,
    } as const;
    balancer.emit('failure', { ...about, count: 1, withinMs: 0 });
    balancer.emit('failure', { ...about, count: 19, withinMs: 10_000 });
    balancer.emit('failure', {
      ...about,
      reason: 'no-endpoint',
      cause: '',
      endpoint: '',
      status: 503,
      count: 1,
      withinMs: 0,
    });
    balancer.emit('failure', {
      ...about,
      reason: 'upstream-reset',
      cause: 'ECONNRESET',
      status: 200,
      count: 1,
      withinMs: 0,
    });
    assert.deepEqual(lines, [
      'pool web: 502 connect-failed at a:1 (ECONNREFUSED)',
      'pool web: 19 more requests within 10 s: 502 connect-failed at a:1 (ECONNREFUSED)',
      'pool web: 503 no-endpoint',
      'pool web: an answer broke off: upstream-reset at a:1 (ECONNRESET)',
    ]);
    assert.deepEqual(fields[1], { ...about, requests: 19 });
  });

  test('the log says when requests begin to go elsewhere, how many, and why', () => {
    const { balancer, lines } = setUp();
    const begin = {
      pool: 'web',
      to: 'zone',
      phase: 'begin',
      percent: 20,
      reason: '1 of 2 endpoints may be picked',
    } as const;
    balancer.emit('overflow', begin);
    balancer.emit('overflow', { ...begin, to: 'backup', phase: 'end', percent: 0 });
    assert.deepEqual(lines, [
      'pool web: 20 % of its requests go to another zone: 1 of 2 endpoints may be picked',
      'pool web: no more requests go to backups: 1 of 2 endpoints may be picked',
    ]);
  });

  test('the log says when panic of a pool begins and ends, and what becomes of requests', () => {
    const { balancer, lines } = setUp();
    const begin = {
      pool: 'web',
      phase: 'begin',
      endpoints: 2,
      healthy: 0,
      triesAnyway: true,
      failsFast: false,
    } as const;
    balancer.emit('panic', begin);
    balancer.emit('panic', { ...begin, endpoints: 1, triesAnyway: false });
    balancer.emit('panic', { ...begin, endpoints: 1, triesAnyway: false, failsFast: true });
    balancer.emit('panic', { ...begin, phase: 'end', healthy: 1 });
    assert.deepEqual(lines, [
      'pool web: panic: none of 2 endpoints is healthy: requests go to endpoints that do not refuse connects, and wait where all do',
      'pool web: panic: its only endpoint is not healthy: requests wait',
      'pool web: panic: its only endpoint is not healthy: requests are answered 503 breaker-open at once',
      'pool web: panic is over: 1 of 2 endpoints is healthy',
    ]);
  });

  test('the log has what a line is about in fields of JSON, beside the text', () => {
    const { balancer, fields } = setUp();
    const health = {
      state: 'ejected',
      before: 'healthy',
      since: 0,
      reason: '5 failures',
      lastFailure: '',
      ejectedUntil: null,
      checks: [],
      transitions: [],
    } as const;
    balancer.emit('health', { ...health, pool: 'web', endpoint: 'a:1' });
    balancer.emit('panic', {
      pool: 'web',
      phase: 'begin',
      endpoints: 1,
      healthy: 0,
      triesAnyway: true,
      failsFast: false,
    });
    balancer.emit('worker', { worker: 1, change: 'looped', reason: 'no heartbeat for 1 s' });
    balancer.emit('limit', 750);
    assert.deepEqual(fields, [
      { pool: 'web', endpoint: 'a:1', before: 'healthy', state: 'ejected', reason: '5 failures' },
      { pool: 'web', panic: 'begin', endpoints: 1, healthy: 0 },
      { worker: 1, change: 'looped', reason: 'no heartbeat for 1 s' },
      { connections: 750 },
    ]);
    const line = { text: 'x', level: 'warn', fields: { pool: 'web', endpoint: 'a:1' } } as const;
    assert.deepEqual(JSON.parse(formatLogLine('json', line, new Date(5))), {
      level: 40,
      time: 5,
      msg: 'x',
      pool: 'web',
      endpoint: 'a:1',
    });
    assert.doesNotMatch(formatLogLine('text', line, new Date(5)), /web/);
  });

  test('the log shows ten faults a minute, and counts the rest', () => {
    const { balancer, lines, time } = setUp();
    const fault = { worker: 0, message: 'x', stack: 'Error: x' };
    for (let i = 0; i < 25; i++) balancer.emit('fault', fault);
    assert.equal(lines.length, 10);
    time.nowMs = 60_000;
    balancer.emit('fault', fault);
    assert.deepEqual(lines.slice(10), [
      '15 more bugs of ours were left out',
      'a bug of ours cost an exchange in worker 0: Error: x',
    ]);
  });
});
