import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf } from '../../../test/support/running-balancer.ts';
import { UnresolvedNames, resolveNames } from './resolve-names.ts';
import type { ResolvedEndpoint } from './resolve-names.ts';

async function resolve(address: string, found: readonly string[] = []): Promise<readonly ResolvedEndpoint[]> {
  const config = configOf(`pools: { web: { endpoints: [{ address: "${address}", weight: 3 }] } }`);
  return (await resolveNames(config, () => Promise.resolve(found))).get('web') ?? [];
}

describe('names of endpoints', () => {
  it('names of endpoints that are numeric stay as they are', async () => {
    const [endpoint] = await resolve('[::1]:8081');
    assert.deepEqual(endpoint, {
      id: '[::1]:8081',
      weight: 3,
      priority: 0,
      zone: '',
      isBackup: false,
      maxRequests: 0,
      port: 8081,
      authority: '[::1]:8081',
      addresses: ['::1'],
    });
  });

  it('names of endpoints that are unix sockets are no names, and go by localhost as Host', async () => {
    const [endpoint, ...others] = await resolve('unix:/run/App.sock');
    const { id, addresses, port, authority } = endpoint;
    assert.deepEqual(
      [id, addresses, port, authority, others],
      ['unix:/run/App.sock', ['unix:/run/App.sock'], 0, 'localhost', []],
    );
  });

  it('the name localhost of an endpoint means both families, as one endpoint', async () => {
    const endpoints = await resolve('localhost:8081');
    assert.deepEqual(
      endpoints.map(({ id, addresses }) => ({ id, addresses })),
      [{ id: 'localhost:8081', addresses: ['127.0.0.1', '::1'] }],
    );
  });

  it('a name with several addresses becomes several endpoints under one authority', async () => {
    const endpoints = await resolve('api.test:80', ['192.0.2.1', '192.0.2.2']);
    assert.deepEqual(
      endpoints.map(({ id, addresses, authority, weight }) => ({ id, addresses, authority, weight })),
      [
        { id: 'api.test:80/192.0.2.1', addresses: ['192.0.2.1'], authority: 'api.test', weight: 3 },
        { id: 'api.test:80/192.0.2.2', addresses: ['192.0.2.2'], authority: 'api.test', weight: 3 },
      ],
    );
  });

  it('names of endpoints that cannot be resolved are named all at once, with their pools and reasons', async () => {
    const config = configOf(
      '{ routes: [{ pool: a }], pools: { a: ["one.test:80"], b: ["127.0.0.1:80", "two.test:80"] } }',
    );
    const lookup = (): Promise<never> => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    await assert.rejects(resolveNames(config, lookup), (error) => {
      assert.ok(error instanceof UnresolvedNames);
      assert.match(error.message, /pool a: cannot resolve one\.test \(ENOTFOUND\)/);
      assert.match(error.message, /pool b: cannot resolve two\.test \(ENOTFOUND\)/);
      return true;
    });
  });
});
