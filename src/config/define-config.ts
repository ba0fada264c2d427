import type { ConfigInput } from './config-input.ts';

/**
 * The same config, with its types: the compiler then knows the keys, the names of pools that routes may use, the
 * policies, and how durations and sizes are written. It does nothing at run time.
 *
 * @example
 * import { defineConfig } from 'fairlead';
 *
 * export default defineConfig({
 *   routes: [{ match: { path: '/v1/*' }, pool: 'api' }, { pool: 'web' }],
 *   pools: {
 *     api: { policy: 'least-connections', endpoints: ['localhost:8081'], timeouts: { connect: '500ms' } },
 *     web: ['localhost:8082'],
 *   },
 * });
 */
export function defineConfig<PoolName extends string>(config: ConfigInput<PoolName>): ConfigInput<PoolName> {
  return config;
}
