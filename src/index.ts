/**
 * Fairlead as a library:
 *
 * ```ts
 * import { createBalancer, formatConfigErrors, loadConfig } from 'fairlead';
 *
 * const parsed = await loadConfig('fairlead.yaml');
 * if ('errors' in parsed) throw new Error(formatConfigErrors(parsed.errors));
 * const balancer = createBalancer(parsed.config);
 * await balancer.listen();
 * ```
 */
export { startBackend } from './cli/backend/backend.ts';
export type { Backend, BackendMode, BackendOptions, BackendStats } from './cli/backend/backend.ts';
export type { Config } from './config/config.ts';
export { formatConfigErrors } from './config/errors.ts';
export type { ConfigError } from './config/errors.ts';
export { fromArguments, loadConfig, parseConfig } from './config/load.ts';
export type { ParsedConfig } from './config/load.ts';
export { createBalancer } from './runtime/balancer.ts';
export type { Balancer, BalancerEvents, BalancerOptions, CloseOptions } from './runtime/balancer.ts';
export type { BalancerStats } from './runtime/balancer-stats.ts';
export { ListenError } from './runtime/listeners.ts';
export type { ListenerAddress } from './runtime/listeners.ts';
export { ReloadError } from './runtime/reload.ts';
export type { ReloadChange, ReloadResult } from './runtime/reload-result.ts';
export { UnresolvedNames } from './runtime/resolve-names.ts';
