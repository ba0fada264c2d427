import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WriteProgress } from './write-progress.ts';

/** A connection whose peer takes bytes at the times that `takes` says; a look is there at the next question. */
class FakeConnection {
  takenBytes = -1;
  #found = -1;
  now = 0;
  readonly #taken: (now: number) => number;

  constructor(taken: (now: number) => number) {
    this.#taken = taken;
  }

  look(): void {
    this.#found = this.#taken(this.now);
  }

  arrive(): void {
    this.takenBytes = this.#found;
  }
}

/** When a peer is found stalled, Infinity for never within a day. */
function stalledAt(taken: (now: number) => number, limitMs: number): number {
  const connection = new FakeConnection(taken);
  const progress = new WriteProgress();
  let now = progress.begin(0, limitMs);
  while (now < 86_400_000) {
    connection.arrive();
    connection.now = now;
    if (progress.isStalled(connection, now, limitMs)) return now;
    now += progress.next(now, limitMs);
  }
  return Infinity;
}

test('a peer that takes nothing is stalled when its time is over', () => {
  const at = stalledAt(() => 5000, 60_000);
  assert.ok(at >= 60_000 && at <= 60_100, String(at));
});

test('a peer that takes a byte now and then within its time is never stalled', () => {
  assert.equal(
    stalledAt((now) => Math.floor(now / 40_000), 60_000),
    Infinity,
  );
  assert.equal(
    stalledAt((now) => Math.floor((now + 10_000) / 59_000), 60_000),
    Infinity,
  );
});

test('a peer that stops taking is stalled its time after the last byte, a look more or less', () => {
  const at = stalledAt((now) => Math.min(now, 100_000), 60_000);
  assert.ok(at >= 160_000 && at <= 176_000, String(at));
});

test('where a system tells nothing, a write that waits is stalled when its time is over', () => {
  const at = stalledAt(() => 0, 1000);
  assert.ok(at >= 1000 && at <= 1200, String(at));
});
