/** Sticky clients and everything that picks, moves or waits beside the policy: on time of the test's own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolInput } from '../../src/config/config-input.ts';
import { createTestBalancer } from '../../src/testing/test-balancer.ts';
import type { TestAnswer } from '../../src/testing/test-client.ts';
import type { PendingRequest, TestBalancer } from '../../src/testing/test-balancer.ts';

const ENDPOINTS = ['a:80', 'b:80', 'c:80'] as const;

function poolOf(rest: Partial<PoolInput> = {}): { pools: { web: PoolInput } } {
  return { pools: { web: { policy: 'round-robin', sticky: 'cookie', endpoints: ENDPOINTS, ...rest } } };
}

/** A client that keeps its cookie. */
class Client {
  cookie = '';
  readonly #balancer: TestBalancer;

  constructor(balancer: TestBalancer) {
    this.#balancer = balancer;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.cookie === '' ? {} : { Cookie: this.cookie };
  }

  async request(method = 'GET'): Promise<TestAnswer> {
    const answer = await this.#balancer.request({ method, headers: this.headers });
    this.keep(answer);
    return answer;
  }

  keep(answer: TestAnswer): void {
    const set = answer.headers['set-cookie'];
    if (set !== undefined) this.cookie = set.split(';', 1)[0];
  }

  async reached(count: number): Promise<readonly string[]> {
    const all = new Set<string>();
    for (let request = 0; request < count; request++) all.add((await this.request()).body);
    return [...all];
  }
}

/** A client whose endpoint is this one. */
async function clientOf(balancer: TestBalancer, endpoint: string): Promise<Client> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const client = new Client(balancer);
    if ((await client.request()).body === endpoint) return client;
  }
  assert.fail(`nobody reached ${endpoint}`);
}

function answerOf({ outcome }: PendingRequest): TestAnswer {
  if (outcome === null || outcome === 'connection-lost') assert.fail(`no answer: ${outcome}`);
  return outcome;
}

const stateOf = (balancer: TestBalancer, index = 0): string => balancer.stats().pools[0].endpoints[index].health.state;

