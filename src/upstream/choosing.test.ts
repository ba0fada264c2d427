import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Policy } from '../core/balancer/policy.ts';
import { systemClock } from '../core/clock.ts';
import { AdmissionBoard } from '../core/shared/admission-board.ts';
import { PoolTable, createPoolTable } from '../core/shared/pool-table.ts';
import { nodeTurns } from '../net/loop-turns.ts';
import { testSnapshot } from '../../test/support/data-plane.ts';
import { STICKY } from '../../test/support/sticky-spec.ts';
import { NO_LEASES, SILENT_REPORTS } from '../../test/support/watched-pool.ts';
import { Admission } from './admission.ts';
import type { AdmissionOptions } from './admission.ts';
import { Picking, acquireEndpoint } from './choosing.ts';
import { Endpoint } from './endpoint.ts';
import { Pool } from './pool.ts';
import type { Waiter } from './waiter.ts';

const LIMITS = {
  maxConnections: 0,
  maxIdle: 8,
  idleTimeoutMs: 1000,
  isLenient: false,
  failures: 0,
  breaker: null,
  maxRequests: 1,
  maxPoolRequests: 0,
  tls: null,
};

/** The first of those that were not tried and are not full. */
const firstOf = (table: () => PoolTable): Policy => ({
  pick: ({ tried }) => {
    const isOpen = (slot: number): boolean => table().inFlight(slot) === 0;
    const untried = [0, 1].find((slot) => isOpen(slot) && tried?.includes(slot) !== true);
    return untried ?? [0, 1].find(isOpen) ?? -1;
  },
});

/** A sticky pool of two endpoints, each with one place, in one of two threads. */
function stickyPool() {
  const [plain] = testSnapshot({ ports: [1, 2], pool: { sticky: STICKY } }).pools;
  const endpoints = plain.endpoints.map((each, at) => ({ ...each, maxRequests: 1, stickyValue: `${at}` }));
  const spec = { ...plain, endpoints };
  const handle = createPoolTable(2, 2);
  const table = new PoolTable(handle, 0);
  const given: { options: AdmissionOptions | null } = { options: null };
  const pool = new Pool<Waiter>(spec, table, {
    clock: systemClock,
    turns: nodeTurns,
    createAdmission(options) {
      given.options = options;
      return new Admission(options);
    },
    reportFault: (error) => assert.fail(String(error)),
  });
  const made = endpoints.map(
    (each) =>
      new Endpoint({ poolId: 'web', spec: each, table, limits: LIMITS, leases: NO_LEASES, reports: SILENT_REPORTS }),
  );
  pool.arrange(spec, made, [firstOf(() => pool.table)], null);
  return { pool, handle, given };
}

/** The slot of the endpoint that a request gets, -1 for none; it is given back. */
function slotFor(pool: Pool<Waiter>, rank: number, bound = -1): number {
  const endpoint = acquireEndpoint(pool, Object.assign(new Picking(), { rank, bound }), [], []);
  endpoint?.release();
  return endpoint === null ? -1 : endpoint.slot;
}

describe('a place at an endpoint that somebody waits for alone', () => {
  it('a place at an endpoint that somebody waits for alone goes to nobody who came later, whichever thread that is in', () => {
    const { pool, handle } = stickyPool();
    new AdmissionBoard(handle, 1).publishHome(0, 5);
    assert.deepEqual([slotFor(pool, 3), slotFor(pool, 9)], [0, 1]);
    assert.ok(!pool.isFull([], 9));
    pool.endpoints[1].acquire();
    assert.deepEqual([slotFor(pool, 3), slotFor(pool, 9)], [0, -1]);
    assert.deepEqual([pool.isFull([], 3), pool.isFull([], 9)], [false, true]);
    pool.endpoints[1].release();
  });

  it('a place at an endpoint that somebody waits for alone is waited for by who is bound there and came later', () => {
    const { pool, handle } = stickyPool();
    new AdmissionBoard(handle, 1).publishHome(0, 5);
    assert.deepEqual([slotFor(pool, 3, 0), slotFor(pool, 9, 0), slotFor(pool, 9, 1)], [0, -1, 1]);
    const request = (rank: number) => Object.assign(new Picking(), { rank, bound: 0 });
    assert.deepEqual([pool.isFullForBound(request(3)), pool.isFullForBound(request(9))], [false, true]);
  });

  it('a place at an endpoint is looked for in the larger table that its pool goes on in', () => {
    const { pool, given } = stickyPool();
    const larger = new PoolTable(createPoolTable(40, 2), 0);
    for (const endpoint of pool.endpoints) endpoint.moveTo(larger);
    pool.moveTo(larger);
    assert.equal(given.options?.hasPlaceAt(0), true);
    assert.ok(pool.endpoints[0].acquire());
    assert.equal(given.options.hasPlaceAt(0), false);
    pool.endpoints[0].release();
  });
});
