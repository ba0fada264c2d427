import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testSnapshot } from '../../../test/support/data-plane.ts';
import { diffSnapshots } from '../../config/diff.ts';
import { createPoolTable } from '../../core/shared/pool-table.ts';
import type { AccessLogSpec, RouteLogSpec } from '../../core/access-log.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { describeChanges, summarize } from './reload-result.ts';

const before = testSnapshot({ ports: [1, 2], routes: [{ id: 'a' }, { id: 'b' }] });
const [web] = before.pools;
const [listener] = before.listeners;
const { settings } = before;
const accessLog: AccessLogSpec = { format: 'json', to: { kind: 'stderr' }, mask: [], bufferBytes: 1, unrouted: null };
const logged: RouteLogSpec = { level: 'info', only: 'all', slowMs: 1000, sample: 1 };

function said(change: Partial<Snapshot>): string {
  const after = { ...before, ...change };
  return summarize(describeChanges(before, after, diffSnapshots(before, after)));
}

describe('the words for a reload', () => {
  const cases: readonly (readonly [string, Partial<Snapshot>, string])[] = [
    ['nothing', {}, 'nothing changed'],
    ['threads', { threads: 3 }, 'threads 0 → 3'],
    ['the access log alone', { settings: { ...settings, accessLog } }, 'accessLog changed'],
    [
      'the access log alone, where every route logs by it',
      {
        settings: { ...settings, accessLog },
        routes: before.routes.map((route) => ({ ...route, accessLog: logged })),
      },
      'accessLog changed',
    ],
    [
      'the access log of a route alone',
      { routes: [{ ...before.routes[0], accessLog: logged }, before.routes[1]] },
      '1 route changed',
    ],
    [
      'three settings',
      { settings: { ...settings, accessLog, maxConnections: 7, trustedProxies: ['::1'] } },
      'trustedProxies, accessLog and maxConnections changed',
    ],
    ['a moved listener', { listeners: [{ ...listener, port: 81 }] }, '1 listener moved'],
    ['a changed listener', { listeners: [{ ...listener, spread: 'even' }] }, '1 listener changed'],
    ['a renamed listener', { listeners: [{ ...listener, id: 'x' }] }, '1 listener added, 1 listener removed'],
    ['a changed route', { routes: [{ ...before.routes[0], maxBody: 9 }, before.routes[1]] }, '1 route changed'],
    ['a removed route', { routes: [before.routes[1]] }, '1 route removed'],
    ['routes in another order', { routes: [before.routes[1], before.routes[0]] }, 'routes reordered'],
    ['a larger table alone', { pools: [{ ...web, table: createPoolTable(64, 1) }] }, 'nothing changed'],
    ['a policy', { pools: [{ ...web, policy: 'random' }] }, '1 pool changed'],
    [
      'a weight',
      { pools: [{ ...web, endpoints: [{ ...web.endpoints[0], weight: 2 }, web.endpoints[1]] }] },
      '1 endpoint changed',
    ],
    ['a pool with its endpoints', { pools: [web, { ...web, id: 'new' }] }, '1 pool added, 2 endpoints added'],
    ['no pool', { pools: [] }, '2 endpoints removed, 1 pool removed'],
  ];
  for (const [what, change, words] of cases) {
    it(`the words for a reload tell of ${what}`, () => assert.equal(said(change), words));
  }

  it('the words for a reload name every setting that there is', () => {
    for (const name of Object.keys(settings)) {
      const after = { ...settings, [name]: 'something else' };
      assert.equal(said({ settings: after }), `${name} changed`);
    }
  });
});