describe('a sticky client', () => {
  it('a sticky client whose endpoint refuses its connects goes elsewhere, and stays there when the endpoint is back', async () => {
    await using balancer = await createTestBalancer(poolOf());
    const client = await clientOf(balancer, 'a:80');
    balancer.endpoint('a:80').kill();
    const moved = await client.request('POST');
    assert.equal(moved.status, 200);
    assert.notEqual(moved.body, 'a:80');
    balancer.endpoint('a:80').recover();
    await balancer.advance(5000);
    assert.deepEqual(await client.reached(6), [moved.body]);
    assert.equal(balancer.stats().pools[0].endpoints[0].stickyMoves, 1);
  });

  it('a sticky client whose endpoint fails a request is retried elsewhere, and what it gets passed on leaves it where it is', async () => {
    await using balancer = await createTestBalancer(poolOf({ retry: { retryOn: [503] } }));
    const client = await clientOf(balancer, 'a:80');
    balancer.endpoint('a:80').respond({ status: 503 });
    assert.equal((await client.request('POST')).status, 503);
    balancer.endpoint('a:80').respond({ body: 'a:80' });
    assert.deepEqual(await client.reached(3), ['a:80']);
    balancer.endpoint('a:80').respond({ status: 503 });
    const moved = await client.request();
    assert.equal(moved.status, 200);
    assert.deepEqual(await client.reached(3), [moved.body]);
  });

  it('a sticky client whose endpoint freezes is rescued, and bound to the endpoint that has answered', async () => {
    const check = { http: '/', interval: '500ms', timeout: '500ms', fall: 1 } as const;
    await using balancer = await createTestBalancer(poolOf({ check }));
    const client = await clientOf(balancer, 'a:80');
    balancer.endpoint('a:80').vanish();
    const pending = balancer.send({ headers: client.headers });
    await balancer.advance(1500);
    const answer = answerOf(pending);
    assert.ok(answer.status === 200 && answer.body !== 'a:80');
    assert.equal(balancer.stats().pools[0].endpoints[0].rescues, 1);
    client.keep(answer);
    assert.deepEqual(await client.reached(4), [answer.body]);
  });

  it('a sticky client whose endpoint takes long gets no second attempt beside the first, while a client without a cookie does', async () => {
    await using balancer = await createTestBalancer(poolOf({ hedge: '50ms' }));
    const client = await clientOf(balancer, 'a:80');
    for (const endpoint of ENDPOINTS) balancer.endpoint(endpoint).respond({ body: endpoint, afterMs: 500 });
    const sent = (): number => ENDPOINTS.reduce((sum, each) => sum + balancer.endpoint(each).requests.length, 0);
    const before = sent();
    assert.equal((await client.request()).body, 'a:80');
    assert.equal(sent(), before + 1);
    await balancer.request();
    assert.equal(sent(), before + 3);
  });

  it('a sticky client is no trial of another endpoint, and one of its own', async () => {
    await using balancer = await createTestBalancer(poolOf());
    const [ofA, ofB] = [await clientOf(balancer, 'a:80'), await clientOf(balancer, 'b:80')];
    balancer.endpoint('a:80').respond({ status: 503 });
    const stranger = new Client(balancer);
    for (let request = 0; request < 30 && stateOf(balancer) !== 'ejected'; request++) {
      stranger.cookie = '';
      await stranger.request();
    }
    await balancer.advance(2300);
    assert.equal(stateOf(balancer), 'trial');
    assert.deepEqual(await ofB.reached(5), ['b:80']);
    assert.equal(stateOf(balancer), 'trial');
    balancer.endpoint('a:80').respond({ body: 'a:80' });
    assert.equal((await ofA.request()).body, 'a:80');
    assert.equal(stateOf(balancer), 'healthy');
  });

  it('an endpoint of weight 0 has its trial from a client that is bound to it, and from nobody else', async () => {
    const endpoints = ['a:80', { address: 'b:80', weight: 0 }, 'c:80'] as const;
    await using balancer = await createTestBalancer(poolOf({ retry: 'off' }));
    const ofB = await clientOf(balancer, 'b:80');
    await balancer.reload(poolOf({ endpoints, retry: 'off' }));
    const endpoint = balancer.endpoint('b:80');
    endpoint.respond({ ending: 'reset' });
    for (let request = 0; request < 6; request++) assert.equal((await ofB.request()).status, 502);
    endpoint.recover();
    await balancer.advance(2300);
    assert.equal(stateOf(balancer, 1), 'trial');
    endpoint.requests.length = 0;
    for (let request = 0; request < 6; request++) assert.notEqual((await balancer.request()).body, 'b:80');
    await balancer.advance(2000);
    for (let request = 0; request < 6; request++) await balancer.request({ method: 'POST' });
    assert.deepEqual([endpoint.requests.length, stateOf(balancer, 1)], [0, 'trial']);
    assert.equal((await ofB.request()).body, 'b:80');
    assert.equal(stateOf(balancer, 1), 'healthy');
  });

  it('a sticky client stays in panic with its own endpoint', async () => {
    await using balancer = await createTestBalancer(poolOf({ check: { http: '/', interval: '1s', fall: 1 } }));
    const client = await clientOf(balancer, 'b:80');
    for (const endpoint of ENDPOINTS) balancer.endpoint(endpoint).check = 'fails';
    await balancer.advance(3000);
    assert.ok(ENDPOINTS.every((_, index) => stateOf(balancer, index) === 'unhealthy'));
    assert.deepEqual(await client.reached(9), ['b:80']);
    assert.equal(balancer.stats().pools[0].endpoints[1].panicPicks, 9);
  });

  it('a sticky client is served by a slowly starting endpoint, by one of another priority or zone, by a backup, and by one of weight 0', async () => {
    const endpoints = [
      'a:80',
      { address: 'b:80', priority: 1 },
      { address: 'c:80', backup: 'on' },
      { address: 'd:80', weight: 0 },
    ] as const;
    await using balancer = await createTestBalancer(poolOf({ endpoints: ['a:80', 'b:80', 'c:80', 'd:80'] }));
    const clients = await Promise.all(['b:80', 'c:80', 'd:80'].map((endpoint) => clientOf(balancer, endpoint)));
    await balancer.reload(poolOf({ endpoints, slowStart: '10m' }));
    assert.deepEqual(await Promise.all(clients.map((client) => client.reached(4))), [['b:80'], ['c:80'], ['d:80']]);
    assert.deepEqual(await new Client(balancer).reached(4), ['a:80']);
    balancer.endpoint('b:80').kill();
    for (let request = 0; request < 6; request++) await clients[0].request();
    balancer.endpoint('b:80').recover();
    await balancer.reload(poolOf({ endpoints: ['a:80', 'b:80'], slowStart: '10m' }));
    const ofB = await clientOf(balancer, 'b:80');
    assert.deepEqual(await ofB.reached(20), ['b:80']);
  });

  it('a sticky client waits with all others while no endpoint can be reached, and goes to its endpoint then', async () => {
    await using balancer = await createTestBalancer(poolOf());
    const client = await clientOf(balancer, 'c:80');
    for (const endpoint of ENDPOINTS) balancer.endpoint(endpoint).kill();
    const pending = balancer.send({ headers: client.headers });
    await balancer.advance(1000);
    assert.equal(pending.outcome, null);
    for (const endpoint of ENDPOINTS) balancer.endpoint(endpoint).recover();
    await balancer.advance(2000);
    assert.equal(answerOf(pending).status, 200);
  });
});

