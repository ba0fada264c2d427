/** Most endpoints of a large pool refuse connects: requests find the others, however few they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestBalancer } from '../../src/testing/testing.ts';

for (const policy of ['power-of-two', 'round-robin', 'least-connections'] as const) {
  test(`with ${policy}, once a few requests have met them, none is lost to endpoints that refuse connects`, async () => {
    const endpoints = Array.from({ length: 60 }, (_none, index) => `e${index}:80`);
    await using balancer = await createTestBalancer({ pools: { web: { policy, endpoints, queue: 'off' } } });
    for (const id of endpoints.slice(0, 57)) balancer.endpoint(id).kill();
    for (let index = 0; index < 8; index++) await balancer.request();
    const later: number[] = [];
    for (let index = 0; index < 30; index++) later.push((await balancer.request()).status);
    assert.deepEqual(new Set(later), new Set([200]));
  });
}
