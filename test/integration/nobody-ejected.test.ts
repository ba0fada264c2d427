/** What looks like a fault and is none: nobody healthy is ejected for it, and nothing is executed twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigInput, PoolInput } from '../../src/config/config-input.ts';
import { createTestBalancer } from '../../src/testing/test-balancer.ts';
import type { PendingRequest, TestBalancer } from '../../src/testing/test-balancer.ts';
import type { TestAnswer, TestRequest } from '../../src/testing/test-client.ts';
import type { EndpointAnswer, EndpointRequest } from '../../src/testing/test-endpoint.ts';

const ENDPOINTS = ['a:80', 'b:80', 'c:80'] as const;

/** Two failures would do, and whatever may be sent again is. */
const EAGER: Partial<PoolInput> = {
  ejection: { failures: 2 },
  retry: { retryOn: ['connect', 'reset', 'timeout', 503] },
};
const POOLS: Readonly<Record<string, Partial<PoolInput>>> = {
  'with the defaults': {},
  'with every retry on, and an ejection after two failures': EAGER,
};

/** So that an endpoint may have nothing but what takes long, while others answer. */
const BY_USER: Partial<PoolInput> = { policy: { hash: { key: 'header.x-user', boundedLoad: 'off' } } };

function configOf(pool: Partial<PoolInput>): ConfigInput<'web'> {
  return { routes: [{ pool: 'web' }], pools: { web: { policy: 'round-robin', endpoints: ENDPOINTS, ...pool } } };
}

/** Clients of a pool whose endpoints answer as `answer` says; each request has a number of its own. */
class Traffic {
  readonly sent: PendingRequest[] = [];
  readonly #balancer: TestBalancer;

  constructor(balancer: TestBalancer, answer: (request: EndpointRequest) => EndpointAnswer) {
    this.#balancer = balancer;
    for (const id of ENDPOINTS) balancer.endpoint(id).respond((request) => ({ body: id, ...answer(request) }));
  }

  /** Users by the endpoint that a pool with {@link BY_USER} binds them to. */
  async users(): Promise<ReadonlyMap<string, string>> {
    const sent = Array.from({ length: 20 }, (_, user) => this.send({ headers: { 'x-user': String(user) } }));
    await this.#balancer.advance(100);
    return new Map(sent.map(({ outcome }, user) => [(outcome as TestAnswer).body, String(user)]));
  }

  send({ headers, ...request }: TestRequest): PendingRequest {
    const pending = this.#balancer.send({ ...request, headers: { ...headers, 'x-number': String(this.sent.length) } });
    this.sent.push(pending);
    return pending;
  }

  /** Requests at this distance for so long, every fourth a POST. */
  async flow(forMs: number, everyMs: number, of: (index: number) => TestRequest = () => ({})): Promise<void> {
    for (let index = 0; index * everyMs < forMs; index++) {
      const isPost = index % 4 === 3;
      this.send({ ...of(index), ...(isPost ? { method: 'POST', body: 'order' } : {}) });
      await this.#balancer.advance(everyMs);
    }
  }

  /** All have been answered like this, no endpoint was out at any time, and none got a request that another had got. */
  async end(isRight: (status: number) => boolean = (status) => status === 200): Promise<void> {
    await this.#balancer.advance(20_000);
    for (const { outcome } of this.sent) {
      assert.ok(outcome !== null && outcome !== 'connection-lost', JSON.stringify(outcome));
      assert.ok(isRight(outcome.status), `${outcome.status} ${outcome.reason}`);
    }
    const ejections = this.#balancer.events.filter(({ event }) => 'state' in event && event.state === 'ejected');
    assert.deepEqual(ejections, []);
  }

  /** How often each request has been executed, by its number; those that `isCounted` leaves out are not looked at. */
  executions(isCounted: (request: EndpointRequest) => boolean = () => true): readonly number[] {
    const times = this.sent.map(() => 0);
    for (const id of ENDPOINTS) {
      for (const request of this.#balancer.endpoint(id).requests) {
        if (isCounted(request)) times[Number(request.headers['x-number'])]++;
      }
    }
    return times;
  }

  assertOnce(): void {
    assert.deepEqual(
      this.executions(),
      this.sent.map(() => 1),
    );
  }
}

/** In a second; less would be a client that sends too slowly. */
const KIBIBYTE = 1024;

