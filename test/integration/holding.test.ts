/** Requests wait for a pool that cannot be reached, and go on when it can. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createTestBalancer } from '../../src/testing/testing.ts';
import type { PendingRequest, TestBalancer } from '../../src/testing/testing.ts';
import { request, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const CHECK = { http: '/healthz', interval: '1s' } as const;
const both = (rest: object = {}) => ({
  pools: { web: { policy: 'round-robin' as const, endpoints: ['a:80', 'b:80'], ...rest } },
});

function statusOf({ outcome }: PendingRequest): number | string | null {
  return outcome === null || outcome === 'connection-lost' ? outcome : outcome.status;
}

/** Answers once, so that the pool is known to work. */
async function prove(balancer: TestBalancer): Promise<void> {
  for (let index = 0; index < 2; index++) assert.equal((await balancer.request()).status, 200);
}

function killBoth(balancer: TestBalancer): void {
  for (const id of ['a:80', 'b:80']) balancer.endpoint(id).kill();
}

for (const [what, config] of [
  ['without a check', both()],
  ['with a check', both({ check: CHECK })],
] as const) {
  test(`while all endpoints of a pool ${what} are down, requests wait, and are answered when one is back`, async () => {
    await using balancer = await createTestBalancer(config);
    await prove(balancer);
    const [a, b] = [balancer.endpoint('a:80'), balancer.endpoint('b:80')];
    a.kill();
    b.kill();
    const pending = [];
    for (let index = 0; index < 20; index++) {
      pending.push(balancer.send({ method: index % 2 === 0 ? 'GET' : 'POST', body: 'x' }));
      await balancer.advance(100);
    }
    assert.deepEqual(new Set(pending.map(statusOf)), new Set([null]));
    a.recover();
    await balancer.advance(1500);
    assert.deepEqual(new Set(pending.map(statusOf)), new Set([200]));
    assert.equal(balancer.stats().routes[0].held, 20);
  });
}

test('those that wait are let go four at first, those that may be repeated before the others', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  await prove(balancer);
  const endpoint = balancer.endpoint('a:80');
  endpoint.kill();
  const pending = [];
  for (let index = 0; index < 10; index++) {
    pending.push(balancer.send({ method: index < 5 ? 'POST' : 'GET', target: `/${index}`, body: 'x' }));
  }
  await balancer.advance(400);
  endpoint.requests.length = 0;
  endpoint.recover();
  endpoint.respond({ afterMs: 200 });
  await balancer.advance(400);
  assert.deepEqual(
    endpoint.requests.slice(0, 4).map(({ target }) => target),
    ['/5', '/6', '/7', '/8'],
  );
  await balancer.advance(2000);
  assert.deepEqual(new Set(pending.map(statusOf)), new Set([200]));
});

test('a request waits for its pool no longer than queue.hold', async () => {
  await using balancer = await createTestBalancer(both({ queue: { hold: '3s' } }));
  await prove(balancer);
  killBoth(balancer);
  const { status, reason, headers, tookMs } = await balancer.request();
  assert.deepEqual([status, reason, headers['retry-after']], [503, 'held-too-long', '1']);
  assert.ok(tookMs >= 3000 && tookMs < 3200, `after ${tookMs} ms`);
});

test('a pool that has never answered is waited for a second, and the answer says what is wrong', async () => {
  await using balancer = await createTestBalancer(both());
  killBoth(balancer);
  const { status, reason, tookMs } = await balancer.request();
  assert.deepEqual([status, reason], [502, 'connect-failed']);
  assert.ok(tookMs >= 1000 && tookMs < 1200, `after ${tookMs} ms`);
});

test('a pool whose checks pass is waited for, be it never asked anything else', async () => {
  await using balancer = await createTestBalancer(both({ check: CHECK }));
  await balancer.advance(3000);
  killBoth(balancer);
  const pending = balancer.send();
  await balancer.advance(3000);
  assert.equal(statusOf(pending), null);
  balancer.endpoint('b:80').recover();
  await balancer.advance(1500);
  assert.equal(statusOf(pending), 200);
});

