/**
 * How sessions of layer 4 find their endpoints: policies, failed connects, health, limits and queues, on time that the
 * test owns. What they carry is HTTP, which nobody on the way looks at.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PoolInput } from '../../src/config/config-input.ts';
import { createTestBalancer } from '../../src/testing/testing.ts';
import type { PendingRequest, TestBalancer } from '../../src/testing/testing.ts';

/** A pool `db` behind a listener of layer 4 alone. */
const alone = (rest: Partial<PoolInput> = {}) => ({
  listeners: { db: { address: ':5432', tcp: 'db' as const } },
  pools: { db: { policy: 'round-robin' as const, endpoints: ['a:80', 'b:80'], ...rest } },
});

/** The same behind a listener of HTTP as well. */
const shared = (rest: Partial<PoolInput> = {}) => {
  const { listeners, pools } = alone(rest);
  return { listeners: { ...listeners, web: ':80' }, pools };
};

const DB = { listener: 'db' };
const WEB = { listener: 'web' };

function bodyOf({ outcome }: PendingRequest): string | null {
  return outcome === null || outcome === 'connection-lost' ? outcome : outcome.body;
}

/** What a session got, once it has it: its endpoint's name, or `connection-lost`. */
async function ask(balancer: TestBalancer, request: object = {}): Promise<string> {
  const pending = balancer.send({ ...DB, ...request });
  for (let waits = 0; waits < 1200 && pending.outcome === null; waits++) await balancer.advance(100);
  return bodyOf(pending) ?? 'nothing';
}

function endpointOf(balancer: TestBalancer, index = 0) {
  return balancer.stats().pools[0].endpoints[index];
}

function stateOf(balancer: TestBalancer, index = 0): string {
  return endpointOf(balancer, index).health.state;
}

/** Reasons that were told of failed sessions. */
function reasonsOf({ events }: TestBalancer): string[] {
  return events.flatMap((each) => (each.name === 'failure' ? [each.event.reason] : []));
}

test('sessions go to the endpoints in turn, and each is counted there while it lasts', async () => {
  await using balancer = await createTestBalancer(alone());
  const answers = [];
  for (let index = 0; index < 4; index++) answers.push(await ask(balancer));
  assert.deepEqual(answers.toSorted(), ['a:80', 'a:80', 'b:80', 'b:80']);
  balancer.endpoint('a:80').respond({ ending: 'never' });
  balancer.endpoint('b:80').respond({ ending: 'never' });
  const pending = [balancer.send(DB), balancer.send(DB)];
  await balancer.advance(10);
  assert.deepEqual([endpointOf(balancer, 0).inFlight, endpointOf(balancer, 1).inFlight], [1, 1]);
  for (const each of pending) each.leave();
  await balancer.advance(10);
  const { inFlight, attempts, connects, idleConnections } = endpointOf(balancer);
  assert.deepEqual([inFlight, attempts, connects, idleConnections], [0, 3, 3, 0]);
});

test('least-connections compares the sessions that are open', async () => {
  await using balancer = await createTestBalancer(alone({ policy: 'least-connections' }));
  balancer.endpoint('a:80').respond({ ending: 'never' });
  balancer.endpoint('b:80').respond({ body: 'b:80' });
  const first = balancer.send(DB);
  const second = balancer.send(DB);
  await balancer.advance(10);
  assert.deepEqual([bodyOf(first), bodyOf(second)].toSorted(), ['b:80', null]);
  for (let index = 0; index < 5; index++) assert.equal(await ask(balancer), 'b:80');
});

test('a hash by the address of the client keeps each client at its endpoint', async () => {
  const endpoints = ['a:80', 'b:80', 'c:80', 'd:80'];
  await using balancer = await createTestBalancer(alone({ policy: { hash: 'client' }, endpoints }));
  const seen = new Set<string>();
  for (let client = 1; client <= 20; client++) {
    const from = `192.0.2.${client}`;
    const answers = [await ask(balancer, { from }), await ask(balancer, { from }), await ask(balancer, { from })];
    assert.equal(new Set(answers).size, 1, `${from}: ${answers.join(', ')}`);
    seen.add(answers[0]);
  }
  assert.ok(seen.size > 1, 'all clients are at one endpoint');
});

