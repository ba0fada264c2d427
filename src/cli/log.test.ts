import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import type { BalancerEvents } from '../runtime/balancer.ts';
import { logEvents } from './log.ts';

function setUp(): { balancer: EventEmitter<BalancerEvents>; lines: string[]; time: { nowMs: number } } {
  const balancer = new EventEmitter<BalancerEvents>();
  const lines: string[] = [];
  const time = { nowMs: 0 };
  logEvents(balancer, (text) => lines.push(text), { now: () => time.nowMs, wallTime: () => time.nowMs });
  return { balancer, lines, time };
}

describe('the log', () => {
  test('says what happens to endpoints, workers and connections', () => {
    const { balancer, lines } = setUp();
    const health = { state: 'unhealthy', before: 'healthy', since: 0, reason: '3 checks failed', checks: [] } as const;
    balancer.emit('health', { ...health, pool: 'web', endpoint: 'a:1' });
    balancer.emit('worker', { worker: 1, change: 'looped', reason: 'no heartbeat for 1 s' });
    balancer.emit('limit', 750);
    balancer.emit('drain', 'begin');
    balancer.emit('drain', 'end');
    assert.deepEqual(lines, [
      'endpoint a:1 of pool web: healthy → unhealthy: 3 checks failed',
      'worker 1 looped: no heartbeat for 1 s',
      '750 client connections are open, the most that maxConnections allows: accepting pauses',
      'draining; another signal ends at once',
      'drained',
    ]);
  });

  test('shows ten faults a minute, and counts the rest', () => {
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
