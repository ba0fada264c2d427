/** The first regular expression comes with a reload, to threads that have run without one. A process of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReloadingBalancer, get, pool, startEndpoints } from '../support/reloading.ts';

test('the first pattern, which comes with a reload, is linear in threads that run already', async (t) => {
  assert.throws(() => new RegExp('a', 'l'), 'linear expressions have been switched on before');
  const [a, b] = await startEndpoints(t, 'ab');
  const config = (routes: string): string => `
    threads: 2
    listeners: { web: "127.0.0.1:0" }
    pools: { ${pool('one', [a])}, ${pool('two', [b])} }
    routes: [${routes}, { match: {}, name: rest, pool: one }]
  `;
  const balancer = await ReloadingBalancer.start(t, config('{ name: x, match: { path: /x }, pool: two }'));
  const answers = async (path: string): Promise<string[]> => [
    ...new Set(await Promise.all(Array.from({ length: 8 }, () => get(balancer.port(), path)))),
  ];
  assert.deepEqual(await answers('/x'), ['200 b']);
  await balancer.reload(config('{ name: x, match: { path: { regex: "^/(a+)+$" } }, pool: two }'));
  assert.deepEqual(await answers('/aaaa'), ['200 b']);
  // The ordinary engine takes 2 ** 60 steps for this one.
  assert.deepEqual(await answers(`/${'a'.repeat(60)}!`), ['200 a']);
  await balancer.endClean();
});
