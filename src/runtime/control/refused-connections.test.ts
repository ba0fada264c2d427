import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeTime } from '../../../test/support/fake-time.ts';
import type { RefusedConnections } from '../shared/data-plane-report.ts';
import { REFUSAL_WINDOW_MS, RefusalCounts } from './refused-connections.ts';

function refused(listener: string, count: number, address = '192.0.2.1'): RefusedConnections {
  return { listener, reason: 'bad-proxy-header', rule: 'it has no header', address, count };
}

function setUp(): { time: FakeTime; counts: RefusalCounts; said: string[] } {
  const time = new FakeTime();
  const said: string[] = [];
  const counts = new RefusalCounts(time, ({ listener, reason, address, count, withinMs }) => {
    said.push(`${listener} ${reason} ${address}: ${count} in ${withinMs}`);
  });
  return { time, counts, said };
}

describe('connections that were refused', () => {
  it('connections that were refused are told once a second for each listener, with the last address', () => {
    const { time, counts, said } = setUp();
    counts.take(refused('lb', 1));
    counts.take(refused('lb', 3));
    counts.take(refused('other', 1));
    counts.take(refused('lb', 5, '192.0.2.2'));
    assert.deepEqual(said.splice(0), [
      'lb bad-proxy-header 192.0.2.1: 1 in 0',
      'other bad-proxy-header 192.0.2.1: 1 in 0',
    ]);
    time.advance(REFUSAL_WINDOW_MS);
    assert.deepEqual(said.splice(0), ['lb bad-proxy-header 192.0.2.2: 8 in 1000']);
  });

  it('connections that were refused are counted by listener and reason, told or not', () => {
    const { counts } = setUp();
    counts.take(refused('lb', 1));
    counts.take(refused('lb', 3));
    assert.deepEqual(counts.of('lb'), { 'bad-proxy-header': 4 });
    assert.deepEqual(counts.of('other'), {});
  });

  it('connections that were refused are told to the last when the balancer closes', () => {
    const { time, counts, said } = setUp();
    counts.take(refused('lb', 1));
    counts.take(refused('lb', 2));
    counts.close();
    time.advance(2 * REFUSAL_WINDOW_MS);
    assert.deepEqual(said.slice(1), ['lb bad-proxy-header 192.0.2.1: 2 in 1000']);
  });
});
