/** A queue that stands sheds those that have waited longest, on time that the test owns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestBalancer } from '../../src/testing/testing.ts';
import type { PendingRequest, TestBalancer } from '../../src/testing/testing.ts';

/** Ten at a time for 20 ms each: 500 a second. */
const PLACES = 10;
const SERVICE_MS = 20;
const CAPACITY_PER_MS = PLACES / SERVICE_MS;

async function start(queue: object = {}): Promise<TestBalancer> {
  const balancer = await createTestBalancer({
    pools: { web: { endpoints: [{ address: 'a:80', maxRequests: PLACES }], queue } },
    routes: [
      { match: { path: '/low' }, pool: 'web', queueClass: 'low' },
      { match: { path: '/high' }, pool: 'web', queueClass: 'high' },
      { pool: 'web' },
    ],
  });
  balancer.endpoint('a:80').respond({ afterMs: SERVICE_MS });
  return balancer;
}

/** So many each ms, for so long; then all are waited for. */
async function offer(balancer: TestBalancer, perMs: number, ms: number, target = '/'): Promise<PendingRequest[]> {
  const sent: PendingRequest[] = [];
  let due = 0;
  for (let at = 0; at < ms; at++) {
    for (due += perMs; due >= 1; due--) sent.push(balancer.send({ target }));
    await balancer.advance(1);
  }
  return sent;
}

function outcomesOf(sent: readonly PendingRequest[]) {
  const outcomes = sent.map(({ outcome }) => outcome);
  const served = outcomes.flatMap((each) =>
    each !== null && each !== 'connection-lost' && each.status === 200 ? [each.tookMs] : [],
  );
  const reasons = outcomes.flatMap((each) =>
    each !== null && each !== 'connection-lost' && each.status === 503 ? [each.reason] : [],
  );
  const slowest = served.toSorted((a, b) => a - b)[Math.floor(served.length * 0.99)];
  return { served: served.length, slowest, reasons: new Set(reasons), refused: reasons.length };
}

for (const factor of [1.5, 2, 3]) {
  test(`at ${factor} times what a pool can do, it does at least 95 % of that, and nobody served waits for twice queue.target`, async () => {
    await using balancer = await start();
    const ms = 3000;
    const sent = await offer(balancer, factor * CAPACITY_PER_MS, ms);
    await balancer.advance(2500);
    const { served, slowest, reasons, refused } = outcomesOf(sent);
    assert.ok(served >= 0.95 * CAPACITY_PER_MS * ms, `${served} served`);
    assert.ok(slowest < 200, `99 % within ${slowest} ms`);
    assert.deepEqual(reasons, new Set(['queue-shed']));
    assert.equal(balancer.stats().pools[0].queue.shed, refused);
    assert.equal(served + refused, sent.length);
    assert.ok(balancer.eventsOf('failure').every(({ event }) => event.reason === 'queue-shed'));
    assert.ok(balancer.eventsOf('failure').length > 0, 'the operator is told');
  });
}

test('with attempts that fail and come again, nobody served has waited for longer than twice queue.target in all', async () => {
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        endpoints: [{ address: 'a:80', maxRequests: PLACES }],
        ejection: 'off',
        retry: { retryOn: [503], backoff: 'off', budget: { share: '100%' } },
      },
    },
  });
  let answers = 0;
  balancer.endpoint('a:80').respond(() => ({ status: ++answers % 3 === 0 ? 503 : 200, afterMs: SERVICE_MS }));
  const sent = await offer(balancer, 2 * CAPACITY_PER_MS, 3000);
  await balancer.advance(2500);
  const { slowest } = outcomesOf(sent);
  assert.ok(slowest < 200 + 3 * SERVICE_MS, `99 % within ${slowest} ms`);
});

test('a burst that the queue gets over within queue.target and as long again is served whole', async () => {
  await using balancer = await start();
  const sent = Array.from({ length: 90 }, () => balancer.send());
  await balancer.advance(500);
  assert.equal(outcomesOf(sent).served, 90);
});

test('once less comes again than a pool can do, nobody is shed any more', async () => {
  await using balancer = await start();
  await offer(balancer, 2 * CAPACITY_PER_MS, 1000);
  await balancer.advance(500);
  const sent = await offer(balancer, 0.8 * CAPACITY_PER_MS, 1000);
  await balancer.advance(500);
  assert.equal(outcomesOf(sent).served, sent.length);
});

test('requests of a lower class are shed, and those of a higher class served, where there is not enough for both', async () => {
  await using balancer = await start();
  const low: PendingRequest[] = [];
  const high: PendingRequest[] = [];
  for (let at = 0; at < 2000; at++) {
    if (at % 2 === 0) low.push(balancer.send({ target: '/low' }));
    if (at % 4 === 0) high.push(balancer.send({ target: '/high' }));
    await balancer.advance(1);
  }
  await balancer.advance(2500);
  assert.equal(outcomesOf(high).served, high.length);
  assert.ok(outcomesOf(low).refused > low.length / 3);
});

test('with queue.target off everybody waits for queue.timeout', async () => {
  await using balancer = await start({ target: 'off', timeout: '500ms' });
  const sent = await offer(balancer, 2 * CAPACITY_PER_MS, 2000);
  await balancer.advance(1000);
  const { slowest, reasons } = outcomesOf(sent);
  assert.deepEqual(reasons, new Set(['queue-timeout']));
  assert.ok(slowest > 400, `99 % within ${slowest} ms`);
});

test('a longer queue.target lets requests wait longer before any is shed', async () => {
  await using balancer = await start({ target: '400ms', timeout: '5s' });
  const sent = await offer(balancer, 2 * CAPACITY_PER_MS, 4000);
  await balancer.advance(5000);
  const { slowest, reasons } = outcomesOf(sent);
  assert.deepEqual(reasons, new Set(['queue-shed']));
  assert.ok(slowest > 350 && slowest < 800, `99 % within ${slowest} ms`);
});