test('a server that listens again and answers no check has its check time out as any other', async () => {
  await using balancer = await createTestBalancer(both({ check: CHECK }));
  const endpoint = balancer.endpoint('a:80');
  endpoint.kill();
  await balancer.advance(5000);
  endpoint.connects = 'accept';
  endpoint.check = 'silent';
  await balancer.advance(5000);
  const { health } = balancer.stats().pools[0].endpoints[0];
  assert.match(health.checks[0].answers.at(-1)?.reason ?? '', /no answer within 2000 ms/);
});

test('nothing is held with queue.hold off, nor more than queue.max', async () => {
  await using off = await createTestBalancer(both({ queue: { hold: 'off' } }));
  await prove(off);
  killBoth(off);
  const { status, tookMs } = await off.request();
  assert.deepEqual([status, tookMs], [502, 0]);

  await using few = await createTestBalancer(both({ queue: { max: 3 } }));
  await prove(few);
  killBoth(few);
  const pending = Array.from({ length: 5 }, () => few.send());
  await few.advance(100);
  assert.deepEqual(pending.map(statusOf), [null, null, null, 503, 503]);
});

test('a client that leaves is not held any longer, and makes room', async () => {
  await using balancer = await createTestBalancer(both({ queue: { max: 1 } }));
  await prove(balancer);
  killBoth(balancer);
  const first = balancer.send();
  await balancer.advance(100);
  first.leave();
  await balancer.advance(10);
  const second = balancer.send();
  await balancer.advance(100);
  assert.equal(statusOf(second), null);
  balancer.endpoint('a:80').recover();
  await balancer.advance(1000);
  assert.equal(statusOf(second), 200);
});

test('a request that comes while others wait goes behind them', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  await prove(balancer);
  const endpoint = balancer.endpoint('a:80');
  endpoint.kill();
  balancer.send({ target: '/first' });
  await balancer.advance(300);
  endpoint.requests.length = 0;
  endpoint.recover();
  balancer.send({ target: '/second' });
  await balancer.advance(1000);
  assert.deepEqual(
    endpoint.requests.map(({ target }) => target),
    ['/first', '/second'],
  );
});

test('with panic off, requests wait while every check fails, and go on with the first pass', async () => {
  await using balancer = await createTestBalancer(both({ check: CHECK, panic: 'off' }));
  await prove(balancer);
  balancer.endpoint('a:80').check = 'fails';
  balancer.endpoint('b:80').check = 'fails';
  await balancer.advance(5000);
  const pending = balancer.send();
  await balancer.advance(1000);
  assert.equal(statusOf(pending), null);
  balancer.endpoint('a:80').check = 'passes';
  await balancer.advance(3000);
  assert.equal(statusOf(pending), 200);
});

test('a pool that leaves the config lets go of whom it holds', async () => {
  await using balancer = await createTestBalancer(both());
  await prove(balancer);
  killBoth(balancer);
  const pending = balancer.send();
  await balancer.advance(100);
  await balancer.reload({ pools: { other: ['c:80'] } });
  await balancer.advance(100);
  assert.equal(statusOf(pending), 503);
});

for (const [what, answer] of [
  ['are answered 503', { status: 503 }],
  ['lose their connection', { ending: 'close' }],
  ['get no answer', { ending: 'never' }],
] as const) {
  test(`where the first that are let go ${what}, those behind them are let go all the same`, async () => {
    await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
    await prove(balancer);
    const endpoint = balancer.endpoint('a:80');
    endpoint.kill();
    const first = Array.from({ length: 4 }, () => balancer.send({ target: '/first' }));
    await balancer.advance(50);
    const rest = Array.from({ length: 10 }, () => balancer.send());
    await balancer.advance(300);
    endpoint.recover();
    endpoint.respond(({ target }) => (target === '/first' ? answer : {}));
    await balancer.advance(1500);
    assert.ok(first.every((pending) => statusOf(pending) !== 200));
    assert.deepEqual(new Set(rest.map(statusOf)), new Set([200]));
    assert.equal((await balancer.request()).tookMs, 0);
  });
}

