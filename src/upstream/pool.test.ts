import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../core/balancer/policy.ts';
import { systemClock } from '../core/clock.ts';
import { COUNTER_PANIC_PICKS, PoolTable, REFUSED, createPoolTable } from '../core/shared/pool-table.ts';
import { testSnapshot } from '../../test/support/data-plane.ts';
import { NO_LEASES, SILENT_REPORTS } from '../../test/support/watched-pool.ts';
import { Admission } from './admission.ts';
import { Endpoint } from './endpoint.ts';
import type { EndpointReports } from './endpoint.ts';
import { nodeTurns } from '../net/loop-turns.ts';
import { Pool } from './pool.ts';
import type { Waiter } from './waiter.ts';

const LIMITS = {
  maxConnections: 0,
  maxIdle: 8,
  idleTimeoutMs: 1000,
  isLenient: false,
  tls: null,
  failures: 2,
  breaker: null,
  maxRequests: 0,
  maxPoolRequests: 0,
};

function pool(policy: Policy, panic: Policy | null, reports: EndpointReports = SILENT_REPORTS): Pool<Waiter> {
  const [spec] = testSnapshot({ ports: [1, 2] }).pools;
  const table = new PoolTable(createPoolTable(2, 1), 0);
  const made = new Pool<Waiter>(spec, table, {
    clock: systemClock,
    turns: nodeTurns,
    createAdmission: (options) => new Admission(options),
    reportFault: (error) => assert.fail(String(error)),
  });
  const endpoints = spec.endpoints.map(
    (each) => new Endpoint({ poolId: 'web', spec: each, table, limits: LIMITS, leases: NO_LEASES, reports }),
  );
  made.arrange(spec, endpoints, [policy], panic);
  return made;
}

const ANYWHERE = {
  tried: null,
  key: 0,
  policy: 0,
  bound: -1,
  isByAddress: false,
  isSpilled: false,
  rank: 0,
};
test('the last resort is asked only where the policy finds nobody, and counted', () => {
  let answer = 1;
  const made = pool({ pick: () => answer }, { pick: () => 0 });
  assert.equal(made.pick(ANYWHERE), 1);
  assert.equal(made.table.total(0, COUNTER_PANIC_PICKS), 0);
  answer = -1;
  assert.equal(made.pick(ANYWHERE), 0);
  assert.equal(made.table.total(0, COUNTER_PANIC_PICKS), 1);
  assert.equal(pool({ pick: () => -1 }, null).pick(ANYWHERE), -1);
});

test('a policy that learns hears what became of an endpoint, by its index; others are not asked', () => {
  const heard: unknown[] = [];
  const made = pool({ pick: () => 0, observed: (...all) => heard.push(all) }, null);
  made.observed(made.endpoints[1], 12, true);
  const [gone] = pool({ pick: () => 0 }, null).endpoints;
  made.observed(gone, 12, true);
  assert.deepEqual(heard, [[1, 12, true]]);
  assert.doesNotThrow(() => pool({ pick: () => 0 }, null).observed(made.endpoints[0], 12, true));
});

test('statuses of the list are failures, others are not', () => {
  const made = pool({ pick: () => 0 }, null);
  assert.deepEqual(
    [500, 502, 503, 504, 599].map((status) => made.isFailureStatus(status)),
    [false, true, true, true, false],
  );
});

test('an endpoint reports the first failure, those that reach the threshold, and a recovery from refused connects', () => {
  const said: string[] = [];
  const made = pool({ pick: () => 0 }, null, {
    onFailuresReached: ({ spec }, kind, { failure }) => said.push(`${spec.port} reached: ${kind}, the last ${failure}`),
    onPassiveFailure: ({ spec }, isFirst, { failure }) => said.push(`${spec.port} ${failure} ${isFirst}`),
    onBreakerFailure() {},
    onTrialEnded() {},
    onRecovered: ({ spec }) => said.push(`${spec.port} recovered`),
  });
  const [endpoint] = made.endpoints;
  endpoint.failed({ failure: 'refused', detail: '', tookMs: 1 });
  made.table.setHealth(0, REFUSED);
  endpoint.failed({ failure: 'refused', detail: '', tookMs: 1 });
  endpoint.succeeded();
  endpoint.succeeded();
  assert.deepEqual(said, ['1 refused true', '1 reached: connect, the last refused', '1 recovered']);
});
