/** A server that was slow and is well again: peak-ewma finds out, and had not forgotten it meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../../src/core/random.ts';
import { createTestBalancer } from '../../src/testing/test-balancer.ts';
import type { TestBalancer } from '../../src/testing/test-balancer.ts';

const ENDPOINTS = ['slow:80', 'b:80', 'c:80', 'd:80', 'e:80'] as const;
const WELL_MS = { least: 10, most: 40 };
const SLOW_FOR_MS = 20_000;
/** With five servers each has one or two at a time. */
const EVERY_MS = 10 / 3;
const SEED = Number(process.env['SEED'] ?? 1);
/** Shares are looked at over this time. */
const WINDOW_MS = 2000;
/** The server has a request at least as often. */
const LEAST_EVERY_MS = 5000;

/** Requests come at a constant rate for so long. */
async function flow(balancer: TestBalancer, forMs: number): Promise<void> {
  for (let at = 0; at < forMs; at += EVERY_MS) {
    balancer.send();
    await balancer.advance(EVERY_MS);
  }
}

/** From `since` on until a window in which the endpoint had half of its share; the time to the end of that window. */
function timeToHalfShare(arrivals: readonly number[], since: number, end: number): number {
  const half = WINDOW_MS / EVERY_MS / ENDPOINTS.length / 2;
  for (let from = since; from + WINDOW_MS <= end; from += 100) {
    if (arrivals.filter((at) => at >= from && at < from + WINDOW_MS).length >= half) return from + WINDOW_MS - since;
  }
  return Infinity;
}

for (const [times, withinMs] of [
  [10, 30_000],
  [100, 75_000],
]) {
  test(`with peak-ewma a server slow by ${times} times gets a request every 5 s, and half its share within ${withinMs / 1000} s once it is well`, async () => {
    await using balancer = await createTestBalancer(
      // One that takes seconds would be called silent, and then it is no longer the policy that decides.
      { pools: { web: { policy: 'peak-ewma', endpoints: ENDPOINTS, ejection: { silence: 'off' } } } },
      { seed: SEED },
    );
    const random = createSeededRandom(SEED);
    const wellMs = (): number => WELL_MS.least + random.next() * (WELL_MS.most - WELL_MS.least);
    const arrivals: number[] = [];
    const slow = balancer.endpoint('slow:80');
    const behave = (slowness: number): void =>
      slow.respond(() => {
        arrivals.push(balancer.elapsedMs);
        return { afterMs: slowness * wellMs() };
      });
    for (const id of ENDPOINTS) balancer.endpoint(id).respond(() => ({ afterMs: wellMs() }));
    behave(1);
    await flow(balancer, 10_000);
    behave(times);
    const slowAt = balancer.elapsedMs;
    await flow(balancer, SLOW_FOR_MS);
    behave(1);
    const wellAt = balancer.elapsedMs;
    let tookMs = Infinity;
    while (tookMs === Infinity && balancer.elapsedMs - wellAt < withinMs) {
      await flow(balancer, WINDOW_MS);
      tookMs = timeToHalfShare(arrivals, wellAt, balancer.elapsedMs);
    }
    const gaps = [slowAt, ...arrivals.filter((at) => at >= slowAt), balancer.elapsedMs].map((at, index, all) =>
      index === 0 ? 0 : at - all[index - 1],
    );
    const spared = arrivals.filter((at) => at >= slowAt && at < wellAt).length / (SLOW_FOR_MS / EVERY_MS);
    assert.ok(Math.max(...gaps) <= LEAST_EVERY_MS, `a gap of ${Math.max(...gaps)} ms (SEED=${SEED})`);
    assert.ok(tookMs <= withinMs, `half of its share after ${tookMs} ms (SEED=${SEED})`);
    assert.ok(spared < 0.5 / ENDPOINTS.length, `${spared} of the requests while it was slow (SEED=${SEED})`);
  });
}
