import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HISTOGRAM_BUCKETS, bucketOf } from '../shared/histogram.ts';
import type { Pulse } from '../shared/pulse-board.ts';
import { FirstBytes, findSilent, silenceMs } from './silence.ts';

/** A route whose answers the test counts. */
class Route {
  readonly firstBytes = new FirstBytes();
  readonly #histogram = new Float64Array(HISTOGRAM_BUCKETS);
  #now = 0;

  answers(count: number, ms: number): void {
    this.#histogram[bucketOf(ms)] += count;
  }

  pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.firstBytes.learn(this.#histogram.slice(), this.#now);
      this.#now += 1000;
    }
  }
}

describe('silenceMs', () => {
  it('silenceMs is not known before a hundred answers, and is a second at least', () => {
    const route = new Route();
    route.answers(99, 10);
    route.pass(1);
    assert.equal(silenceMs([route.firstBytes]), 0);
    route.answers(1, 10);
    route.pass(1);
    assert.equal(silenceMs([route.firstBytes]), 1000);
  });

  it('silenceMs is four times the 99th percentile of the last minute, and later less', () => {
    const route = new Route();
    route.answers(1000, 1000);
    route.pass(1);
    const ms = silenceMs([route.firstBytes]);
    assert.ok(ms > 3700 && ms < 4400, String(ms));
    for (let minute = 0; minute < 2; minute++) {
      route.answers(1000, 10);
      route.pass(60);
    }
    const longest = silenceMs([route.firstBytes]);
    assert.ok(longest >= 1500 && longest < 1700, String(longest));
  });

  it('silenceMs is one and a half times the longest answer of the last ten minutes, and no longer', () => {
    const route = new Route();
    route.answers(10_000, 10);
    route.answers(1, 5000);
    route.pass(1);
    route.pass(500);
    const ms = silenceMs([route.firstBytes]);
    assert.ok(ms >= 7500 && ms < 8500, String(ms));
    route.answers(10_000, 10);
    route.pass(200);
    assert.equal(silenceMs([route.firstBytes]), 1000);
  });

  it('silenceMs is that of all routes of a pool together where one has few answers', () => {
    const [few, many] = [new Route(), new Route()];
    few.answers(50, 2000);
    many.answers(50, 10);
    few.pass(1);
    many.pass(1);
    assert.equal(silenceMs([few.firstBytes]), 0);
    assert.ok(silenceMs([few.firstBytes, many.firstBytes]) > 7000);
  });
});

const LONG_AGO = 2 ** 30;
const pulse = (more: Partial<Pulse>): Pulse => {
  return {
    overdue: 0,
    overdueInAll: more.overdue ?? 0,
    oldestMs: 0,
    heardMs: LONG_AGO,
    answeredMs: [LONG_AGO, LONG_AGO, LONG_AGO],
    ...more,
  };
};
const GOOD = pulse({ heardMs: 20, answeredMs: [30, 50, 70] });

function silentOf(first: readonly Pulse[], second: readonly Pulse[] = [GOOD]): number[] {
  const endpoints = [
    { slot: 0, pulses: first },
    { slot: 1, pulses: second },
  ];
  return findSilent(endpoints).map(({ slot }) => slot);
}

describe('findSilent', () => {
  it('findSilent finds an endpoint with three attempts overdue, over all threads, while the other answers', () => {
    assert.deepEqual(silentOf([pulse({ overdue: 3, oldestMs: 1200 })]), [0]);
    assert.deepEqual(silentOf([pulse({ overdue: 2, oldestMs: 1200 }), pulse({ overdue: 1, oldestMs: 1500 })]), [0]);
  });

  it('findSilent finds none with two attempts overdue', () => {
    assert.deepEqual(silentOf([pulse({ overdue: 2, oldestMs: 1200 })]), []);
  });

  it('findSilent finds an endpoint with two attempts overdue beside two that were sent before its last byte', () => {
    assert.deepEqual(silentOf([pulse({ overdue: 2, overdueInAll: 4, oldestMs: 1200 })]), [0]);
    assert.deepEqual(silentOf([pulse({ overdue: 2, overdueInAll: 3, oldestMs: 1200 })]), []);
    assert.deepEqual(silentOf([pulse({ overdue: 1, overdueInAll: 9, oldestMs: 1200 })]), []);
    const elsewhere = pulse({ overdue: 1, overdueInAll: 3, oldestMs: 1300 });
    assert.deepEqual(silentOf([pulse({ overdue: 1, oldestMs: 1200 }), elsewhere]), [0]);
  });

  it('findSilent finds none that any thread has heard of since the oldest was sent', () => {
    assert.deepEqual(silentOf([pulse({ overdue: 3, oldestMs: 1200 }), pulse({ heardMs: 1100 })]), []);
    assert.deepEqual(silentOf([pulse({ overdue: 3, oldestMs: 1200 }), pulse({ heardMs: 1300 })]), [0]);
  });

  it('findSilent finds none while the others have not answered three that were sent later', () => {
    const overdue = [pulse({ overdue: 3, oldestMs: 1200 })];
    assert.deepEqual(silentOf(overdue, [pulse({ answeredMs: [30, 50, LONG_AGO] })]), []);
    assert.deepEqual(silentOf(overdue, [pulse({ answeredMs: [30, 50, 1100] })]), [], 'within what threads differ by');
    assert.deepEqual(
      silentOf(overdue, [pulse({ answeredMs: [30, 50, LONG_AGO] }), pulse({ answeredMs: [900, LONG_AGO, LONG_AGO] })]),
      [0],
    );
  });

  it('findSilent finds none where all are silent', () => {
    const overdue = [pulse({ overdue: 9, oldestMs: 1200 })];
    assert.deepEqual(silentOf(overdue, overdue), []);
  });
});
