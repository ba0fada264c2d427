/** Priorities, zones, backups and slow start, as requests meet them; without sockets, in a time of their own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestBalancer } from '../../src/testing/testing.ts';
import type { TestBalancer } from '../../src/testing/testing.ts';

const PASSING = { http: '/', interval: '1s' } as const;

/** How many of so many requests each endpoint answered. */
async function answers(balancer: TestBalancer, count: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < count; index++) {
    const { body } = await balancer.request();
    counts[body] = (counts[body] ?? 0) + 1;
  }
  return counts;
}

function counted(balancer: TestBalancer, counter: 'overflows' | 'spills' | 'slowPasses'): readonly number[] {
  return balancer.stats().pools[0].endpoints.map(({ [counter]: count }) => count);
}

test('endpoints of the next priority take what is too much, and a backup everything when nobody else is there', async () => {
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        policy: 'random',
        check: PASSING,
        endpoints: ['a:80', 'b:80', { address: 'c:80', priority: 1 }, { address: 'd:80', backup: 'on' }],
      },
    },
  });
  await balancer.advance(1000);
  assert.deepEqual(Object.keys(await answers(balancer, 60)).sort(), ['a:80', 'b:80']);
  balancer.endpoint('a:80').kill();
  await balancer.advance(10_000);
  const { 'b:80': first, 'c:80': next, ...others } = await answers(balancer, 400);
  assert.deepEqual(others, {});
  assert.ok(first > 230 && first < 330 && next > 70, `${first} and ${next}`);
  assert.deepEqual(counted(balancer, 'overflows'), [0, 0, next, 0]);
  for (const id of ['b:80', 'c:80']) balancer.endpoint(id).kill();
  await balancer.advance(10_000);
  assert.deepEqual(await answers(balancer, 10), { 'd:80': 10 });
  balancer.endpoint('c:80').recover();
  await balancer.advance(10_000);
  assert.deepEqual(await answers(balancer, 10), { 'c:80': 10 });
  assert.deepEqual(counted(balancer, 'overflows'), [0, 0, next + 10, 10]);
  const [some, all, none, again] = balancer.eventsOf('overflow').map(({ event }) => event);
  assert.deepEqual(some, {
    pool: 'web',
    to: 'priority',
    phase: 'begin',
    percent: 30,
    reason: '1 of 2 endpoints of priority 0 may be picked',
  });
  assert.deepEqual([all.to, all.phase, all.percent], ['priority', 'end', 0]);
  assert.deepEqual(
    [none.to, none.phase, none.percent, none.reason],
    ['backup', 'begin', 100, '0 of 3 endpoints that are no backups may be picked'],
  );
  assert.deepEqual([again.to, again.phase, again.percent], ['priority', 'begin', 100]);
});

test('a request that failed at its endpoint goes to a backup rather than to nobody', async () => {
  await using balancer = await createTestBalancer({
    pools: { web: { endpoints: ['a:80', { address: 'b:80', backup: 'on' }] } },
  });
  balancer.endpoint('a:80').kill();
  assert.equal((await balancer.request()).body, 'b:80');
});

test('requests stay in the zone of Fairlead unless it has too few endpoints left, or zones are ignored', async () => {
  const config = (zones: 'prefer' | 'ignore') => ({
    zone: 'eu-1',
    pools: {
      web: {
        policy: 'random' as const,
        check: PASSING,
        zones,
        endpoints: ['a:80', 'b:80', 'c:80', 'd:80'].map((address, index) => ({
          address,
          zone: `eu-${1 + (index >> 1)}`,
        })),
      },
    },
  });
  await using balancer = await createTestBalancer(config('prefer'));
  await balancer.advance(1000);
  assert.deepEqual(Object.keys(await answers(balancer, 60)).sort(), ['a:80', 'b:80']);
  balancer.endpoint('a:80').kill();
  await balancer.advance(10_000);
  const { 'b:80': near, ...far } = await answers(balancer, 300);
  // One of three is left here, where half of the traffic comes from: two thirds of it stay.
  assert.ok(near > 160 && near < 240, String(near));
  assert.deepEqual(Object.keys(far).sort(), ['c:80', 'd:80']);
  assert.deepEqual(counted(balancer, 'spills'), [0, 0, far['c:80'], far['d:80']]);
  const [{ event }, ...more] = balancer.eventsOf('overflow');
  assert.deepEqual([event.to, event.percent, more], ['zone', 33, []]);
  assert.equal(event.reason, '1 of 2 endpoints of zone eu-1 may be picked');
  await balancer.reload(config('ignore'));
  assert.deepEqual(
    balancer.eventsOf('overflow').map(({ event: { phase } }) => phase),
    ['begin', 'end'],
  );
  const { 'b:80': third } = await answers(balancer, 300);
  assert.ok(third > 60 && third < 140, String(third));
});

test('an endpoint that recovered, or came with a reload, starts slowly; at the start of the process none does', async () => {
  const config = (endpoints: readonly string[]) => ({
    pools: {
      web: { policy: 'round-robin' as const, slowStart: '30s' as const, check: PASSING, endpoints: [...endpoints] },
    },
  });
  await using balancer = await createTestBalancer(config(['a:80', 'b:80']));
  await balancer.advance(100);
  assert.deepEqual(await answers(balancer, 100), { 'a:80': 50, 'b:80': 50 });
  balancer.endpoint('b:80').check = 'fails';
  await balancer.advance(10_000);
  balancer.endpoint('b:80').check = 'passes';
  while (balancer.stats().pools[0].endpoints[1].health.state !== 'healthy') await balancer.advance(50);
  const { 'b:80': few } = await answers(balancer, 200);
  assert.ok(few > 0 && few < 40, String(few));
  const [, passes] = counted(balancer, 'slowPasses');
  assert.ok(passes > 40 && passes <= 200 - few, `${passes} picks were passed on`);
  assert.match(
    balancer.stats().pools[0].endpoints[1].health.reason,
    /^http check: 200 in 0 ms: it starts slowly, for 30 s$/,
  );
  await balancer.advance(31_000);
  assert.deepEqual(await answers(balancer, 100), { 'a:80': 50, 'b:80': 50 });
  await balancer.reload(config(['a:80', 'b:80', 'c:80']));
  const { 'c:80': fresh } = await answers(balancer, 300);
  assert.ok(fresh > 0 && fresh < 50, String(fresh));
  await balancer.advance(31_000);
  assert.deepEqual(await answers(balancer, 99), { 'a:80': 33, 'b:80': 33, 'c:80': 33 });
});

test('an endpoint that had to pass its first check is no newcomer at the start of the process', async () => {
  await using balancer = await createTestBalancer({
    pools: {
      web: {
        policy: 'round-robin',
        slowStart: '30s',
        check: { ...PASSING, start: 'unhealthy' },
        panic: 'off',
        endpoints: ['a:80', 'b:80'],
      },
    },
  });
  await balancer.advance(1000);
  assert.deepEqual(await answers(balancer, 100), { 'a:80': 50, 'b:80': 50 });
});
