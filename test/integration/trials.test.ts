/** The end of an ejection: one request decides, whatever the policy, and nobody else pays for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolInput } from '../../src/config/config-input.ts';
import { createTestBalancer } from '../../src/testing/test-balancer.ts';
import type { TestBalancer } from '../../src/testing/test-balancer.ts';
import type { EndpointAnswer } from '../../src/testing/test-endpoint.ts';

const ENDPOINTS = ['a:80', 'b:80', 'c:80'] as const;

function poolOf(rest: Partial<PoolInput> = {}): { pools: { web: PoolInput } } {
  return { pools: { web: { policy: 'round-robin', endpoints: ENDPOINTS, ...rest } } };
}

function stateOf(balancer: TestBalancer): string {
  return balancer.stats().pools[0].endpoints[0].health.state;
}

/** Gets `a:80` ejected by answers of this kind; they reach no client where they are retried. */
async function ejectFirst(balancer: TestBalancer, answer: EndpointAnswer): Promise<void> {
  balancer.endpoint('a:80').respond(answer);
  for (let request = 0; request < 30 && stateOf(balancer) !== 'ejected'; request++) await balancer.request();
  assert.equal(stateOf(balancer), 'ejected');
}

async function untilTrial(balancer: TestBalancer): Promise<number> {
  await balancer.advance(2300);
  assert.equal(stateOf(balancer), 'trial');
  return balancer.endpoint('a:80').requests.length;
}

