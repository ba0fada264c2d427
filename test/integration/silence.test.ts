/** An endpoint that takes requests and answers none, while others answer: found in about a second, and nobody else is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConfigInput, PoolInput } from '../../src/config/config-input.ts';
import { createTestBalancer } from '../../src/testing/test-balancer.ts';
import type { PendingRequest, TestBalancer } from '../../src/testing/test-balancer.ts';
import type { EndpointAnswer } from '../../src/testing/test-endpoint.ts';

const ENDPOINTS = ['a:80', 'b:80', 'c:80'] as const;

function configOf(pool: Partial<PoolInput> = {}): ConfigInput<'web'> {
  return {
    routes: [{ pool: 'web' }],
    pools: { web: { policy: 'round-robin', endpoints: ENDPOINTS, retry: { attempts: 1 }, ...pool } },
  };
}

function ejected(balancer: TestBalancer): string[] {
  return balancer.events.flatMap(({ event }) =>
    'state' in event && event.state === 'ejected' ? [`${event.endpoint}: ${event.lastFailure}`] : [],
  );
}

/** Requests at this distance for so long. */
async function send(balancer: TestBalancer, forMs: number, everyMs: number, target = '/'): Promise<PendingRequest[]> {
  const sent: PendingRequest[] = [];
  for (let at = 0; at < forMs; at += everyMs) {
    sent.push(balancer.send({ target }));
    await balancer.advance(everyMs);
  }
  return sent;
}

async function answerIn(balancer: TestBalancer, answer: EndpointAnswer): Promise<void> {
  for (const id of ENDPOINTS) balancer.endpoint(id).respond(answer);
  await balancer.advance(0);
}

describe('a silent endpoint', () => {
  it('a silent endpoint is ejected when three requests are older than answers ever take, and none of its own has come', async () => {
    await using balancer = await createTestBalancer(configOf());
    await answerIn(balancer, { afterMs: 20 });
    await send(balancer, 3000, 10);
    balancer.endpoint('a:80').respond({ ending: 'never' });
    const frozenAt = balancer.elapsedMs;
    const sent = await send(balancer, 1500, 10);
    assert.deepEqual(ejected(balancer), ['a:80: silent']);
    const [{ atMs, event }] = balancer.events;
    assert.ok(atMs - frozenAt < 1400, `after ${atMs - frozenAt} ms`);
    assert.match('reason' in event ? event.reason : '', /^silent for 1\.\d s with \d+ requests while others answer/);
    for (const pending of sent) pending.leave();
  });

  it('a silent endpoint is not looked for before a hundred answers are known, or where silence is off', async () => {
    for (const [pool, before] of [
      [{}, 500],
      [{ ejection: { silence: 'off' } }, 3000],
    ] as const) {
      await using balancer = await createTestBalancer(configOf(pool));
      await answerIn(balancer, { afterMs: 20 });
      await send(balancer, before, 50);
      balancer.endpoint('a:80').respond({ ending: 'never' });
      const sent = await send(balancer, 1500, 50);
      assert.deepEqual(ejected(balancer), []);
      for (const pending of sent) pending.leave();
    }
  });

  it('a silent endpoint is ejected after the time that the config says', async () => {
    await using balancer = await createTestBalancer(configOf({ ejection: { silence: '3s' } }));
    await send(balancer, 1100, 100);
    balancer.endpoint('a:80').respond({ ending: 'never' });
    const frozenAt = balancer.elapsedMs;
    const sent = await send(balancer, 4000, 50);
    assert.deepEqual(ejected(balancer), ['a:80: silent']);
    const tookMs = balancer.events[0].atMs - frozenAt;
    assert.ok(tookMs > 2900 && tookMs < 3600, `after ${tookMs} ms`);
    for (const pending of sent) pending.leave();
  });

  it('a silent endpoint fails its trial as soon as an answer takes longer than they ever do', async () => {
    await using balancer = await createTestBalancer(configOf());
    await answerIn(balancer, { afterMs: 20 });
    await send(balancer, 3000, 10);
    balancer.endpoint('a:80').respond({ ending: 'never' });
    const sent = await send(balancer, 6000, 20);
    assert.deepEqual(ejected(balancer), ['a:80: silent', 'a:80: silent']);
    assert.match(balancer.stats().pools[0].endpoints[0].health.reason, /^its trial failed \(silent\): out for 4 s/);
    for (const pending of sent) pending.leave();
  });
});

describe('nobody is silent', () => {
  it('no endpoint is silent that is slower than ever, and still sends something', async () => {
    await using balancer = await createTestBalancer(configOf());
    await answerIn(balancer, { afterMs: 20 });
    await send(balancer, 3000, 10);
    balancer.endpoint('a:80').respond(({ target }) => ({ afterMs: target === '/slow' ? 5000 : 20 }));
    for (let round = 0; round < 20; round++) {
      balancer.send({ target: '/slow' });
      await send(balancer, 200, 20);
    }
    assert.deepEqual(ejected(balancer), []);
  });

  it('no endpoint is silent on a route with longPoll, however the others answer', async () => {
    await using balancer = await createTestBalancer({
      ...configOf(),
      routes: [{ match: { path: '/poll' }, pool: 'web', longPoll: 'on' }, { pool: 'web' }],
    });
    for (const id of ENDPOINTS) {
      balancer.endpoint(id).respond(({ target }) => (target === '/poll' ? { ending: 'never' } : { afterMs: 20 }));
    }
    await send(balancer, 3000, 20);
    const polls: PendingRequest[] = [];
    // To one endpoint nothing else goes meanwhile.
    for (let request = 0; request < 60; request++) {
      polls.push(balancer.send({ target: request % 3 === 0 ? '/poll' : '/' }));
      await balancer.advance(50);
    }
    await balancer.advance(1000);
    assert.deepEqual(ejected(balancer), []);
    for (const poll of polls) poll.leave();
  });

  it('no endpoint is silent where none of them answers: then the fault is elsewhere', async () => {
    await using balancer = await createTestBalancer(configOf());
    await answerIn(balancer, { afterMs: 20 });
    await send(balancer, 3000, 10);
    await answerIn(balancer, { ending: 'never' });
    const sent = await send(balancer, 3000, 20);
    assert.deepEqual(ejected(balancer), []);
    for (const pending of sent) pending.leave();
  });
});
