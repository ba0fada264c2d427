/** Requests beyond `maxRequests` wait for a place in turn: a balancer on time that the test owns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestBalancer } from '../../src/testing/testing.ts';
import type { PendingRequest, TestBalancer, TestEndpoint } from '../../src/testing/testing.ts';

const limited = (most: number, { queue = {}, ...rest }: { queue?: object | 'off'; [key: string]: unknown } = {}) => ({
  pools: {
    web: {
      endpoints: [{ address: 'a:80', maxRequests: most }],
      queue: queue === 'off' ? ('off' as const) : { target: 'off' as const, ...queue },
      ...rest,
    },
  },
});

function statusOf({ outcome }: PendingRequest): number | string | null {
  return outcome === null || outcome === 'connection-lost' ? outcome : outcome.status;
}

function reasonOf({ outcome }: PendingRequest): string {
  return outcome === null || outcome === 'connection-lost' ? '' : outcome.reason;
}

function targetsOf({ requests }: TestEndpoint): string[] {
  return requests.map(({ target }) => target);
}

function queueOf(balancer: TestBalancer) {
  return balancer.stats().pools[0].queue;
}

/** Sends so many, a millisecond apart. */
async function sendOneByOne(balancer: TestBalancer, count: number, prefix = '/'): Promise<PendingRequest[]> {
  const sent: PendingRequest[] = [];
  for (let index = 0; index < count; index++) {
    sent.push(balancer.send({ target: `${prefix}${index}` }));
    await balancer.advance(1);
  }
  return sent;
}

test('requests beyond maxRequests of an endpoint wait, and go on in the order in which they came', async () => {
  await using balancer = await createTestBalancer(limited(2));
  const endpoint = balancer.endpoint('a:80');
  endpoint.respond({ afterMs: 100 });
  const sent = await sendOneByOne(balancer, 6);
  assert.deepEqual(targetsOf(endpoint), ['/0', '/1']);
  assert.deepEqual(pick(queueOf(balancer)), { inFlight: 2, waiting: 4, waited: 4 });
  await balancer.advance(100);
  assert.deepEqual(targetsOf(endpoint), ['/0', '/1', '/2', '/3']);
  await balancer.advance(200);
  assert.deepEqual(targetsOf(endpoint), ['/0', '/1', '/2', '/3', '/4', '/5']);
  assert.deepEqual(new Set(sent.map(statusOf)), new Set([200]));
  assert.deepEqual(pick(queueOf(balancer)), { inFlight: 0, waiting: 0, waited: 4 });
});

function pick({ inFlight, waiting, waited }: ReturnType<typeof queueOf>): object {
  return { inFlight, waiting, waited };
}

test('a place that is given back is taken in the same moment, on the connection that is free by then', async () => {
  await using balancer = await createTestBalancer(limited(1));
  const endpoint = balancer.endpoint('a:80');
  endpoint.respond({ afterMs: 50 });
  const sent = await sendOneByOne(balancer, 3);
  await balancer.advance(200);
  assert.deepEqual(
    sent.map(({ outcome }) => (outcome === null || outcome === 'connection-lost' ? -1 : outcome.tookMs)),
    [50, 99, 148],
  );
  assert.equal(balancer.stats().pools[0].endpoints[0].connects, 1);
});

test('maxRequests of a pool counts what all of its endpoints have in flight', async () => {
  await using balancer = await createTestBalancer({
    pools: { web: { policy: 'round-robin', endpoints: ['a:80', 'b:80'], maxRequests: 3 } },
  });
  const endpoints = ['a:80', 'b:80'].map((id) => balancer.endpoint(id));
  for (const endpoint of endpoints) endpoint.respond({ afterMs: 100 });
  const sent = await sendOneByOne(balancer, 7);
  assert.equal(endpoints.flatMap(targetsOf).length, 3);
  assert.deepEqual(pick(queueOf(balancer)), { inFlight: 3, waiting: 4, waited: 4 });
  await balancer.advance(300);
  assert.deepEqual(new Set(sent.map(statusOf)), new Set([200]));
});

for (const policy of ['round-robin', 'least-connections', 'random', 'power-of-two', 'peak-ewma', 'first'] as const) {
  test(`with ${policy}, what is too much for an endpoint with maxRequests goes to those with room`, async () => {
    await using balancer = await createTestBalancer({
      pools: { web: { policy, endpoints: [{ address: 'a:80', maxRequests: 1 }, 'b:80'] } },
    });
    const [a, b] = ['a:80', 'b:80'].map((id) => balancer.endpoint(id));
    for (const endpoint of [a, b]) endpoint.respond({ afterMs: 1000 });
    await sendOneByOne(balancer, 30);
    assert.ok(a.requests.length <= 1, `${a.requests.length} at the endpoint that takes one`);
    assert.equal(a.requests.length + b.requests.length, 30);
    await balancer.advance(1000);
  });
}

