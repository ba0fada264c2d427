/** An endpoint that refuses connects, as the control plane keeps it; the time is the test's own. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { REFUSED } from '../../src/core/shared/pool-table.ts';
import { configOf } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';
import { GENERATION, unusedPort, watch } from '../support/watched-pool.ts';

it('an endpoint that refuses is tried as often as its check says since the last reload', async (t) => {
  const checkOf = (downInterval: string): string => `{ tcp: {}, interval: 60s, downInterval: ${downInterval} }`;
  const { time, fail, health, spec, table, bareConnects } = watch(t, [await unusedPort()], checkOf('60s'));
  const pass = async (ms: number): Promise<number> => {
    const before = bareConnects();
    for (let passed = 0; passed < ms; passed += 250) {
      time.advance(250);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return bareConnects() - before;
  };
  fail(0, 'refused');
  assert.ok((await pass(11_000)) > 20);
  assert.ok((await pass(10_000)) <= 1);
  const [{ checks }] = configOf(`pools: { web: { endpoints: ["a:1"], check: ${checkOf('500ms')} } }`).pools;
  health.update({ ...spec, checks }, table);
  await pass(60_000);
  assert.ok((await pass(10_000)) >= 10);
  assert.equal(table.health[0] & REFUSED, REFUSED);
});

it('endpoints take turns by threes while all of a pool refuse, and none waits for another once one has come back', async (t) => {
  const ports = await Promise.all(Array.from({ length: 8 }, unusedPort));
  const { time, fail, health, bareConnects, answers, asked } = watch(t, ports, '');
  const passSecond = async (): Promise<number> => {
    const before = bareConnects();
    for (let passed = 0; passed < 1000; passed += 10) {
      time.advance(10);
      await until(() => answers() === asked.length, 'the connects that were begun are over');
    }
    return bareConnects() - before;
  };
  for (const slot of ports.keys()) fail(slot, 'refused');
  await passSecond();
  const whenAllRefuse = await passSecond();
  assert.ok(whenAllRefuse >= 9 && whenAllRefuse <= 12, `${whenAllRefuse} connects`);
  health.recovered(0, GENERATION);
  await passSecond();
  const whenOneIsBack = await passSecond();
  assert.ok(whenOneIsBack >= 24 && whenOneIsBack <= 28, `${whenOneIsBack} connects`);
});
