/** Health over a reload: what is known of an endpoint that stays is kept, what is new is looked at, at once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReloadingBalancer, get, pool, startEndpoints } from '../support/reloading.ts';
import { until } from '../support/until.ts';

for (const threads of [0, 2]) {
  describe(`health over a reload, ${threads} threads`, () => {
    const config = (pools: string, more = ''): string =>
      `threads: ${threads}\nlisteners: { web: "127.0.0.1:0" }\npools: { ${pools} }\n${more}`;
    const stateOf = (balancer: ReloadingBalancer, address: string): string => {
      const all = balancer.running.balancer.stats().pools.flatMap(({ endpoints }) => endpoints);
      const { state = 'not there', reason = '' } = all.find(({ endpoint }) => endpoint === address)?.health ?? {};
      return `${state}: ${reason}`;
    };

    it('an ejected endpoint stays ejected, also in a table that has grown', async (t) => {
      const [a, b, c] = await startEndpoints(t, 'abc');
      const rules = 'policy: round-robin, retry: false, ejection: { failures: 2, statuses: [404], time: 300s },';
      const balancer = await ReloadingBalancer.start(t, config(pool('web', [a, b], rules)));
      a.status = 404;
      await until(() => {
        void get(balancer.port());
        return stateOf(balancer, a.address).startsWith('ejected');
      }, 'the ejection');
      const ejected = stateOf(balancer, a.address);
      await balancer.reload(config(pool('web', [a, b, c], rules)));
      assert.equal(stateOf(balancer, a.address), ejected);
      const dead = Array.from({ length: 100 }, (_none, index) => ({ address: `127.0.0.1:${index + 1}` }));
      await balancer.reload(config(pool('web', [a, b, ...dead], rules)));
      await balancer.reload(config(pool('web', [a, b], rules)));
      assert.equal(stateOf(balancer, a.address), ejected);
      a.status = 200;
      for (let count = 0; count < 8; count++) assert.equal(await get(balancer.port()), '200 b');
      // Other rules: nobody stays out by the old ones.
      await balancer.reload(config(pool('web', [a, b], rules.replace('failures: 2', 'failures: 3'))));
      assert.match(stateOf(balancer, a.address), /^healthy/);
      const names = await Promise.all([get(balancer.port()), get(balancer.port())]);
      assert.deepEqual(names.sort(), ['200 a', '200 b']);
    });

    it('a new endpoint is checked at once, and an unhealthy one stays so without another look', async (t) => {
      const [a, b, c] = await startEndpoints(t, 'abc');
      const check = 'check: { http: { path: /check }, interval: 300s },';
      a.status = 500;
      const balancer = await ReloadingBalancer.start(t, config(pool('web', [a, b], check)));
      await until(() => stateOf(balancer, a.address).startsWith('unhealthy'), 'the first verdict');
      // Only a verdict ends its first checks: what a thread that was late itself has found is looked at again.
      await until(() => !stateOf(balancer, b.address).endsWith('not checked yet'), 'the first verdict on the other');
      const looks = [a.checks, b.checks];
      c.status = 500;
      await balancer.reload(config(pool('web', [a, b, c], check)));
      await until(() => stateOf(balancer, c.address).startsWith('unhealthy'), 'a verdict on the new one');
      assert.match(stateOf(balancer, a.address), /^unhealthy/);
      assert.deepEqual([a.checks, b.checks], looks);
      for (let count = 0; count < 6; count++) assert.equal(await get(balancer.port()), '200 b');
      await balancer.endClean();
    });

    it('a changed check takes effect at once, and until it has an answer the last one holds', async (t) => {
      const [a, b] = await startEndpoints(t, 'ab');
      const check = (path: string): string =>
        `policy: round-robin, check: { http: { path: ${path} }, interval: 300s },`;
      a.status = 500;
      const balancer = await ReloadingBalancer.start(t, config(pool('web', [a, b], check('/check'))));
      await until(() => stateOf(balancer, a.address).startsWith('unhealthy'), 'the verdict');
      await until(() => stateOf(balancer, b.address) !== 'healthy: not checked yet' || b.checks > 0, 'a check of b');
      const before = a.checks;
      a.isSilent = true;
      await balancer.reload(config(pool('web', [a, b], check('/check?other'))));
      await until(() => a.checks > before, 'the new check');
      assert.match(stateOf(balancer, a.address), /^unhealthy/);
      for (let count = 0; count < 4; count++) assert.equal(await get(balancer.port()), '200 b');
      a.isSilent = false;
      a.status = 200;
      await balancer.reload(config(pool('web', [a, b], check('/check?third'))));
      await until(() => stateOf(balancer, a.address).startsWith('healthy'), 'the verdict of the third check');
      // No check at all: whatever they said is forgotten.
      await balancer.reload(config(pool('web', [a, b], 'policy: round-robin,')));
      const names = await Promise.all([get(balancer.port()), get(balancer.port())]);
      assert.deepEqual(names.sort(), ['200 a', '200 b']);
      await balancer.endClean();
    });
  });
}