for (const [how, pool] of Object.entries(POOLS)) {
  for (const count of [2, 6]) {
    test(`${count} uploads to one server that take a minute eject nobody, and are executed once, ${how}`, async () => {
      await using balancer = await createTestBalancer(configOf({ ...pool, ...BY_USER }));
      const traffic = new Traffic(balancer, ({ target }) => ({ afterMs: target === '/upload' ? 500 : 20 }));
      const users = await traffic.users();
      await traffic.flow(12_000, 100, (index) => ({ headers: { 'x-user': String(index) } }));
      const upload = {
        method: 'PUT',
        target: '/upload',
        headers: { 'x-user': users.get('a:80') ?? '', 'content-length': String(60 * KIBIBYTE) },
        body: '',
      };
      const uploads = Array.from({ length: count }, () => traffic.send(upload));
      const others = ['b:80', 'c:80'].map((id) => ({ headers: { 'x-user': users.get(id) ?? '' } }));
      for (let second = 0; second < 60; second++) {
        assert.ok(uploads.every(({ outcome }) => outcome === null));
        for (const pending of uploads) pending.write('x'.repeat(KIBIBYTE));
        await traffic.flow(1000, 250, (index) => others[index % 2]);
      }
      await traffic.end();
      traffic.assertOnce();
      assert.equal(
        balancer.endpoint('a:80').requests.filter(({ body }) => body.length === 60 * KIBIBYTE).length,
        count,
      );
    });
  }

  test(`two reports of 5 s from one server at a quiet hour eject nobody, and are executed once, ${how}`, async () => {
    await using balancer = await createTestBalancer(configOf({ ...pool, ...BY_USER }));
    const traffic = new Traffic(balancer, ({ target }) => ({ afterMs: target === '/report' ? 5000 : 20 }));
    const users = await traffic.users();
    await traffic.flow(12_000, 100, (index) => ({ headers: { 'x-user': String(index) } }));
    const report = { target: '/report', headers: { 'x-user': users.get('a:80') ?? '' } };
    traffic.send(report);
    traffic.send(report);
    await traffic.flow(6000, 1000, () => ({ headers: { 'x-user': users.get('b:80') ?? '' } }));
    await traffic.end();
    traffic.assertOnce();
  });

  for (const [share, requests, everyMs] of [
    [1, 400, 200],
    [1000, 4000, 15],
  ]) {
    test(`long polling by one request of ${share} ejects nobody, and nothing is executed twice, ${how}`, async () => {
      await using balancer = await createTestBalancer(configOf(pool));
      const traffic = new Traffic(balancer, ({ target }) => ({ afterMs: target === '/poll' ? 15_000 : 20 }));
      await traffic.flow(requests * everyMs, everyMs, (index) => ({ target: index % share === 0 ? '/poll' : '/' }));
      await traffic.end();
      traffic.assertOnce();
    });
  }

  test(`one path that always answers 503 to one client ejects nobody, and no POST is executed twice, ${how}`, async () => {
    await using balancer = await createTestBalancer(configOf(pool));
    const traffic = new Traffic(balancer, ({ target }) => ({ status: target === '/broken' ? 503 : 200, afterMs: 20 }));
    await traffic.flow(12_000, 20, (index) => ({ target: index % 10 === 0 ? '/' : '/broken' }));
    await traffic.end((status) => status === 200 || status === 503);
    const posts = traffic.executions(({ method }) => method === 'POST');
    assert.equal(Math.max(...posts), 1);
  });

  test(`where all servers answer 503 nobody is ejected, and no POST is executed twice, ${how}`, async () => {
    await using balancer = await createTestBalancer(configOf(pool));
    const traffic = new Traffic(balancer, () => ({ afterMs: 20 }));
    await traffic.flow(12_000, 50);
    const good = traffic.sent.length;
    for (const id of ENDPOINTS) balancer.endpoint(id).respond({ status: 503, afterMs: 20 });
    await traffic.flow(12_000, 50);
    await traffic.end((status) => status === 200 || status === 503);
    const later = traffic.sent.slice(good);
    assert.ok(later.every(({ outcome }) => typeof outcome === 'object' && outcome?.status === 503));
    const posts = traffic.executions(({ method }) => method === 'POST');
    assert.equal(Math.max(...posts), 1);
  });

  test(`a rollout whose servers fail their readiness check while they finish ejects nobody, and nothing is executed twice, ${how}`, async () => {
    const check = { http: '/ready', interval: '1s', fall: 1, timeout: '500ms' } as const;
    await using balancer = await createTestBalancer(configOf({ ...pool, check }));
    const traffic = new Traffic(balancer, ({ target }) => ({ afterMs: target === '/long' ? 6000 : 20 }));
    const longs = (index: number): TestRequest => ({ target: index % 20 === 0 ? '/long' : '/' });
    await traffic.flow(12_000, 50, longs);
    for (const id of ENDPOINTS) {
      balancer.endpoint(id).check = 'fails';
      await traffic.flow(9000, 50, longs);
      balancer.endpoint(id).kill();
      await traffic.flow(3000, 50, longs);
      balancer.endpoint(id).connects = 'accept';
      balancer.endpoint(id).check = 'passes';
      await traffic.flow(5000, 50, longs);
    }
    await traffic.end();
    traffic.assertOnce();
    const out = balancer.events.filter(({ event }) => 'state' in event && event.state === 'unhealthy');
    assert.equal(out.length, ENDPOINTS.length, 'each was out by its check');
  });
}
