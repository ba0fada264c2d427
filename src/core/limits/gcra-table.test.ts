import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../random.ts';
import { GcraTable, RATE_EVICTED, RATE_INSERTS, createGcraTable } from './gcra-table.ts';
import { SLOTS, bucketsFor } from '../shared/buckets.ts';
import type { TableClock } from './gcra-table.ts';
import { SWEEP_TICKS, paceOf } from './rate.ts';
import type { PacedRate } from './rate.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

function limit(count: number, periodMs: number, burst: number, waitMs = 0): PacedRate {
  return { rate: { count, periodMs }, burst, waitMs };
}

class HandClock implements TableClock {
  ms = 0;
  /** By how much what `now` says is older. */
  lagMs = 0;
  now = (): number => this.ms - this.lagMs;
  freshNow = (): number => this.ms;
}

function tableOf(given: PacedRate, keys = 64): { readonly table: GcraTable; readonly clock: HandClock } {
  return { table: new GcraTable(createGcraTable(keys, 2), given, 0), clock: new HandClock() };
}

/** GCRA in exact fractions of time that never go round: what is admitted, and how many ticks too early one comes. */
class Reference {
  readonly #tats = new Map<string, bigint>();
  readonly #cost: bigint;
  readonly #most: bigint;
  readonly #wait: bigint;

