/** More and fewer threads under traffic; workers that are replaced or die while a config takes effect. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { request, startLoad } from '../support/running-balancer.ts';
import { ReloadingBalancer, Tunnel, get, pool, startEndpoints } from '../support/reloading.ts';
import type { NamedEndpoint } from '../support/reloading.ts';
import { until } from '../support/until.ts';

function config(threads: number, endpoints: readonly NamedEndpoint[], spread = 'kernel', more = ''): string {
  return `
    threads: ${threads}
    listeners: { web: { address: "127.0.0.1:0", spread: ${spread} } }
    pools: { ${pool('web', endpoints)} }
    ${more}
  `;
}

const served = (balancer: ReloadingBalancer): number => balancer.running.balancer.stats().workers.serving;

for (const spread of ['kernel', 'even']) {
  describe(`threads over a reload, spread ${spread}`, () => {
    it(`threads become more and fewer under traffic, and no connection is lost (spread ${spread})`, async (t) => {
      const endpoints = await startEndpoints(t, 'ab');
      const balancer = await ReloadingBalancer.start(t, config(1, endpoints, spread));
      const load = startLoad(balancer.port(), 8);
      t.after(() => load.stop());
      let before = 1;
      for (const threads of [4, 2, 1]) {
        const { summary } = await balancer.reload(config(threads, endpoints, spread));
        assert.equal(summary, `threads ${before} → ${threads}`);
        assert.equal(served(balancer), threads);
        const { done } = load;
        await until(() => load.done > done + 30, 'traffic');
        before = threads;
      }
      await load.stop();
      t.diagnostic(`${load.done} connections, lost ${JSON.stringify(load.failures)}`);
      assert.deepEqual(load.failures, {});
      const { threads } = balancer.running.balancer.stats().workers;
      await until(() => balancer.running.balancer.stats().workers.threads.length === 1, 'those that left are gone');
      assert.ok(threads.length >= 1);
      await balancer.endClean();
    });

    it(`all threads get connections once a reload has added some (spread ${spread})`, async (t) => {
      const [a] = await startEndpoints(t, 'a');
      const balancer = await ReloadingBalancer.start(t, config(3, [a], spread));
      await balancer.reload(config(1, [a], spread));
      await balancer.reload(config(3, [a], spread));
      const busy = (): number =>
        balancer.running.balancer.stats().workers.threads.filter(({ connections }) => connections > 0).length;
      const tunnels: Tunnel[] = [];
      // With the kernel's spread it is chance, and a hundred tunnels that miss one of three threads are none.
      for (let count = 0; count < 100 && busy() < 3; count++) tunnels.push(await Tunnel.open(t, balancer.port()));
      assert.equal(busy(), 3);
      for (const tunnel of tunnels) tunnel.socket.destroy();
      await balancer.endClean();
    });
  });
}

describe('workers while a config takes effect', () => {
  it('workers that leave at a reload let their tunnels live for the drain time', async (t) => {
    const [a] = await startEndpoints(t, 'a');
    const drain = (time: string): string => `timeouts: { drain: ${time} }`;
    const balancer = await ReloadingBalancer.start(t, config(3, [a], 'even', drain('30s')));
    const tunnels = await Promise.all([0, 1, 2].map(() => Tunnel.open(t, balancer.port())));
    await balancer.reload(config(1, [a], 'even', drain('30s')));
    for (const tunnel of tunnels) await tunnel.echo('still here');
    assert.equal(served(balancer), 1);
    for (const tunnel of tunnels) tunnel.socket.destroy();
    await until(() => balancer.running.balancer.stats().workers.threads.length === 1, 'those that left are gone');
    await balancer.endClean();
  });

  it('workers are replaced, and become fewer, while reloads go on: none is lost, none too many', async (t) => {
    const [a, b] = await startEndpoints(t, 'ab');
    const balancer = await ReloadingBalancer.start(t, config(3, [a]));
    const load = startLoad(balancer.port(), 8);
    t.after(() => load.stop());
    const replaced = balancer.running.balancer.replaceWorkers();
    const reloads = [2, 4, 1, 2].map((threads, index) => balancer.reload(config(threads, [index % 2 === 0 ? b : a])));
    const results = await Promise.all(reloads);
    await replaced;
    assert.deepEqual(
      results.map(({ version }) => version),
      [2, 3, 4, 5],
    );
    const { done } = load;
    await until(() => load.done > done + 50, 'traffic');
    await load.stop();
    assert.deepEqual(load.failures, {});
    assert.equal(served(balancer), 2);
    await until(() => balancer.running.balancer.stats().workers.threads.length === 2, 'the others are gone');
    await balancer.endClean();
  });

  for (const fault of ['throw', 'exit'] as const) {
    it(`workers that die in the middle of a reload (${fault}) are replaced by ones that have the new config`, async (t) => {
      const [a, b] = await startEndpoints(t, 'ab');
      const balancer = await ReloadingBalancer.start(t, config(3, [a]));
      const { balancer: running, changes } = balancer.running;
      const load = startLoad(balancer.port(), 8);
      t.after(() => load.stop());
      for (let round = 1; round <= 2; round++) {
        const [worker] = running.workers?.serving ?? [];
        const reload = balancer.reload(config(3, [round % 2 === 0 ? a : b]));
        worker.breakDown(fault);
        await reload;
        await until(() => running.stats().workers.replaced === round, 'a replacement', 30_000);
      }
      await until(() => served(balancer) === 3, 'three workers');
      await load.stop();
      if (fault === 'throw') assert.deepEqual(load.failures, {});
      assert.equal(changes.filter(({ change }) => change === 'replaced').length, 2);
      for (let count = 0; count < 12; count++) assert.equal(await get(balancer.port()), '200 a');
      await running.close();
      assert.equal(running.stats().workers.corrections, 0);
    });
  }

  it('the only worker that dies during a reload leaves the changed config to the next one', async (t) => {
    const [a, b] = await startEndpoints(t, 'ab');
    const balancer = await ReloadingBalancer.start(t, config(1, [a]));
    balancer.running.balancer.workers?.serving[0].breakDown('exit');
    await balancer.reload(config(2, [b]));
    await until(() => served(balancer) === 2, 'two workers', 30_000);
    assert.equal(await request(balancer.port()), '');
    assert.equal(await get(balancer.port()), '200 b');
    await balancer.running.balancer.close();
  });
});
