import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf } from '../../test/support/running-balancer.ts';
import { advisePools } from './advise-pools.ts';

const adviceOf = (pool: string, routes = '[{ pool: web }]'): readonly string[] =>
  advisePools(configOf(`pools: { web: { ${pool} } }\nroutes: ${routes}`));

describe('the advice on pools', () => {
  it('the advice on pools names an endpoint without a limit where others have one, since nobody waits then', () => {
    const backup = (limit: string): string =>
      `endpoints: [{ address: "a:1", maxRequests: 2 }, { address: "b:1", backup: on${limit} }]`;
    assert.deepEqual(adviceOf(backup('')), [
      'pool web: b:1 has no maxRequests: what is too much for the others goes there, and nobody waits.',
    ]);
    assert.deepEqual(adviceOf('endpoints: ["a:1", "b:1", { address: "c:1", maxRequests: 2 }]'), [
      'pool web: 2 endpoints have no maxRequests: what is too much for the others goes there, and nobody waits.',
    ]);
    assert.deepEqual(adviceOf(backup(', maxRequests: 1')), []);
    assert.deepEqual(adviceOf(`${backup('')}, maxRequests: 9`), []);
    assert.deepEqual(adviceOf(backup(', weight: 0')), []);
  });

  it('the advice on pools says that queue.timeout is for nobody where there is no limit', () => {
    assert.deepEqual(adviceOf('endpoints: ["a:1"], queue: { timeout: 2s }'), [
      'pool web: queue.timeout is for requests that wait for a place, and there is no maxRequests.',
    ]);
    assert.deepEqual(adviceOf('endpoints: ["a:1"], queue: { timeout: 2s }, maxRequests: 9'), []);
    assert.deepEqual(adviceOf('endpoints: ["a:1"], queue: { max: 9, hold: 2s }'), []);
  });

  it('the advice on pools names what retryOn leaves out beside a status, in a pool or in a route', () => {
    const servers = 'endpoints: ["a:1", "b:1"]';
    assert.deepEqual(adviceOf(`${servers}, retry: { retryOn: 503 }`), [
      'pool web: retryOn leaves out connect and reset, which the default has: clients get those errors.',
    ]);
    assert.deepEqual(adviceOf(servers, '[{ pool: web, name: api, retry: { retryOn: [connect, 503] } }]'), [
      'route api: retryOn leaves out reset, which the default has: clients get those errors.',
    ]);
    for (const retry of ['{ retryOn: [connect, reset, 503] }', '{ retryOn: [] }', '{ retryOn: connect }', 'off'])
      assert.deepEqual(adviceOf(`${servers}, retry: ${retry}`), []);
  });
});
