/** Places are neither lost nor given twice, whatever becomes of the attempts that have them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../../src/core/random.ts';
import { createTestBalancer } from '../../src/testing/testing.ts';
import type { EndpointAnswer, PendingRequest } from '../../src/testing/testing.ts';

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
