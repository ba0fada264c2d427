/** Circuit breakers through a whole balancer: who is left alone, who is let through, and what clients are told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolInput } from '../../src/config/config-input.ts';
import { createTestBalancer } from '../../src/testing/test-balancer.ts';
import type { TestBalancer } from '../../src/testing/test-balancer.ts';

type Breaker = Exclude<PoolInput['breaker'], string | boolean | undefined>;

function pool(breaker: Breaker, rest: Partial<PoolInput> = {}): { pools: { web: PoolInput } } {
  const endpoints = ['a:80', 'b:80', 'c:80'];
  return { pools: { web: { policy: 'round-robin', endpoints, ejection: 'off', retry: 'off', breaker, ...rest } } };
}

const ALONE: Partial<PoolInput> = { endpoints: ['a:80'] };

function stateOf(balancer: TestBalancer, index = 0): string {
  return balancer.stats().pools[0].endpoints[index].health.state;
}

async function untilState(balancer: TestBalancer, state: string): Promise<void> {
  for (let ms = 0; ms < 120_000 && stateOf(balancer) !== state; ms += 100) await balancer.advance(100);
  assert.equal(stateOf(balancer), state);
}

async function openFirst(balancer: TestBalancer): Promise<void> {
  balancer.endpoint('a:80').respond({ status: 503 });
  for (let request = 0; request < 60 && stateOf(balancer) !== 'open'; request++) await balancer.request();
  assert.equal(stateOf(balancer), 'open');
}

describe('an endpoint whose circuit breaker is open', () => {
  it('an endpoint whose circuit breaker is open gets nothing, then its probes alone, and its share again when they are answered well', async () => {
    await using balancer = await createTestBalancer(pool({}));
    await openFirst(balancer);
    const a = balancer.endpoint('a:80');
    const failed = a.requests.length;
    for (let request = 0; request < 30; request++) assert.equal((await balancer.request()).status, 200);
    assert.equal(a.requests.length, failed);
    a.respond({ body: 'a:80', afterMs: 200 });
    await untilState(balancer, 'probing');
    const pending = Array.from({ length: 12 }, () => balancer.send());
    await balancer.advance(100);
    assert.equal(a.requests.length, failed + 3);
    assert.equal(stateOf(balancer), 'probing');
    await balancer.advance(100);
    assert.equal(stateOf(balancer), 'healthy');
    assert.equal(pending.filter(({ outcome }) => outcome !== null).length, 12);
    for (let request = 0; request < 30; request++) await balancer.request();
    assert.equal(a.requests.length, failed + 13);
  });

  it('an endpoint whose circuit breaker is open is left alone for twice as long when a probe fails, with that one request spent', async () => {
    await using balancer = await createTestBalancer(pool({}));
    await openFirst(balancer);
    await untilState(balancer, 'probing');
    assert.equal((await balancer.request()).status, 503);
    assert.equal(stateOf(balancer), 'open');
    await balancer.advance(8900);
    for (let request = 0; request < 9; request++) assert.equal((await balancer.request()).status, 200);
    await balancer.advance(2200);
    assert.equal(stateOf(balancer), 'probing');
  });

  it('an endpoint whose circuit breaker is open has as many probes still when the clients of some have left', async () => {
    await using balancer = await createTestBalancer(pool({ probes: 2 }));
    await openFirst(balancer);
    balancer.endpoint('a:80').respond({ ending: 'never' });
    await untilState(balancer, 'probing');
    const pending = balancer.send();
    await balancer.advance(100);
    pending.leave();
    await balancer.advance(100);
    balancer.endpoint('a:80').recover();
    await balancer.request();
    assert.equal(stateOf(balancer), 'probing');
    await balancer.request();
    assert.equal(stateOf(balancer), 'healthy');
  });

  it('an endpoint whose circuit breaker is open is told of in stats: since when, why, and until when', async () => {
    await using balancer = await createTestBalancer(pool({ time: '30s' }));
    await openFirst(balancer);
    const { health } = balancer.stats().pools[0].endpoints[0];
    assert.match(health.reason, /^5 failures in a row \(status\): open for (2[789]|3[0123]) s$/);
    const leftMs = (health.ejectedUntil ?? 0) - health.since;
    assert.ok(leftMs >= 27_000 && leftMs <= 33_000);
    assert.equal(health.transitions.at(-1)?.to, 'open');
  });

  it('an endpoint whose circuit breaker is open is tried all the same where health leaves no other', async () => {
    await using balancer = await createTestBalancer(pool({}, { check: { http: '/healthz', interval: '1s' } }));
    await openFirst(balancer);
    for (const id of ['b:80', 'c:80']) balancer.endpoint(id).check = 'fails';
    await balancer.advance(10_000);
    balancer.endpoint('a:80').recover();
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => balancer.request()));
    assert.ok(answers.every(({ status }) => status === 200));
  });
});

describe('a circuit breaker is not opened', () => {
  it('a circuit breaker is not opened by clients that leave, however many', async () => {
    await using balancer = await createTestBalancer(pool({ failFast: true }));
    for (const id of ['a:80', 'b:80', 'c:80']) balancer.endpoint(id).respond({ ending: 'never' });
    for (let round = 0; round < 20; round++) {
      const pending = Array.from({ length: 10 }, () => balancer.send());
      await balancer.advance(20);
      for (const request of pending) request.leave();
    }
    await balancer.advance(2000);
    assert.deepEqual(
      [0, 1, 2].map((index) => stateOf(balancer, index)),
      ['healthy', 'healthy', 'healthy'],
    );
  });

  it('a circuit breaker is not opened by a path that every server answers with an error, whoever asks for it', async () => {
    await using balancer = await createTestBalancer(pool({}));
    for (const id of ['a:80', 'b:80', 'c:80']) balancer.endpoint(id).respond({ status: 503 });
    for (let request = 0; request < 150; request++) await balancer.request();
    assert.deepEqual(
      [0, 1, 2].map((index) => stateOf(balancer, index)),
      ['healthy', 'healthy', 'healthy'],
    );
  });

  it('a circuit breaker is not opened by statuses that the pool does not list', async () => {
    await using balancer = await createTestBalancer(pool({ failFast: true }, ALONE));
    balancer.endpoint('a:80').respond({ status: 500 });
    for (let request = 0; request < 50; request++) assert.equal((await balancer.request()).status, 500);
    assert.equal(stateOf(balancer), 'healthy');
  });
});

describe('a circuit breaker that fails fast', () => {
  it('a circuit breaker that fails fast answers 503 breaker-open at once, be panic on or off, and counts it', async () => {
    for (const panic of ['on', 'off'] as const) {
      await using balancer = await createTestBalancer(pool({ failFast: 'on' }, { ...ALONE, panic }));
      await openFirst(balancer);
      const asked = balancer.endpoint('a:80').requests.length;
      for (let request = 0; request < 10; request++) {
        const { status, reason, tookMs, headers } = await balancer.request();
        assert.deepEqual([status, reason, tookMs, headers['retry-after']], [503, 'breaker-open', 0, '1']);
      }
      assert.equal(balancer.endpoint('a:80').requests.length, asked);
      assert.equal(balancer.stats().routes[0].breakerOpen, 10);
    }
  });

  it('a circuit breaker that fails fast takes any request for a probe where there is no other endpoint, and answers the others at once', async () => {
    await using balancer = await createTestBalancer(pool({ failFast: 'on', probes: 2 }, ALONE));
    await openFirst(balancer);
    balancer.endpoint('a:80').respond({ body: 'a:80', afterMs: 50 });
    await untilState(balancer, 'probing');
    const pending = Array.from({ length: 4 }, () => balancer.send({ method: 'POST', body: 'x' }));
    await balancer.advance(0);
    const reasons = pending.map(({ outcome }) =>
      outcome === null || outcome === 'connection-lost' ? '' : outcome.reason,
    );
    assert.deepEqual(reasons, ['', '', 'breaker-open', 'breaker-open']);
    await balancer.advance(50);
    assert.equal(stateOf(balancer), 'healthy');
    assert.equal((await balancer.request({ method: 'POST', body: 'x' })).status, 200);
  });

  it('a circuit breaker that fails fast says of panic that no endpoint is tried', async () => {
    await using balancer = await createTestBalancer(pool({ failFast: 'on' }, ALONE));
    await openFirst(balancer);
    const [{ event: begun }] = balancer.eventsOf('panic');
    assert.deepEqual([begun.phase, begun.triesAnyway, begun.failsFast], ['begin', false, true]);
  });

  it('a circuit breaker that fails fast lets an endpoint go on that is unhealthy, and leaves the one alone whose breaker is open', async () => {
    const check = { http: '/healthz', interval: '1s' } as const;
    await using balancer = await createTestBalancer(pool({ failFast: 'on' }, { endpoints: ['a:80', 'b:80'], check }));
    await openFirst(balancer);
    balancer.endpoint('b:80').check = 'fails';
    await balancer.advance(4000);
    assert.deepEqual([stateOf(balancer, 0), stateOf(balancer, 1)], ['open', 'unhealthy']);
    for (let request = 0; request < 6; request++) assert.equal((await balancer.request()).body, 'b:80');
  });
});

describe('a breaker that a pool does not have', () => {
  it('a pool without a circuit breaker opens none', async () => {
    await using balancer = await createTestBalancer({
      pools: { web: { policy: 'round-robin', endpoints: ['a:80', 'b:80'], ejection: 'off', retry: 'off' } },
    });
    balancer.endpoint('a:80').respond({ status: 503 });
    for (let request = 0; request < 100; request++) await balancer.request();
    assert.equal(stateOf(balancer), 'healthy');
  });
});