test('a refused connect moves on at once, and the endpoint is out after a few', async () => {
  await using balancer = await createTestBalancer(alone());
  balancer.endpoint('a:80').kill();
  for (let index = 0; index < 12; index++) assert.equal(await ask(balancer), 'b:80');
  const { failures, moves, retries } = endpointOf(balancer);
  assert.deepEqual([failures, moves, retries], [5, 5, 0]);
  assert.notEqual(stateOf(balancer), 'healthy');
  balancer.endpoint('a:80').recover();
  await balancer.advance(3000);
  assert.equal(await ask(balancer), 'a:80');
  assert.equal(stateOf(balancer), 'healthy');
  assert.deepEqual([await ask(balancer), await ask(balancer)].toSorted(), ['a:80', 'b:80']);
});

test('a connect that nobody answers goes on elsewhere after its time, within attempts', async () => {
  await using balancer = await createTestBalancer(alone({ retry: { attempts: 2 }, queue: 'off' }));
  balancer.endpoint('a:80').vanish();
  const before = balancer.elapsedMs;
  assert.deepEqual([await ask(balancer), await ask(balancer)], ['b:80', 'b:80']);
  assert.ok(balancer.elapsedMs - before >= 2000, `${balancer.elapsedMs - before} ms`);
  assert.deepEqual([endpointOf(balancer, 0).retries, endpointOf(balancer, 1).retries], [2, 0]);
  balancer.endpoint('b:80').vanish();
  assert.equal(await ask(balancer), 'connection-lost');
  assert.deepEqual(reasonsOf(balancer), ['connect-timeout']);
});

test('a connect that nobody answers is followed by no other one where the retry budget is spent', async () => {
  const retry = { budget: { share: 'off' as const, floor: 'off' as const } };
  await using balancer = await createTestBalancer(alone({ retry, queue: 'off' }));
  balancer.endpoint('a:80').vanish();
  const answers = [await ask(balancer), await ask(balancer)];
  assert.deepEqual(answers.toSorted(), ['b:80', 'connection-lost']);
  assert.equal(endpointOf(balancer).budgetSpent, 1);
});

test('a session whose endpoint has taken the connect never moves, and its end counts against nobody', async () => {
  await using balancer = await createTestBalancer(alone());
  for (const id of ['a:80', 'b:80']) balancer.endpoint(id).respond({ ending: 'reset' });
  for (let index = 0; index < 20; index++) assert.equal(await ask(balancer), 'connection-lost');
  assert.deepEqual([endpointOf(balancer, 0).failures, endpointOf(balancer, 1).failures], [0, 0]);
  assert.equal(endpointOf(balancer, 0).attempts + endpointOf(balancer, 1).attempts, 20);
  assert.deepEqual(reasonsOf(balancer), []);
});

test('an endpoint that was silent to connects is tried by one session when its ejection is over', async () => {
  await using balancer = await createTestBalancer(alone());
  balancer.endpoint('a:80').vanish();
  for (let index = 0; index < 12; index++) assert.equal(await ask(balancer), 'b:80');
  assert.equal(stateOf(balancer), 'ejected');
  await balancer.advance(2300);
  assert.equal(stateOf(balancer), 'trial');
  balancer.endpoint('a:80').recover();
  assert.equal(await ask(balancer), 'a:80');
  assert.equal(stateOf(balancer), 'healthy');
});

test('a session is no trial of an endpoint that is out for its answers', async () => {
  await using balancer = await createTestBalancer(shared());
  balancer.endpoint('a:80').respond({ status: 503 });
  for (let index = 0; index < 30 && stateOf(balancer) !== 'ejected'; index++) await balancer.request(WEB);
  await balancer.advance(2300);
  assert.equal(stateOf(balancer), 'trial');
  balancer.endpoint('a:80').respond({ body: 'a:80' });
  for (let index = 0; index < 4; index++) assert.equal(await ask(balancer), 'b:80');
  assert.equal(stateOf(balancer), 'trial');
  assert.equal((await balancer.request(WEB)).body, 'a:80');
  assert.equal(stateOf(balancer), 'healthy');
});

