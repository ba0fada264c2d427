/** `retry: off`, of a pool and of a route: whose word counts where. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigInput } from '../../src/config/config-input.ts';
import { createTestBalancer } from '../../src/testing/testing.ts';

const endpoints = ['a:80', 'b:80'] as const;
const web = (retry?: 'off') => ({
  policy: 'round-robin' as const,
  endpoints,
  ...(retry === undefined ? {} : { retry }),
});

/** What becomes of four requests where half of the endpoints reset them, or refuse connects. */
async function statuses(config: ConfigInput, fault: 'resets' | 'refuses'): Promise<readonly number[]> {
  await using balancer = await createTestBalancer(config);
  if (fault === 'refuses') balancer.endpoint('a:80').kill();
  else balancer.endpoint('a:80').respond({ ending: 'reset' });
  const all: number[] = [];
  for (let index = 0; index < 4; index++) all.push((await balancer.request()).status);
  return all.toSorted();
}

for (const [where, config] of [
  ['of a pool, without routes', { pools: { web: web('off') } }],
  ['of a pool whose route says nothing of it', { pools: { web: web('off') }, routes: [{ pool: 'web' }] }],
  ['of the defaults', { defaults: { retry: 'off' }, pools: { web: web() } }],
  ['of a route', { pools: { web: web() }, routes: [{ pool: 'web', retry: 'off' }] }],
] as const) {
  test(`with retry: off ${where}, no request is sent to a second endpoint`, async () => {
    for (const fault of ['resets', 'refuses'] as const)
      assert.deepEqual(await statuses(config, fault), [200, 200, 502, 502], fault);
  });
}

test('a route that says something of retries retries in spite of a pool that says off', async () => {
  const config = { pools: { web: web('off') }, routes: [{ pool: 'web', retry: { attempts: 2 } }] } as const;
  for (const fault of ['resets', 'refuses'] as const)
    assert.deepEqual(await statuses(config, fault), [200, 200, 200, 200], fault);
});
