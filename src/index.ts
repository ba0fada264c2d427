/**
 * Fairlead as a library:
 *
 * ```ts
 * import { createBalancer } from 'fairlead';
 *
 * const balancer = createBalancer({
 *   listeners: { web: '127.0.0.1:8080' },
 *   pools: { web: ['localhost:8081', 'localhost:8082'] },
 * });
 * await balancer.listen();
 * process.once('SIGTERM', () => void balancer.close());
 * ```
 *
 * @packageDocumentation
 */
export { startBackend } from './cli/backend/backend.ts';
export type { Backend, BackendMode, BackendOptions, BackendStats } from './cli/backend/backend.ts';
export type * from './config/config-input.ts';
export type { Config } from './config/config.ts';
export { defineConfig } from './config/define-config.ts';
export { formatConfigErrors } from './config/errors.ts';
export type { ConfigError } from './config/errors.ts';
export { loadConfig, parseConfig } from './config/load.ts';
export type { ParsedConfig } from './config/load.ts';
export { ConfigInvalid } from './config/to-config.ts';
export { createBalancer } from './runtime/balancer.ts';
export type { Balancer, BalancerEvents, BalancerOptions, CloseOptions } from './runtime/balancer.ts';
export type { BalancerStats } from './runtime/balancer-stats.ts';
export { ListenError } from './runtime/listeners.ts';
export type { ListenerAddress } from './runtime/listeners.ts';
export { ReloadError } from './runtime/reload.ts';
export type { ReloadChange, ReloadResult } from './runtime/reload-result.ts';
export { UnresolvedNames } from './runtime/resolve-names.ts';
