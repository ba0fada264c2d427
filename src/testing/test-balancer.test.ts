import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestBalancer } from './test-balancer.ts';

const pools = (rest: object = {}) => ({
  web: { policy: 'round-robin' as const, endpoints: ['a:80', 'b:80'], ...rest },
});

test('a test balancer takes requests to endpoints by route and policy, without a socket', async () => {
  await using balancer = await createTestBalancer({
    routes: [{ match: { path: '/api/*' }, pool: 'api' }, { pool: 'web' }],
    pools: { ...pools(), api: ['c:9000'] },
  });
  const bodies = [];
  for (let index = 0; index < 4; index++) bodies.push((await balancer.request()).body);
  assert.deepEqual(bodies, ['a:80', 'b:80', 'a:80', 'b:80']);
  const { status, body } = await balancer.request({ method: 'POST', target: '/api/x?y', body: 'hello' });
  assert.deepEqual([status, body], [200, 'c:9000']);
  const [request] = balancer.endpoint('c:9000').requests;
  assert.deepEqual([request.method, request.target, request.body], ['POST', '/api/x?y', 'hello']);
  assert.equal(request.headers['x-forwarded-for'], '192.0.2.200');
});

test('a test balancer retries where it may, and answers with its reason where it may not', async () => {
  await using balancer = await createTestBalancer({ pools: pools() });
  balancer.endpoint('a:80').kill();
  for (let index = 0; index < 4; index++)
    assert.equal((await balancer.request({ method: 'POST', body: 'x' })).body, 'b:80');
  balancer.endpoint('b:80').respond({ ending: 'reset' });
  const { status, reason } = await balancer.request({ method: 'POST', body: 'x' });
  assert.deepEqual([status, reason], [502, 'upstream-reset']);
});

test('time of a test balancer begins at 0, and none passes while it starts or reloads', async () => {
  const config = (...endpoints: string[]) => ({ pools: { web: { endpoints, check: { http: '/' } as const } } });
  await using balancer = await createTestBalancer(config('a:80'));
  assert.equal(balancer.elapsedMs, 0);
  await balancer.reload(config('a:80', 'b:80'));
  assert.equal(balancer.elapsedMs, 0);
});

test('in a test balancer minutes pass in a moment', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  balancer.endpoint('a:80').respond({ ending: 'never' });
  const began = performance.now();
  const { status, tookMs } = await balancer.request();
  assert.equal(status, 504);
  assert.ok(tookMs >= 30_000 && tookMs <= 30_100, `after ${tookMs} ms`);
  assert.ok(performance.now() - began < 20_000);
});

test('in a test balancer checks take an endpoint out and bring it back, and that is told', async () => {
  await using balancer = await createTestBalancer({ pools: pools({ check: { http: '/', interval: '1s' } }) });
  await balancer.advance(2000);
  balancer.endpoint('a:80').check = 'fails';
  await balancer.advance(5000);
  for (let index = 0; index < 4; index++) assert.equal((await balancer.request()).body, 'b:80');
  balancer.endpoint('a:80').recover();
  await balancer.advance(5000);
  const bodies = new Set<string>();
  for (let index = 0; index < 4; index++) bodies.add((await balancer.request()).body);
  assert.deepEqual([...bodies].sort(), ['a:80', 'b:80']);
  const [first] = balancer.eventsOf('health');
  assert.equal(first, balancer.events[0]);
  // Narrowed by its name, an event has the type of that.
  const reasons = balancer.events.map((one) => (one.name === 'failure' ? one.event.cause : one.event.pool));
  assert.equal(reasons.length, balancer.events.length);
  assert.ok(balancer.eventsOf('health').every(({ name, event }) => name === 'health' && event.before !== event.state));
});

test('a test balancer with the same seed does the same', async () => {
  const run = async (seed: number): Promise<string> => {
    await using balancer = await createTestBalancer({ pools: pools({ policy: 'random' }) }, { seed });
    let order = '';
    for (let index = 0; index < 40; index++) order += (await balancer.request()).body[0];
    return order;
  };
  assert.equal(await run(7), await run(7));
  assert.notEqual(await run(7), await run(8));
});

test('a client of a test balancer can leave, and its request is cancelled at the endpoint', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  balancer.endpoint('a:80').respond({ afterMs: 1000 });
  const pending = balancer.send();
  await balancer.advance(10);
  assert.equal(balancer.endpoint('a:80').connectionCount, 1);
  pending.leave();
  await balancer.advance(10);
  assert.equal(balancer.endpoint('a:80').connectionCount, 0);
  assert.equal(pending.outcome, 'connection-lost');
});

