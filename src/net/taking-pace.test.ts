import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TakingPace } from './taking-pace.ts';

const RATE = 1000;
const GRACE_MS = 10_000;
const LOOK_MS = 5000;
/** Far more than is taken in any test. */
const SENT = 1e9;

/** When a peer that has taken `taken(ms)` bytes after so long is found too slow, Infinity for never within an hour. */
function slowAt(taken: (ms: number) => number, framing = 0): number {
  const pace = new TakingPace();
  pace.begin(0);
  let known = 0;
  for (let now = LOOK_MS; now < 3_600_000; now += LOOK_MS) {
    const peer = { takenBytes: known, untakenBytes: SENT + framing - known };
    if (pace.isBelow(peer, SENT, now, RATE, GRACE_MS)) return now;
    known = taken(now);
  }
  return Infinity;
}

test('a peer that takes less than its rate is too slow soon after the grace is over, and no sooner', () => {
  for (const bytesPerSecond of [0, 1, RATE * 0.9]) {
    const at = slowAt((ms) => (ms * bytesPerSecond) / 1000);
    assert.ok(at > GRACE_MS && at <= GRACE_MS + 2 * LOOK_MS, `${bytesPerSecond}: ${at}`);
  }
});

test('a peer that takes its rate is never too slow, in whatever pieces it takes it', () => {
  assert.equal(
    slowAt((ms) => ms),
    Infinity,
  );
  // It has a large buffer, which it fills at once, and tells of room there only now and then.
  assert.equal(
    slowAt((ms) => 60_000 + Math.floor(ms / 40_000) * 40_000),
    Infinity,
  );
});

test('what frames a body is not held against a peer that takes both', () => {
  assert.equal(
    slowAt((ms) => 2 * ms, 100_000),
    Infinity,
  );
});

test('a peer is judged by all of its waits together, and the time between them does not count', () => {
  const pace = new TakingPace();
  let now = 0;
  const wait = (bytesPerWait: number): boolean => {
    pace.begin(now);
    for (let look = 0; look < 3; look++) {
      now += 2000;
      taken += bytesPerWait / 3;
      if (pace.isBelow({ takenBytes: taken, untakenBytes: SENT - taken }, SENT, now, RATE, GRACE_MS)) return true;
    }
    pace.end(now);
    now += 3_600_000;
    return false;
  };
  let taken = 0;
  assert.deepEqual([wait(100), wait(100)], [false, false]);
  assert.equal(wait(100), true);
  taken = 0;
  assert.equal(new TakingPace().isBelow({ takenBytes: 0, untakenBytes: SENT }, SENT, now, RATE, GRACE_MS), false);
});
