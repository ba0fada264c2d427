/** Reloads, replacements and failing workers at once, with real threads, sockets and clients; in a fixed random order. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSeededRandom } from '../../src/core/random.ts';
import type { Random } from '../../src/core/random.ts';
import { heldUnits, startLoad } from '../support/running-balancer.ts';
import { ReloadingBalancer, pool, startEndpoints } from '../support/reloading.ts';
import type { NamedEndpoint } from '../support/reloading.ts';
import { until } from '../support/until.ts';

const RELOADS = 16;
const FAILURES = 2;

function randomConfig(random: Random, endpoints: readonly NamedEndpoint[]): { text: string; threads: number } {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random.next() * of.length)];
  const some = endpoints.filter(() => random.next() < 0.6);
  const threads = pick([1, 2, 3]);
  const policy = `policy: ${pick(['random', 'least-connections', 'round-robin'])},`;
  const listeners = [`web: { address: "127.0.0.1:0", spread: ${pick(['kernel', 'even'])} }`];
  if (random.next() < 0.5) listeners.push('other: "127.0.0.1:0"');
  const text = `
    threads: ${threads}
    listeners: { ${listeners.join(', ')} }
    pools: { ${pool('web', some.length === 0 ? endpoints : some, policy)} }
  `;
  return { text, threads };
}

it('a balancer that is turned over again and again loses no request, no worker and no count', async (t) => {
  const seed = Number(process.env['SEED'] ?? 20_261_121);
  t.diagnostic(`seed ${seed}`);
  const random = createSeededRandom(seed);
  const endpoints = await startEndpoints(t, 'abcd');
  let wanted = randomConfig(random, endpoints);
  const balancer = await ReloadingBalancer.start(t, wanted.text);
  const { balancer: running } = balancer.running;
  const load = startLoad(balancer.port(), 6);
  t.after(() => load.stop());
  const replaced: Promise<void>[] = [];
  for (let round = 1; round <= RELOADS; round++) {
    wanted = randomConfig(random, endpoints);
    const reload = balancer.reload(wanted.text);
    if (random.next() < 0.25) replaced.push(running.replaceWorkers());
    if (round % Math.floor(RELOADS / FAILURES) === 0) running.workers?.serving[0].breakDown('throw');
    await reload;
  }
  await Promise.all(replaced);
  const { threads } = wanted;
  await until(
    () => {
      const { workers } = running.stats();
      return workers.serving === threads && workers.threads.length === threads;
    },
    () => `${threads} workers and nobody else: ${JSON.stringify(running.stats().workers)}`,
    30_000,
  );
  const { done } = load;
  await until(() => load.done > done + 50, 'traffic');
  await load.stop();
  t.diagnostic(`${load.done} requests`);
  const { changes, faults } = balancer.running;
  // A thread that gets no processor for seconds is taken for one that hangs, and its clients go with it.
  t.diagnostic(JSON.stringify(changes));
  assert.deepEqual(load.failures, {});
  await running.close();
  // Of a worker that was sent away before it threw, the exception is a fault; of any other, the end.
  const failed = changes.filter(({ change }) => change === 'failed').map(({ reason }) => reason.split('\n')[0]);
  const reported = [...failed, ...faults.map(({ stack }) => stack.split('\n')[0])];
  assert.deepEqual(
    reported,
    Array.from({ length: FAILURES }, () => 'Error: test fault: throw'),
  );
  assert.equal(running.stats().workers.corrections, 0);
  assert.equal(heldUnits(running), 0);
});
