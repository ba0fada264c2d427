/** Places are neither lost nor given twice, whatever becomes of the attempts that have them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../../src/core/random.ts';
import { createTestBalancer } from '../../src/testing/testing.ts';
import type { EndpointAnswer, PendingRequest, TestBalancer } from '../../src/testing/testing.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const ANSWERS: readonly EndpointAnswer[] = [
  {},
  { afterMs: 30 },
  { status: 503 },
  { ending: 'close' },
  { ending: 'never' },
];

test('no place is lost or given twice while requests fail, are hedged, retried, rescued and left, and limits change', async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const random = createSeededRandom(SEED);
  const draw = (below: number): number => Math.floor(random.next() * below);
  const config = (most: number) => ({
    pools: {
      web: {
        endpoints: ['a:80', 'b:80', 'c:80'].map((address) => ({ address, maxRequests: most })),
        maxRequests: 2 * most + 1,
        hedge: { delay: '50ms' as const },
        retry: { retryOn: ['connect' as const, 'reset' as const, 503] },
        queue: { timeout: '500ms' as const, hold: '1s' as const },
      },
    },
  });
  await using balancer = await createTestBalancer(config(3));
  const endpoints = ['a:80', 'b:80', 'c:80'].map((id) => balancer.endpoint(id));
  for (const endpoint of endpoints) endpoint.respond(() => ANSWERS[draw(ANSWERS.length)]);
  const clients: PendingRequest[] = [];
  let most = 3;
  for (let step = 0; step < 600; step++) {
    const what = draw(20);
    if (what < 12) clients.push(balancer.send());
    else if (what < 17 && clients.length > 0) clients[draw(clients.length)].leave();
    else if (what === 17) endpoints[draw(3)].kill();
    else if (what === 18) for (const endpoint of endpoints) endpoint.recover();
    else if (step % 5 === 0) {
      most = 1 + draw(4);
      await balancer.reload(config(most));
    }
    const before = balancer.stats().pools[0].queue.inFlight;
    await balancer.advance(draw(20));
    const { inFlight } = balancer.stats().pools[0].queue;
    assert.ok(inFlight <= Math.max(2 * most + 1, before), `${inFlight} in flight at step ${step}`);
  }
  for (const client of clients) client.leave();
  await balancer.advance(5000);
  const { inFlight, waiting, held } = balancer.stats().pools[0].queue;
  assert.deepEqual({ inFlight, waiting, held }, { inFlight: 0, waiting: 0, held: 0 });
  for (const endpoint of endpoints) {
    endpoint.recover();
    endpoint.respond({});
  }
  await balancer.advance(70_000);
  // Those on trial get their requests.
  for (let index = 0; index < 30; index++) await balancer.request();
  for (const endpoint of endpoints) endpoint.respond({ afterMs: 1000 });
  for (let index = 0; index < 20; index++) balancer.send();
  await balancer.advance(100);
  // All places are there again, and no more.
  assert.equal(balancer.stats().pools[0].queue.inFlight, Math.min(3 * most, 2 * most + 1));
});

const IDS = ['a:80', 'b:80'] as const;
type Id = (typeof IDS)[number];

/** Who asks for what, at whose endpoint: null where any will do. */
interface Asked {
  readonly home: Id | null;
  readonly target: string;
  readonly sent: PendingRequest;
  hasLeft: boolean;
}

/** The cookie of a client that is bound to this endpoint. */
async function cookieOf(balancer: TestBalancer, id: Id): Promise<string> {
  for (;;) {
    const { body, headers } = await balancer.request();
    if (body === id) return headers['set-cookie'].split(';', 1)[0];
  }
}

test('each sticky client is served by its own endpoint, in its turn, whoever comes and leaves meanwhile', async (t) => {
  t.diagnostic(`SEED=${SEED}`);
  const random = createSeededRandom(SEED);
  const draw = (below: number): number => Math.floor(random.next() * below);
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        sticky: 'cookie',
        endpoints: IDS.map((address) => ({ address, maxRequests: 2 })),
        queue: { timeout: '60s', target: 'off' },
      },
    },
  });
  const endpoints = IDS.map((id) => balancer.endpoint(id));
  for (const [at, endpoint] of endpoints.entries()) endpoint.respond({ body: IDS[at] });
  const cookies = { 'a:80': await cookieOf(balancer, 'a:80'), 'b:80': await cookieOf(balancer, 'b:80') };
  for (const [at, endpoint] of endpoints.entries()) {
    endpoint.requests.length = 0;
    endpoint.respond(() => ({ body: IDS[at], afterMs: draw(50) }));
  }
  const all: Asked[] = [];
  for (let step = 0; step < 500; step++) {
    const home = draw(3) === 0 ? null : IDS[draw(2)];
    const target = `/${step}`;
    const sent = balancer.send({ target, headers: home === null ? {} : { cookie: cookies[home] } });
    all.push({ home, target, sent, hasLeft: false });
    const leaver = all[draw(all.length)];
    if (draw(10) === 0 && leaver.sent.outcome === null) {
      leaver.hasLeft = true;
      leaver.sent.leave();
    }
    await balancer.advance(1 + draw(12));
  }
  await balancer.advance(20_000);
  for (const { home, target, sent, hasLeft } of all) {
    if (hasLeft) continue;
    const { outcome } = sent;
    assert.ok(outcome !== null && outcome !== 'connection-lost', target);
    assert.deepEqual([outcome.status, home ?? outcome.body], [200, outcome.body], target);
  }
  for (const [at, { requests }] of endpoints.entries()) {
    const own = new Set(all.filter(({ home }) => home === IDS[at]).map(({ target }) => target));
    const order = requests.filter(({ target }) => own.has(target)).map(({ target }) => Number(target.slice(1)));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  }
  const { inFlight, waiting, waited } = balancer.stats().pools[0].queue;
  assert.deepEqual([inFlight, waiting], [0, 0]);
  assert.ok(waited > 50, `${waited} have waited`);
});