describe('a request of Socket.IO', () => {
  const socketIo = { sticky: 'socket.io', check: { http: '/', interval: '500ms', timeout: '500ms', fall: 1 } } as const;
  const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';

  it('a request of Socket.IO with a session stays at its server when that is lost, while a handshake is moved', async () => {
    await using balancer = await createTestBalancer(poolOf(socketIo));
    const { body: home } = await balancer.request({ target: HANDSHAKE });
    assert.equal((await balancer.request({ target: `${HANDSHAKE}&sid=a` })).body, home);
    balancer.endpoint(home).vanish();
    const [session, handshake] = [`${HANDSHAKE}&sid=a`, HANDSHAKE].map((target) => balancer.send({ target }));
    await balancer.advance(1500);
    assert.equal(session.outcome, null);
    assert.notEqual(answerOf(handshake).body, home);
    session.leave();
  });

  it('a request of Socket.IO without a cookie goes by the address of its client, under every bound of the policy', async () => {
    const policy = { hash: { key: 'path', boundedLoad: 1.01 } } as const;
    await using balancer = await createTestBalancer(poolOf({ ...socketIo, policy }));
    const from = (address: string, target = HANDSHAKE): Promise<string> =>
      balancer.request({ from: address, target }).then(({ body }) => body);
    const homes = new Map<string, string>();
    for (let host = 1; host < 20; host++) homes.set(`192.0.2.${host}`, await from(`192.0.2.${host}`));
    assert.equal(new Set(homes.values()).size, ENDPOINTS.length);
    for (const endpoint of ENDPOINTS) balancer.endpoint(endpoint).respond({ body: endpoint, afterMs: 1000 });
    const [[address, home]] = homes;
    const pending = Array.from({ length: 12 }, () => balancer.send({ from: address, target: `${HANDSHAKE}&sid=a` }));
    await balancer.advance(1500);
    assert.ok(pending.every((each) => answerOf(each).body === home));
  });

  it('a request of Socket.IO with a session is no trial, which it would not pass at any server but its own', async () => {
    await using balancer = await createTestBalancer(poolOf({ sticky: { socketIo: 'on' } }));
    const { body: home } = await balancer.request({ target: HANDSHAKE });
    const index = ENDPOINTS.findIndex((endpoint) => endpoint === home);
    balancer.endpoint(home).respond({ status: 503 });
    for (let request = 0; request < 9; request++) await balancer.request({ target: HANDSHAKE });
    await balancer.advance(2300);
    assert.equal(stateOf(balancer, index), 'trial');
    assert.notEqual((await balancer.request({ target: `${HANDSHAKE}&sid=a` })).body, home);
    assert.equal(stateOf(balancer, index), 'trial');
    balancer.endpoint(home).respond({ body: home });
    assert.equal((await balancer.request({ target: HANDSHAKE })).body, home);
    assert.equal(stateOf(balancer, index), 'healthy');
  });
});