describe('a trial', () => {
  it('a trial is the next request that may be repeated, and its answer brings the endpoint back', async () => {
    await using balancer = await createTestBalancer(poolOf());
    await ejectFirst(balancer, { status: 503 });
    const asked = balancer.endpoint('a:80').requests.length;
    for (let request = 0; request < 6; request++) assert.notEqual((await balancer.request()).body, 'a:80');
    assert.equal(await untilTrial(balancer), asked);
    assert.notEqual((await balancer.request({ method: 'POST', body: 'x' })).body, 'a:80', 'a POST may not be lost');
    balancer.endpoint('a:80').respond({ body: 'a:80' });
    assert.equal((await balancer.request()).body, 'a:80');
    assert.equal(stateOf(balancer), 'healthy');
  });

  it('a trial that fails ejects for longer, with one request spent', async () => {
    await using balancer = await createTestBalancer(poolOf());
    await ejectFirst(balancer, { status: 503 });
    const asked = await untilTrial(balancer);
    assert.equal((await balancer.request()).status, 503);
    assert.equal(stateOf(balancer), 'ejected');
    await balancer.advance(3000);
    for (let request = 0; request < 9; request++) assert.equal((await balancer.request()).status, 200);
    assert.equal(balancer.endpoint('a:80').requests.length, asked + 1);
    assert.match(balancer.stats().pools[0].endpoints[0].health.reason, /^its trial failed \(status\): out for 4 s$/);
  });

  it('a trial is still due when a reload gives the pool a larger table, be it taken or not', async () => {
    const more = Array.from({ length: 100 }, (_, index) => `more-${index}:80`);
    for (const afterMs of [0, 1000]) {
      await using balancer = await createTestBalancer(poolOf());
      await ejectFirst(balancer, { status: 503 });
      await untilTrial(balancer);
      balancer.endpoint('a:80').respond({ afterMs });
      if (afterMs > 0) balancer.send();
      await balancer.advance(10);
      await balancer.reload(poolOf({ endpoints: [...ENDPOINTS, ...more] }));
      assert.equal(stateOf(balancer), 'trial');
      await balancer.request();
      assert.equal(stateOf(balancer), 'healthy');
    }
  });

  it('trials of an endpoint come one at a time', async () => {
    await using balancer = await createTestBalancer(poolOf());
    await ejectFirst(balancer, { status: 503 });
    const asked = await untilTrial(balancer);
    balancer.endpoint('a:80').respond({ afterMs: 3000 });
    const pending = Array.from({ length: 30 }, () => balancer.send());
    await balancer.advance(2000);
    assert.equal(pending.filter(({ outcome }) => outcome !== null).length, 29);
    assert.equal(balancer.endpoint('a:80').requests.length, asked + 1);
    await balancer.advance(2000);
    assert.equal(stateOf(balancer), 'healthy');
  });

  it('a trial takes a POST when nothing else has come for a second', async () => {
    await using balancer = await createTestBalancer(poolOf());
    await ejectFirst(balancer, { status: 503 });
    balancer.endpoint('a:80').respond({ body: 'a:80' });
    await balancer.advance(3500);
    assert.equal(stateOf(balancer), 'trial');
    assert.equal((await balancer.request({ method: 'POST', body: 'x' })).body, 'a:80');
    assert.equal(stateOf(balancer), 'healthy');
  });

  it('a trial takes no large body at once, which could not be sent again', async () => {
    await using balancer = await createTestBalancer(poolOf());
    await ejectFirst(balancer, { status: 503 });
    await untilTrial(balancer);
    balancer.endpoint('a:80').respond({ body: 'a:80' });
    assert.notEqual((await balancer.request({ method: 'PUT', body: 'x'.repeat(70_000) })).body, 'a:80');
    assert.equal((await balancer.request({ method: 'PUT', body: 'x' })).body, 'a:80');
  });

  it('a trial after resets asks for the whole answer', async () => {
    await using balancer = await createTestBalancer(poolOf());
    await ejectFirst(balancer, { ending: 'reset' });
    await untilTrial(balancer);
    balancer.endpoint('a:80').respond({ body: 'x'.repeat(100_000), ending: 'reset-in-body' });
    await balancer.request().catch(() => {});
    assert.equal(stateOf(balancer), 'ejected');
    await balancer.advance(4500);
    assert.equal(stateOf(balancer), 'trial');
    balancer.endpoint('a:80').respond({ body: 'whole' });
    assert.equal((await balancer.request()).body, 'whole');
    assert.equal(stateOf(balancer), 'healthy');
  });

  it('a trial without a first byte within a quarter of responseHead has failed as silent', async () => {
    await using balancer = await createTestBalancer(poolOf({ timeouts: { responseHead: '8s' } }));
    await ejectFirst(balancer, { status: 503 });
    await untilTrial(balancer);
    balancer.endpoint('a:80').respond({ ending: 'never' });
    const pending = balancer.send();
    await balancer.advance(1900);
    assert.equal(stateOf(balancer), 'trial');
    await balancer.advance(200);
    assert.equal(stateOf(balancer), 'ejected');
    assert.match(balancer.stats().pools[0].endpoints[0].health.reason, /^its trial failed \(silent\)/);
    pending.leave();
  });

  it('a trial whose client leaves says nothing; the third of these ejects', async () => {
    await using balancer = await createTestBalancer(poolOf());
    await ejectFirst(balancer, { status: 503 });
    const asked = await untilTrial(balancer);
    balancer.endpoint('a:80').respond({ ending: 'never' });
    for (let time = 1; time <= 3; time++) {
      const pending = balancer.send();
      await balancer.advance(100);
      assert.equal(stateOf(balancer), 'trial');
      pending.leave();
      await balancer.advance(100);
      assert.equal(balancer.endpoint('a:80').requests.length, asked + time);
    }
    assert.equal(stateOf(balancer), 'ejected');
  });

  it('a trial waits without traffic for as long as it takes', async () => {
    await using balancer = await createTestBalancer(poolOf());
    await ejectFirst(balancer, { status: 503 });
    await balancer.advance(60_000);
    assert.equal(stateOf(balancer), 'trial');
    balancer.endpoint('a:80').respond({ body: 'a:80' });
    assert.equal((await balancer.request()).body, 'a:80');
  });

  it('a trial of a pool that hashes takes none of a key that belongs elsewhere', async () => {
    await using balancer = await createTestBalancer(poolOf({ policy: { hash: { key: 'header.x-user' } } }));
    const owners = new Map<string, string>();
    for (let user = 0; user < 20; user++) {
      const headers = { 'x-user': String(user) };
      owners.set(String(user), (await balancer.request({ headers })).body);
    }
    const of = (owner: string): string => [...owners].find(([, one]) => one === owner)?.[0] ?? '';
    balancer.endpoint('a:80').respond({ status: 503 });
    while (stateOf(balancer) !== 'ejected') await balancer.request({ headers: { 'x-user': of('a:80') } });
    await untilTrial(balancer);
    balancer.endpoint('a:80').respond({ body: 'a:80' });
    for (const owner of ['b:80', 'c:80']) {
      assert.equal((await balancer.request({ headers: { 'x-user': of(owner) } })).body, owner);
    }
    assert.equal((await balancer.request({ headers: { 'x-user': of('a:80') } })).body, 'a:80');
    assert.equal(stateOf(balancer), 'healthy');
  });
});

describe('the only endpoint that is not ejected', () => {
  it('requests that the only endpoint that is not ejected refuses go to one that is', async () => {
    await using balancer = await createTestBalancer(poolOf({ endpoints: ['a:80', 'b:80'] }));
    await ejectFirst(balancer, { status: 503 });
    balancer.endpoint('a:80').respond({ body: 'back' });
    balancer.endpoint('b:80').kill();
    for (let request = 0; request < 6; request++) {
      assert.equal((await balancer.request({ method: 'POST', body: 'x' })).body, 'back');
    }
    assert.equal(stateOf(balancer), 'ejected');
  });
});