test('a connect of a session does not end a row of broken answers', async () => {
  await using balancer = await createTestBalancer(shared({ endpoints: ['a:80', 'b:80', 'c:80'], retry: 'off' }));
  balancer.endpoint('a:80').respond(({ target }) => ({ ending: target === '/' ? 'reset' : 'whole' }));
  // The same of others, so that what they say of such requests is known.
  for (let index = 0; index < 6; index++) await balancer.request({ ...WEB, target: '/known' });
  for (let index = 0; index < 60 && stateOf(balancer) === 'healthy'; index++) {
    await balancer.request(WEB);
    for (let session = 0; session < 3; session++) await ask(balancer, { target: '/known' });
  }
  assert.equal(stateOf(balancer), 'ejected');
});

test('while no endpoint can be reached sessions wait, and go on when one is back', async () => {
  await using balancer = await createTestBalancer(alone());
  assert.equal(await ask(balancer), 'a:80');
  for (const id of ['a:80', 'b:80']) balancer.endpoint(id).kill();
  const pending = [];
  for (let index = 0; index < 10; index++) {
    pending.push(balancer.send(DB));
    await balancer.advance(100);
  }
  assert.deepEqual(new Set(pending.map(bodyOf)), new Set([null]));
  assert.equal(balancer.stats().pools[0].queue.held, 10);
  balancer.endpoint('b:80').recover();
  await balancer.advance(2000);
  assert.deepEqual(new Set(pending.map(bodyOf)), new Set(['b:80']));
  assert.equal(balancer.stats().pools[0].queue.held, 0);
});

test('a pool that never took a connect is waited for no longer than a second', async () => {
  await using balancer = await createTestBalancer(alone());
  for (const id of ['a:80', 'b:80']) balancer.endpoint(id).kill();
  const pending = balancer.send(DB);
  await balancer.advance(900);
  assert.equal(pending.outcome, null);
  await balancer.advance(300);
  assert.equal(pending.outcome, 'connection-lost');
  assert.deepEqual(reasonsOf(balancer), ['connect-failed']);
});

test('a session waits for a connection where its endpoint has as many as it may, and gets the next', async () => {
  await using balancer = await createTestBalancer(alone({ endpoints: ['a:80'], maxConnections: 1 }));
  balancer.endpoint('a:80').respond({ body: 'a:80', afterMs: 500 });
  const pending = [balancer.send(DB), balancer.send(DB), balancer.send(DB)];
  await balancer.advance(400);
  assert.equal(balancer.endpoint('a:80').connectionCount, 1);
  await balancer.advance(800);
  assert.deepEqual(pending.map(bodyOf), ['a:80', 'a:80', null]);
  await balancer.advance(500);
  assert.equal(bodyOf(pending[2]), 'a:80');
  balancer.endpoint('a:80').respond({ ending: 'never' });
  const late = [balancer.send(DB), balancer.send(DB)];
  await balancer.advance(2200);
  assert.deepEqual(late.map(bodyOf), [null, 'connection-lost']);
  assert.deepEqual(reasonsOf(balancer), ['queue-timeout']);
});

test('an idle connection of HTTP makes room for a session, which never gets it', async () => {
  await using balancer = await createTestBalancer(shared({ endpoints: ['a:80'], maxConnections: 1 }));
  assert.equal((await balancer.request(WEB)).body, 'a:80');
  assert.equal(endpointOf(balancer).idleConnections, 1);
  assert.equal(await ask(balancer), 'a:80');
  assert.equal(endpointOf(balancer).connects, 2);
  balancer.endpoint('a:80').respond({ body: 'a:80', afterMs: 300 });
  const request = balancer.send(WEB);
  await balancer.advance(10);
  const session = balancer.send(DB);
  await balancer.advance(1000);
  assert.deepEqual([bodyOf(request), bodyOf(session)], ['a:80', 'a:80']);
  assert.equal(endpointOf(balancer).connects, 4);
});

test('sessions beyond maxRequests wait in turn, and no longer than their time', async () => {
  const endpoints = [{ address: 'a:80', maxRequests: 1 }];
  await using balancer = await createTestBalancer(alone({ endpoints, queue: { timeout: '1s', target: 'off' } }));
  balancer.endpoint('a:80').respond(({ target }) => ({ body: target, afterMs: 400 }));
  const pending = [];
  for (let index = 0; index < 4; index++) {
    pending.push(balancer.send({ ...DB, target: `/${index}` }));
    await balancer.advance(10);
  }
  assert.equal(balancer.stats().pools[0].queue.waiting, 3);
  await balancer.advance(2000);
  assert.deepEqual(pending.map(bodyOf), ['/0', '/1', '/2', 'connection-lost']);
  assert.deepEqual(reasonsOf(balancer), ['queue-timeout']);
  assert.equal(balancer.stats().pools[0].queue.timedOut, 1);
});