  constructor(given: PacedRate) {
    const { cost, most, wait } = paceOf(given);
    [this.#cost, this.#most, this.#wait] = [BigInt(cost), BigInt(most), BigInt(wait)];
  }

  take(key: string, cost: number, ticks: bigint): bigint {
    const tat = this.#tats.get(key) ?? ticks;
    const ahead = tat > ticks ? tat - ticks : 0n;
    const price = BigInt(cost) * this.#cost;
    const early = ahead + price - this.#most;
    if (early <= this.#wait) this.#tats.set(key, ticks + ahead + price);
    return early;
  }
}

describe('a table of rates', () => {
  it('a table of rates lets a burst pass, and then one for each time that the rate gives', () => {
    const { table, clock } = tableOf(limit(100, HOUR, 100));
    clock.ms = 123_456.7;
    for (let request = 0; request < 100; request++) assert.ok(table.take(1, 2, 1, clock) <= 0, `request ${request}`);
    const early = table.take(1, 2, 1, clock);
    assert.ok(early > 0);
    assert.ok(Math.abs(early / table.pace.ticksPerMs - 36_000) < 40, 'it may come in 36 s');
    clock.ms += 35_900;
    assert.ok(table.take(1, 2, 1, clock) > 0);
    clock.ms += 140;
    assert.ok(table.take(1, 2, 1, clock) <= 0);
    assert.ok(table.take(1, 2, 1, clock) > 0);
    assert.ok(table.take(1, 4, 1, clock) <= 0, 'another key has a burst of its own');
  });

  it('a table of rates decides as exact arithmetic does, however often its time goes round', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    const random = createSeededRandom(seed);
    const given = [limit(10_000_000, SECOND, 5), limit(3, SECOND, 7, 900), limit(100, HOUR, 100), limit(999, 7000, 1)];
    for (const each of given) {
      const { table, clock } = tableOf(each, 4096);
      const reference = new Reference(each);
      const { ticksPerMs, cost } = table.pace;
      const requestMs = cost / ticksPerMs;
      let sweptAt = 0;
      let rounds = 0;
      for (let step = 0; step < 20_000; step++) {
        // Mostly near the rate, now and then a pause that makes the time go round.
        const pause = random.next() < 0.999 ? random.next() * 2 * requestMs : (random.next() * 2 ** 33) / ticksPerMs;
        for (const end = clock.ms + pause; clock.ms < end;) {
          clock.ms = Math.min(end, sweptAt + SWEEP_TICKS / ticksPerMs);
          if (clock.ms < sweptAt + SWEEP_TICKS / ticksPerMs) continue;
          table.sweep(0, table.handle.buckets, clock.ms);
          sweptAt = clock.ms;
          rounds++;
        }
        const key = Math.floor(random.next() * 20);
        const costs = random.next() < 0.9 ? 1 : Math.ceil(random.next() * Math.min(3, each.burst));
        const early = table.take(Math.imul(key + 1, 0x9e3779b9), key, costs, clock);
        const expected = reference.take(String(key), costs, BigInt(Math.floor(clock.ms * ticksPerMs)));
        assert.equal(BigInt(early), expected, `SEED=${seed}, step ${step}, ${JSON.stringify(each)}`);
      }
      assert.ok(rounds > 8, `its time went round: ${rounds}`);
    }
  });

  it('a table of rates refuses nobody by an old time', () => {
    const { table, clock } = tableOf(limit(10, SECOND, 1));
    assert.ok(table.take(1, 2, 1, clock) <= 0);
    clock.ms = 101;
    clock.lagMs = 20;
    assert.ok(table.take(1, 2, 1, clock) <= 0);
  });

  it('a table of rates takes nothing that is far ahead of an old time for a stale one', () => {
    const { table, clock } = tableOf(limit(10_000_000, SECOND, 5));
    const passed = (): number => {
      let count = 0;
      while (table.take(1, 2, 1, clock) <= 0) count++;
      return count;
    };
    clock.ms = 5000;
    passed();
    // A thread that was held up for 20 ms: 200,000 requests' worth.
    clock.ms -= 20;
    assert.equal(passed(), 0);
    clock.ms += 20;
    assert.equal(passed(), 0);
  });

  it('a table of rates has room for as many keys as it is told, in a power of two', () => {
    assert.deepEqual([8, 9, 100, 65_536].map(bucketsFor), [1, 2, 16, 8192]);
    const { table, clock } = tableOf(limit(1, HOUR, 1), 8);
    for (let key = 1; key <= SLOTS; key++) assert.ok(table.take(0, 2 * key, 1, clock) <= 0);
    for (let key = 1; key <= SLOTS; key++) assert.ok(table.take(0, 2 * key, 1, clock) > 0);
    assert.deepEqual([table.total(RATE_INSERTS), table.total(RATE_EVICTED)], [SLOTS, 0]);
  });

  it('a table of rates that is full forgets the key that is the least ahead, and counts it if it was ahead', () => {
    const { table, clock } = tableOf(limit(1, SECOND, 10), 8);
    for (let key = 1; key <= SLOTS; key++) table.take(0, 2 * key, key === 5 ? 1 : 3, clock);
    clock.ms = 500;
    table.take(0, 100, 1, clock);
    assert.equal(table.total(RATE_EVICTED), 1);
    // The fifth begins anew, and takes the place of the new one; all others are known.
    for (const key of [1, 2, 3, 4, 6, 7, 8]) {
      table.look(0, 2 * key, 0, clock.ms);
      assert.ok(table.ahead > 0, `key ${key}`);
    }
    table.look(0, 10, 0, clock.ms);
    assert.equal(table.ahead, 0);
    clock.ms = 100_000;
    table.take(0, 200, 1, clock);
    assert.equal(table.total(RATE_EVICTED), 1, 'who is even loses nothing');
  });

  it('a table of rates goes on where a thread stopped in the midst of a new key', () => {
    const { table, clock } = tableOf(limit(1, HOUR, 1), 8);
    const words = new Int32Array(table.handle.buffer);
    // Its claim: the tag with the lowest bit set.
    words[3] = 2 | 1;
    assert.ok(table.take(0, 2, 1, clock) <= 0);
    assert.ok(table.take(0, 2, 1, clock) > 0);
    words[5] = 8 | 1;
    table.sweep(0, 1, clock.ms);
    assert.equal(words[5], 0);
  });

  it('looking at a table of rates changes nothing', () => {
    const { table, clock } = tableOf(limit(1, SECOND, 3));
    assert.ok(table.look(1, 2, 1, clock.ms) <= 0);
    assert.equal(table.ahead, 0);
    table.take(1, 2, 1, clock);
    const before = new Int32Array(table.handle.buffer).slice();
    assert.ok(table.look(1, 2, 2, clock.ms) <= 0);
    assert.equal(table.ahead, table.pace.cost);
    assert.ok(table.look(1, 2, 3, clock.ms) > 0);
    assert.deepEqual(new Int32Array(table.handle.buffer).slice(), before);
  });
});
