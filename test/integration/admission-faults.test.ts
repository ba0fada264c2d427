/** Requests that wait for a place while endpoints refuse, fail, are tried, drain or are all unhealthy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestBalancer } from '../../src/testing/testing.ts';
import type { PendingRequest, TestBalancer } from '../../src/testing/testing.ts';

function statusOf({ outcome }: PendingRequest): number | string | null {
  return outcome === null || outcome === 'connection-lost' ? outcome : outcome.status;
}

function poolOf(balancer: TestBalancer) {
  return balancer.stats().pools[0];
}

async function cookieOf(balancer: TestBalancer): Promise<string> {
  return (await balancer.request()).headers['set-cookie'].split(';', 1)[0];
}

const ONE_EACH = ['a:80', 'b:80'].map((address) => ({ address, maxRequests: 1 }));

test('a request that one endpoint refused waits for the place of another, and is refused no second time', async () => {
  await using balancer = await createTestBalancer({
    pools: { web: { policy: 'first', ejection: 'off', queue: { target: 'off' }, endpoints: ONE_EACH } },
  });
  const [a, b] = ['a:80', 'b:80'].map((id) => balancer.endpoint(id));
  a.connects = 'refuse';
  b.respond({ afterMs: 100 });
  const sent = Array.from({ length: 10 }, () => balancer.send());
  await balancer.advance(1500);
  assert.deepEqual(new Set(sent.map(statusOf)), new Set([200]));
  assert.equal(b.requests.length, 10);
  assert.ok(poolOf(balancer).endpoints[0].connects <= 10);
  // For its first attempt, and for the one after the refused connect.
  assert.ok(poolOf(balancer).queue.waited <= 20);
  assert.equal(poolOf(balancer).endpoints[1].panicPicks, 0);
});

test('an endpoint whose trial is due gets it from a request that waits, though all others stay full', async () => {
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        policy: 'first',
        ejection: { failures: 1, time: '1s' },
        retry: 'off',
        queue: { timeout: '20s', target: 'off' },
        endpoints: ONE_EACH,
      },
    },
  });
  const [a, b] = ['a:80', 'b:80'].map((id) => balancer.endpoint(id));
  await balancer.request();
  a.respond({ ending: 'close' });
  while (poolOf(balancer).endpoints[0].health.state !== 'ejected') await balancer.request();
  a.recover();
  b.respond({ afterMs: 15_000 });
  balancer.send();
  await balancer.advance(10);
  const waiting = balancer.send();
  await balancer.advance(1500);
  assert.equal(statusOf(waiting), 200);
  assert.equal(poolOf(balancer).endpoints[0].health.state, 'healthy');
  await balancer.advance(15_000);
});

test('a client that is bound to a full endpoint of weight 0 waits for its place where no other one can be tried', async () => {
  const config = (weight: number) => ({
    pools: {
      web: {
        policy: 'first' as const,
        sticky: 'cookie' as const,
        endpoints: [{ address: 'a:80', maxRequests: 1, weight }, 'b:80'],
      },
    },
  });
  await using balancer = await createTestBalancer(config(1));
  const cookie = await cookieOf(balancer);
  await balancer.reload(config(0));
  balancer.endpoint('a:80').respond({ afterMs: 100 });
  balancer.endpoint('b:80').kill();
  const stranger = balancer.send();
  await balancer.advance(10);
  assert.equal(poolOf(balancer).queue.held, 1);
  const sent = Array.from({ length: 3 }, () => balancer.send({ headers: { cookie } }));
  await balancer.advance(350);
  assert.deepEqual(sent.map(statusOf), [200, 200, 200]);
  assert.equal(poolOf(balancer).queue.waited, 2);
  stranger.leave();
});

test('what is bound to an endpoint that takes nobody else waits behind nobody who waits for others', async () => {
  const config = (weight: number) => ({
    pools: {
      web: {
        policy: 'first' as const,
        sticky: 'cookie' as const,
        queue: { target: 'off' as const },
        endpoints: [
          { address: 'a:80', maxRequests: 1, weight },
          { address: 'b:80', maxRequests: 1 },
        ],
      },
    },
  });
  await using balancer = await createTestBalancer(config(1));
  const cookie = await cookieOf(balancer);
  await balancer.reload(config(0));
  balancer.endpoint('b:80').respond({ afterMs: 1000 });
  const others = [1, 2].map(() => balancer.send());
  await balancer.advance(10);
  balancer.endpoint('a:80').respond({ afterMs: 100 });
  const bound = Array.from({ length: 3 }, () => balancer.send({ headers: { cookie } }));
  await balancer.advance(150);
  assert.equal(statusOf(bound[0]), 200);
  // Those whose own endpoint was full wait for it, and pass nobody.
  await balancer.advance(1000);
  assert.equal(statusOf(others[0]), 200);
  assert.equal(balancer.endpoint('b:80').requests.length, 2);
  for (const other of [...others, ...bound]) other.leave();
});

test('a client whose endpoint failed its request is bound anew, also where the next attempt had to wait', async () => {
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        policy: 'first',
        sticky: 'cookie',
        queue: { target: 'off' },
        retry: { backoff: '40ms', maxBackoff: '40ms', retryOn: [503] },
        endpoints: ONE_EACH,
      },
    },
  });
  const [a, b] = ['a:80', 'b:80'].map((id) => balancer.endpoint(id));
  const cookie = await cookieOf(balancer);
  a.respond(({ target }) => (target === '/bound' ? { status: 503, afterMs: 100 } : { afterMs: 1000 }));
  b.respond({ afterMs: 300 });
  const bound = balancer.send({ target: '/bound', headers: { cookie } });
  await balancer.advance(1);
  balancer.send({ target: '/busy' });
  await balancer.advance(1);
  balancer.send({ target: '/next' });
  await balancer.advance(1500);
  const { outcome } = bound;
  assert.ok(outcome !== null && outcome !== 'connection-lost');
  assert.deepEqual([outcome.status, 'set-cookie' in outcome.headers], [200, true]);
  assert.deepEqual([poolOf(balancer).endpoints[0].stickyMoves, poolOf(balancer).endpoints[0].stickySpills], [1, 0]);
});

test('with nobody healthy a request finds the one endpoint of many that is not full, and is counted there alone', async () => {
  const ids = Array.from({ length: 40 }, (_none, index) => `s${index}:80`);
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        check: { http: '/healthz', interval: '1s' },
        queue: { hold: 'off', target: 'off' },
        endpoints: ids.map((address) => ({ address, maxRequests: 1 })),
      },
    },
  });
  for (const id of ids) balancer.endpoint(id).check = 'fails';
  await balancer.advance(5000);
  for (const id of ids) balancer.endpoint(id).respond({ afterMs: 1000 });
  const sent = ids.map(() => balancer.send());
  await balancer.advance(1500);
  assert.deepEqual(new Set(sent.map(statusOf)), new Set([200]));
  assert.deepEqual(new Set(poolOf(balancer).endpoints.map(({ panicPicks }) => panicPicks)), new Set([1]));
});