test('what a hash binds to a full endpoint goes to another one meanwhile', async () => {
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        policy: { hash: { key: 'path' } },
        endpoints: [
          { address: 'a:80', maxRequests: 2 },
          { address: 'b:80', maxRequests: 2 },
        ],
      },
    },
  });
  const endpoints = ['a:80', 'b:80'].map((id) => balancer.endpoint(id));
  for (const endpoint of endpoints) endpoint.respond({ afterMs: 100 });
  for (let index = 0; index < 5; index++) balancer.send({ target: '/same' });
  await balancer.advance(10);
  assert.deepEqual(
    endpoints.map((endpoint) => endpoint.requests.length),
    [2, 2],
  );
  await balancer.advance(200);
});

test('the last resort is not taken while endpoints are merely full', async () => {
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        endpoints: [{ address: 'a:80', maxRequests: 1 }, 'b:80'],
        check: { http: '/healthz', interval: '1s' },
        queue: { target: 'off' },
      },
    },
  });
  const [a, b] = ['a:80', 'b:80'].map((id) => balancer.endpoint(id));
  b.check = 'fails';
  await balancer.advance(5000);
  a.respond({ afterMs: 500 });
  const sent = await sendOneByOne(balancer, 3);
  assert.deepEqual([a.requests.length, b.requests.length], [1, 0]);
  await balancer.advance(1600);
  assert.deepEqual(new Set(sent.map(statusOf)), new Set([200]));
});

test('a request waits for a place no longer than queue.timeout', async () => {
  await using balancer = await createTestBalancer(limited(1, { queue: { timeout: '300ms' } }));
  balancer.endpoint('a:80').respond({ afterMs: 1000 });
  balancer.send();
  const { status, reason, headers, tookMs } = await balancer.request();
  assert.deepEqual([status, reason, headers['retry-after']], [503, 'queue-timeout', '1']);
  assert.ok(tookMs >= 300 && tookMs <= 350, `after ${tookMs} ms`);
  assert.equal(queueOf(balancer).timedOut, 1);
});

test('without queue.timeout a request waits for a place as long as for a connect', async () => {
  const config = { ...limited(1), routes: [{ pool: 'web' as const, timeouts: { connect: '700ms' as const } }] };
  await using balancer = await createTestBalancer(config);
  balancer.endpoint('a:80').respond({ afterMs: 5000 });
  balancer.send();
  const { reason, tookMs } = await balancer.request();
  assert.equal(reason, 'queue-timeout');
  assert.ok(tookMs >= 700 && tookMs <= 750, `after ${tookMs} ms`);
});

test('as many requests wait as queue.max says, with those that are held; queue: off lets none wait', async () => {
  await using balancer = await createTestBalancer(limited(1, { queue: { max: 2 } }));
  balancer.endpoint('a:80').respond({ afterMs: 100 });
  const sent = await sendOneByOne(balancer, 5);
  assert.deepEqual(sent.map(reasonOf), ['', '', '', 'queue-full', 'queue-full']);
  assert.equal(queueOf(balancer).full, 2);
  await balancer.advance(300);
  await using off = await createTestBalancer(limited(1, { queue: 'off' }));
  off.endpoint('a:80').respond({ afterMs: 100 });
  assert.deepEqual((await sendOneByOne(off, 2)).map(reasonOf), ['', 'queue-full']);
});

test('a client that leaves the queue makes room in it, and nobody is sent in its place', async () => {
  await using balancer = await createTestBalancer(limited(1, { queue: { max: 2 } }));
  const endpoint = balancer.endpoint('a:80');
  endpoint.respond({ afterMs: 100 });
  const sent = await sendOneByOne(balancer, 3);
  sent[1].leave();
  await balancer.advance(1);
  const last = balancer.send({ target: '/last' });
  await balancer.advance(300);
  assert.deepEqual(targetsOf(endpoint), ['/0', '/2', '/last']);
  assert.equal(statusOf(last), 200);
});

test('a client that leaves while its request is under way gives its place to the next one', async () => {
  await using balancer = await createTestBalancer(limited(1));
  const endpoint = balancer.endpoint('a:80');
  endpoint.respond(({ target }) => (target === '/0' ? { ending: 'never' } : {}));
  const sent = await sendOneByOne(balancer, 2);
  sent[0].leave();
  await balancer.advance(10);
  assert.equal(statusOf(sent[1]), 200);
});

