/** A balancer of whatever form of a config a program has: the one that is read, and the one that people write. */
import type { ConfigInput } from '../config/config-input.ts';
import type { Config } from '../config/config.ts';
import { toConfig } from '../config/to-config.ts';
import { Balancer } from './balancer.ts';
import type { BalancerOptions } from './balancer.ts';
import { requireNode } from './node-version.ts';

/**
 * Makes a balancer; nothing runs before {@link Balancer.listen}. `config` is what one would write in a file, as an
 * object, or a {@link Config} that {@link loadConfig} or {@link parseConfig} has read. Throws {@link ConfigInvalid},
 * which tells every mistake at once, and an Error on a Node that is too old.
 *
 * @example
 * const balancer = createBalancer({
 *   listeners: { web: '127.0.0.1:8080' },
 *   pools: { web: ['localhost:8081', 'localhost:8082'] },
 * });
 * balancer.on('health', ({ pool, endpoint, before, state }) => console.log(pool, endpoint, before, state));
 * await balancer.listen();
 */
export function createBalancer<PoolName extends string>(
  config: Config | ConfigInput<PoolName>,
  options: BalancerOptions = {},
): Balancer {
  requireNode(process.versions.node);
  return new Balancer(toConfig(config), options, toConfig);
}