test('a session in the queue is let go when its endpoint has left, and ends where its pool has', async () => {
  const endpoints = [{ address: 'a:80', maxRequests: 1 }];
  await using balancer = await createTestBalancer(alone({ endpoints }));
  balancer.endpoint('a:80').respond({ ending: 'never' });
  const pending = [balancer.send(DB), balancer.send(DB)];
  await balancer.advance(100);
  await balancer.reload(alone({ endpoints: ['b:80'] }));
  await balancer.advance(100);
  assert.deepEqual(pending.map(bodyOf), [null, 'b:80']);
});

test('a session that waits for a connection of an endpoint goes elsewhere when that one leaves the config', async () => {
  const limits = { maxConnections: 1, policy: 'first' as const };
  await using balancer = await createTestBalancer(alone({ ...limits, endpoints: ['a:80'] }));
  balancer.endpoint('a:80').respond({ ending: 'never' });
  const pending = [balancer.send(DB), balancer.send(DB)];
  await balancer.advance(100);
  await balancer.reload(alone({ ...limits, endpoints: ['b:80'] }));
  await balancer.advance(100);
  assert.deepEqual(pending.map(bodyOf), [null, 'b:80']);
  assert.equal(balancer.endpoint('b:80').connectionCount, 0);
});

test('what is connected to an endpoint that has left the config has the drain time', async () => {
  const timeouts = { drain: '5s' as const };
  await using balancer = await createTestBalancer({ ...alone(), timeouts });
  balancer.endpoint('a:80').respond({ ending: 'never' });
  balancer.endpoint('b:80').respond({ ending: 'never' });
  const pending = [balancer.send(DB), balancer.send(DB)];
  await balancer.advance(100);
  await balancer.reload({ ...alone({ endpoints: ['b:80'] }), timeouts });
  await balancer.advance(4500);
  assert.deepEqual(pending.map(bodyOf), [null, null]);
  await balancer.advance(1000);
  assert.deepEqual(pending.map(bodyOf).toSorted(), ['connection-lost', null].toSorted());
  for (const each of pending) each.leave();
});

test('a session that is connecting to an endpoint whose check fails moves off it', async () => {
  const check = { tcp: {}, interval: '1s' as const, timeout: '500ms' as const, fall: 1 };
  await using balancer = await createTestBalancer({
    ...alone({ check, policy: 'first' }),
    timeouts: { connect: '20s' },
  });
  await balancer.advance(100);
  balancer.endpoint('a:80').vanish();
  const pending = balancer.send(DB);
  await balancer.advance(4000);
  assert.equal(bodyOf(pending), 'b:80');
  assert.equal(endpointOf(balancer).moves, 1);
});

test('a client that leaves while it waits for its pool leaves nothing behind', async () => {
  const endpoints = [{ address: 'a:80', maxRequests: 1 }];
  await using balancer = await createTestBalancer(alone({ endpoints }));
  balancer.endpoint('a:80').respond({ ending: 'never' });
  const pending = [balancer.send(DB), balancer.send(DB)];
  await balancer.advance(100);
  assert.equal(balancer.stats().pools[0].queue.waiting, 1);
  for (const each of pending) each.leave();
  await balancer.advance(100);
  assert.equal(balancer.stats().pools[0].queue.waiting, 0);
  assert.equal(endpointOf(balancer).inFlight, 0);
  assert.equal(balancer.stats().memory.keptBytes, 0);
});

test('a circuit breaker counts failed connects of sessions, and keeps them off while it is open', async () => {
  const breaker = { failures: '50%' as const, requests: 5, window: '10s' as const, failFast: 'on' as const };
  await using balancer = await createTestBalancer(
    alone({ endpoints: ['a:80'], breaker, ejection: 'off', queue: 'off', retry: 'off' }),
  );
  balancer.endpoint('a:80').kill();
  for (let index = 0; index < 8; index++) assert.equal(await ask(balancer), 'connection-lost');
  assert.ok(reasonsOf(balancer).includes('breaker-open'), reasonsOf(balancer).join());
});