test('requests of a higher class go before those of a lower one, whenever they came', async () => {
  await using balancer = await createTestBalancer({
    ...limited(1),
    routes: [
      { match: { path: '/high/*' }, pool: 'web', queueClass: 'high' },
      { match: { path: '/low/*' }, pool: 'web', queueClass: 'low' },
      { pool: 'web' },
    ],
  });
  const endpoint = balancer.endpoint('a:80');
  endpoint.respond({ afterMs: 100 });
  await sendOneByOne(balancer, 1);
  for (const prefix of ['/low/', '/', '/high/']) await sendOneByOne(balancer, 2, prefix);
  await balancer.advance(700);
  assert.deepEqual(targetsOf(endpoint), ['/0', '/high/0', '/high/1', '/0', '/1', '/low/0', '/low/1']);
});

test('limits that a reload changes hold at once, for what is in flight and for what waits', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  const endpoint = balancer.endpoint('a:80');
  endpoint.respond({ afterMs: 1000 });
  await sendOneByOne(balancer, 3);
  await balancer.reload(limited(3));
  const sent = await sendOneByOne(balancer, 3);
  assert.equal(endpoint.requests.length, 3);
  await balancer.reload(limited(5));
  await balancer.advance(10);
  assert.equal(endpoint.requests.length, 5);
  await balancer.reload({ pools: { web: ['a:80'] } });
  await balancer.advance(10);
  assert.equal(endpoint.requests.length, 6);
  await balancer.advance(2000);
  assert.deepEqual(new Set(sent.map(statusOf)), new Set([200]));
});

test('an attempt that follows a failed one comes before those that wait, and takes a place as well', async () => {
  await using balancer = await createTestBalancer(limited(1, { retry: { backoff: 'off' } }));
  const endpoint = balancer.endpoint('a:80');
  let isFirst = true;
  endpoint.respond(() => {
    const answer = isFirst ? { ending: 'close' as const, afterMs: 100 } : { afterMs: 100 };
    isFirst = false;
    return answer;
  });
  const sent = await sendOneByOne(balancer, 3);
  await balancer.advance(500);
  assert.deepEqual(targetsOf(endpoint), ['/0', '/1', '/0', '/2']);
  assert.deepEqual(new Set(sent.map(statusOf)), new Set([200]));
});

test('requests that wait for a place are held when the pool is lost meanwhile, and go on when it is back', async () => {
  await using balancer = await createTestBalancer(limited(1));
  const endpoint = balancer.endpoint('a:80');
  endpoint.respond({ afterMs: 500 });
  assert.equal((await balancer.request()).status, 200);
  const sent = await sendOneByOne(balancer, 5);
  endpoint.kill();
  await balancer.advance(3000);
  assert.deepEqual(sent.slice(1).map(statusOf), [null, null, null, null]);
  endpoint.recover();
  endpoint.respond({ afterMs: 50 });
  await balancer.advance(2000);
  assert.deepEqual(sent.slice(1).map(statusOf), [200, 200, 200, 200]);
});

test('a second attempt for what takes long takes no place that others wait for, nor one that is not there', async () => {
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        policy: 'first',
        endpoints: [
          { address: 'a:80', maxRequests: 2 },
          { address: 'b:80', maxRequests: 1 },
        ],
        hedge: { delay: '50ms' },
      },
    },
  });
  const [a, b] = ['a:80', 'b:80'].map((id) => balancer.endpoint(id));
  a.respond({ afterMs: 300 });
  b.respond({ afterMs: 300 });
  const sent = await sendOneByOne(balancer, 3);
  await balancer.advance(200);
  assert.deepEqual([a.requests.length, b.requests.length], [2, 1]);
  await balancer.advance(400);
  assert.deepEqual(new Set(sent.map(statusOf)), new Set([200]));
  const alone = balancer.send();
  await balancer.advance(200);
  assert.deepEqual([a.requests.length, b.requests.length], [3, 2]);
  await balancer.advance(300);
  assert.equal(statusOf(alone), 200);
  assert.equal(queueOf(balancer).inFlight, 0);
});

test('a pool that leaves the config lets go of those that wait for its places', async () => {
  await using balancer = await createTestBalancer(limited(1));
  balancer.endpoint('a:80').respond({ afterMs: 500 });
  const sent = await sendOneByOne(balancer, 2);
  await balancer.reload({ pools: { other: ['c:80'] } });
  await balancer.advance(600);
  assert.deepEqual(sent.map(statusOf), [200, 503]);
});
