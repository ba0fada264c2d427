/** Three hundred reloads back and forth under traffic: tables, threads, checks and memory end where they began. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Config } from '../../src/config/config.ts';
import { createBalancer } from '../../src/runtime/create-balancer.ts';
import { configOf, heldUnits, startLoad } from '../support/running-balancer.ts';
import { startEndpoints } from '../support/reloading.ts';
import type { NamedEndpoint } from '../support/reloading.ts';

const RELOADS = 300;

v8.setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Endpoints, a pool, routes and a listener come and go, checks with them. */
function configs(threads: number, endpoints: readonly NamedEndpoint[]): Config[] {
  return Array.from({ length: 12 }, (_none, round) => {
    const some = endpoints.filter((_one, index) => (index + round) % 3 !== 0).map(({ address }) => `"${address}"`);
    const extra = round % 2 === 0 ? `, extra: ["${endpoints[round % 6].address}"]` : '';
    const routes = Array.from({ length: 6 }, (_route, index) => {
      const target = round % 2 === 0 && index === 0 ? 'extra' : 'web';
      return `{ name: "r${(round * 5 + index) % 40}", match: { path: "/${index}" }, pool: ${target} }`;
    });
    return configOf(`
      threads: ${threads}
      listeners: { web: "127.0.0.1:0"${round % 3 === 0 ? ', admin: "127.0.0.1:0"' : ''} }
      timeouts: { drain: 50ms }
      pools:
        { web: { policy: least-connections, check: { tcp: {}, interval: 60s }, endpoints: [${some.join(', ')}] }${extra} }
      routes: [${routes.join(', ')}, { match: {}, name: all, pool: web }]
    `);
  });
}

// With 0 threads the data plane's memory is this thread's, and is looked at as well.
for (const threads of [0, 2]) {
  test(`nothing grows over ${RELOADS} reloads under traffic, ${threads} threads`, { timeout: 120_000 }, async (t) => {
    const all = configs(threads, await startEndpoints(t, 'abcdef'));
    const running = createBalancer(all[0]);
    t.after(() => running.close({ force: true }));
    await running.listen();
    const load = startLoad(running.addresses()[0].port, 4);
    t.after(() => load.stop());
    const run = async (reloads: number): Promise<void> => {
      for (let round = 1; round <= reloads; round++) await running.reload(all[round % all.length]);
    };
    const sizes = (): number[] => {
      const { pools = [], routeTable } = running.snapshot ?? {};
      return [routeTable?.capacity ?? 0, ...pools.map(({ table }) => table.capacity)];
    };
    // What is made once is there after a few rounds.
    await run(all.length * 4);
    const [before, heap] = [sizes(), heapUsed()];
    const began = performance.now();
    await run(RELOADS - all.length * 4);
    t.diagnostic(`${load.done} requests, ${((performance.now() - began) / RELOADS).toFixed(1)} ms a reload`);
    const grown = heapUsed() - heap;
    await load.stop();
    assert.deepEqual(load.failures, {});
    assert.deepEqual(sizes(), before);
    t.diagnostic(`heap ${Math.round(grown / 1024)} KiB, tables ${JSON.stringify(before)}`);
    assert.ok(grown < 4 * 1024 * 1024, `the heap grew by ${Math.round(grown / 1024)} KiB`);
    await running.close();
    assert.equal(running.stats().workers.corrections, 0);
    assert.equal(heldUnits(running), 0);
  });
}