test('a client of a test balancer can send its body in parts', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  const headers: Readonly<Record<string, string>>[] = [{ 'Content-Length': '6' }, { 'Transfer-Encoding': 'chunked' }];
  for (const [index, [first, second]] of [
    ['abc', 'def'],
    ['3\r\nabc\r\n', '3\r\ndef\r\n0\r\n\r\n'],
  ].entries()) {
    const pending = balancer.send({ method: 'POST', headers: headers[index], body: first });
    await balancer.advance(10_000);
    assert.equal(pending.outcome, null);
    pending.write(second);
    await balancer.advance(0);
    assert.equal(balancer.endpoint('a:80').requests[index].body, 'abcdef');
  }
});

test('threads of a test balancer share what they know, and one that ends takes its clients with it', async () => {
  await using balancer = await createTestBalancer({ pools: pools() }, { threads: 4 });
  balancer.endpoint('a:80').respond({ status: 503 });
  const statuses: number[] = [];
  for (let request = 0; request < 12; request++) statuses.push((await balancer.request()).status);
  assert.equal(statuses.filter((status) => status === 503).length, 5);
  balancer.endpoint('b:80').respond({ afterMs: 1000 });
  const pending = Array.from({ length: 4 }, () => balancer.send());
  await balancer.advance(100);
  await balancer.endThread(1);
  assert.equal(balancer.stats().pools[0].endpoints[1].inFlight, 3);
  await balancer.advance(1000);
  const lost = pending.filter(({ outcome }) => outcome === 'connection-lost');
  assert.equal(lost.length, 1);
  const { lost: deaths, replaced, serving } = balancer.stats().workers;
  assert.deepEqual([deaths, replaced, serving], [1, 1, 4]);
});

test('a test balancer takes another config', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  assert.equal((await balancer.request()).body, 'a:80');
  await balancer.reload({ pools: { web: ['c:80'] } });
  assert.equal((await balancer.request()).body, 'c:80');
});

test('a test balancer knows no endpoint that its config does not name', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  assert.throws(() => balancer.endpoint('a:8'), /no endpoint "a:8"; there are a:80/);
});

test('a test balancer refuses a config with a mistake', async () => {
  await assert.rejects(createTestBalancer({ pools: { web: { endpoints: [] } } }), { name: 'ConfigInvalid' });
});

test('an answer that breaks off in its body loses the connection of a test client', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  balancer.endpoint('a:80').respond({ body: 'x'.repeat(1000), ending: 'reset-in-body' });
  await assert.rejects(balancer.request(), /closed without an answer/);
});

test('what the thread says of itself, such as its requests, is said in the time of the test', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  balancer.endpoint('a:80').respond({ ending: 'never' });
  for (let sent = 1; sent <= 20; sent++) {
    balancer.send();
    await balancer.advance(100);
    assert.equal(balancer.stats().workers.exchanges, sent);
  }
});

test('a test balancer has endpoints on unix sockets, which are called by their addresses', async () => {
  const endpoints = ['unix:/run/A.sock', 'unix:@b'];
  await using balancer = await createTestBalancer({
    pools: { web: { policy: 'round-robin', endpoints, check: { http: '/' } } },
  });
  const bodies = [(await balancer.request()).body, (await balancer.request()).body];
  assert.deepEqual(bodies, endpoints);
  balancer.endpoint('unix:@b').kill();
  assert.equal((await balancer.request()).body, 'unix:/run/A.sock');
  assert.equal((await balancer.request()).body, 'unix:/run/A.sock');
});

test('in a test balancer limits of rate go by its time', async () => {
  await using balancer = await createTestBalancer({
    routes: [{ pool: 'web', rateLimit: { rate: '1/m', burst: 2, wait: '30s' } }],
    pools: pools(),
  });
  const ask = async () => {
    const { status, reason, tookMs } = await balancer.request();
    return { status, reason, isLate: tookMs >= 1000 };
  };
  const passed = { status: 200, reason: '', isLate: false };
  const refused = { status: 429, reason: 'rate-limited', isLate: false };
  assert.deepEqual([await ask(), await ask(), await ask()], [passed, passed, refused]);
  await balancer.advance(29_000);
  assert.deepEqual(await ask(), refused);
  await balancer.advance(11_000);
  // The next minute is over in 20 s, for which it waits.
  assert.deepEqual(await ask(), { ...passed, isLate: true });
  await balancer.advance(3_600_000);
  assert.deepEqual([await ask(), await ask(), await ask()], [passed, passed, refused]);
});
