import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeptMemory } from '../../core/kept-memory.ts';
import { MAINTENANCE } from '../../core/shared/pool-table.ts';
import { Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import { Wait } from './wait.ts';

/** Counts what is taken, up to `most`. */
class Memory implements KeptMemory {
  kept = 0;
  refused = 0;
  readonly #most: number;

  constructor(most = Infinity) {
    this.#most = most;
  }

  take(bytes: number): boolean {
    if (this.kept + bytes > this.#most) return false;
    this.kept += bytes;
    return true;
  }

  give(bytes: number): void {
    this.kept -= bytes;
  }

  count(): void {
    this.refused++;
  }
}

const HOLD = { pool: { queue: { maxWaiting: 10, timeoutMs: 0, targetMs: 0, holdMs: 1000 } } };

describe('Wait', () => {
  it('Wait counts what a request that waits costs once, however often it says so, and gives it back once', () => {
    const memory = new Memory();
    const { exchange } = new Stage({ memory });
    exchange.head = requestHead({ lines: 'x'.repeat(1000), target: '/'.repeat(500) });
    const wait = new Wait(exchange);
    assert.ok(wait.enter() && wait.enter());
    const cost = memory.kept;
    assert.ok(cost > 1500);
    wait.leave();
    wait.leave();
    assert.equal(memory.kept, 0);
    assert.ok(wait.enter());
    assert.equal(memory.kept, cost);
  });

  it('Wait sums up how long a request has waited for places, and leaves that out of the time to move on', () => {
    const stage = new Stage();
    const { exchange } = stage;
    exchange.head = requestHead();
    exchange.movingSince = 5;
    const wait = new Wait(exchange);
    for (const [since, until] of [
      [100, 130],
      [200, 250],
    ]) {
      stage.now = since;
      wait.enter();
      wait.since = since;
      stage.now = until;
      wait.leave();
    }
    assert.deepEqual([wait.formerMs, exchange.movingSince, wait.since], [80, 85, 0]);
    wait.reset();
    assert.equal(wait.formerMs, 0);
  });

  it('a request that waits is out of its line and costs nothing any more once its client has left', () => {
    const memory = new Memory();
    const stage = new Stage({ pool: { ...HOLD.pool, panic: false }, memory });
    for (const slot of [0, 1]) stage.table.setHealth(slot, MAINTENANCE);
    stage.request(requestHead());
    assert.equal(stage.state, 'held');
    assert.ok(memory.kept > 0);
    stage.exchange.onClientGone();
    assert.deepEqual([memory.kept, stage.table.held.count], [0, 0]);
    stage.end();
  });

  it('a request that there is no memory left for does not wait: it gets a 503 at once', () => {
    const memory = new Memory(100);
    const stage = new Stage({ pool: { ...HOLD.pool, panic: false }, memory });
    for (const slot of [0, 1]) stage.table.setHealth(slot, MAINTENANCE);
    stage.request(requestHead());
    assert.deepEqual([stage.client.faultCode, memory.refused, memory.kept], ['memory', 1, 0]);
    stage.end();
  });
});