test('where the clients of the first that are let go leave, those behind them go in their places at once', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  await prove(balancer);
  const endpoint = balancer.endpoint('a:80');
  endpoint.kill();
  const first = Array.from({ length: 4 }, () => balancer.send({ target: '/first' }));
  await balancer.advance(50);
  const rest = Array.from({ length: 10 }, () => balancer.send());
  await balancer.advance(300);
  endpoint.recover();
  endpoint.respond(({ target }) => (target === '/first' ? { ending: 'never' } : {}));
  await balancer.advance(500);
  assert.deepEqual(new Set(rest.map(statusOf)), new Set([null]));
  for (const client of first) client.leave();
  await balancer.advance(50);
  assert.deepEqual(new Set(rest.map(statusOf)), new Set([200]));
});

test('requests whose bodies are kept back by their clients are let go after those that have come whole', async () => {
  await using balancer = await createTestBalancer({ pools: { web: ['a:80'] } });
  await prove(balancer);
  const endpoint = balancer.endpoint('a:80');
  endpoint.kill();
  const headers = { 'content-length': '5' };
  const slow = Array.from({ length: 8 }, () => balancer.send({ method: 'PUT', headers }));
  await balancer.advance(50);
  const whole = Array.from({ length: 10 }, () => balancer.send());
  await balancer.advance(300);
  endpoint.recover();
  await balancer.advance(300);
  assert.deepEqual(new Set(whole.map(statusOf)), new Set([200]));
  for (const client of slow) client.leave();
});

test('a client whose body is not read while its request waits has its time for it once it is read again', async () => {
  await using balancer = await createTestBalancer({
    timeouts: { requestBodyIdle: '5s' },
    pools: { web: { endpoints: ['a:80'], maxConnections: 1 } },
  });
  await prove(balancer);
  const endpoint = balancer.endpoint('a:80');
  endpoint.kill();
  const whole = balancer.send();
  await balancer.advance(100);
  const rest = balancer.send({ method: 'PUT', headers: { 'content-length': '2' }, body: 'x' });
  await balancer.advance(4500);
  endpoint.recover();
  endpoint.respond({ afterMs: 1000 });
  await balancer.advance(1000);
  assert.deepEqual([whole, rest].map(statusOf), [null, null]);
  rest.write('y');
  await balancer.advance(2000);
  assert.deepEqual([whole, rest].map(statusOf), [200, 200]);
});

test('a client that waits for a 100 while its request is held is read once the request goes on', async () => {
  const listen = (port: number): Promise<http.Server> =>
    new Promise((resolve) => {
      const server = http.createServer((request, response) => void request.pipe(response));
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server = await listen(0);
  const { port: serverPort } = server.address() as AddressInfo;
  const { balancer, port } = await runBalancer(`
    threads: 1
    listeners: { web: 127.0.0.1:0 }
    pools: { web: [127.0.0.1:${serverPort}] }
  `);
  try {
    assert.equal(await request(port), '');
    server.closeAllConnections();
    await once(server.close(), 'close');
    const headers = { expect: '100-continue', 'content-length': 4 };
    const put = http.request({ port, host: '127.0.0.1', method: 'PUT', headers, agent: false });
    put.on('continue', () => put.end('body'));
    put.flushHeaders();
    const answered = once(put, 'response') as Promise<[http.IncomingMessage]>;
    await until(() => balancer.stats().routes[0].held === 1, 'the request is held');
    server = await listen(serverPort);
    const [response] = await answered;
    assert.equal(await text(response), 'body');
  } finally {
    server.closeAllConnections();
    server.close();
    await balancer.close({ force: true });
  }
});
