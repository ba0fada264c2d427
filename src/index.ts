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
export type { AgentReport } from './checks/endpoint-agent.ts';
export type { AgentState, Standing } from './core/health/agent.ts';
export { CheckFileError } from './checks/trusted-certificates.ts';
export type { OverflowEvent } from './runtime/control/overflow-watch.ts';
export type { WithheldEjection } from './checks/pool-outages.ts';
export type { HealthEvent, PanicEvent } from './checks/pool-health.ts';
export type { CheckReport, EndpointHealthReport, HealthState, HealthTransition } from './checks/endpoint-health.ts';
export type {
  AccessLogSpec,
  LogField,
  LogFormat,
  LogPart,
  LogRotation,
  LogTarget,
  RouteLogSpec,
} from './core/access-log.ts';
export type { Cancel, Scheduler } from './checks/scheduler.ts';
export type * from './config/config-input.ts';
export type { Config, EndpointConfig, PoolConfig, RouteConfig } from './config/config.ts';
export { defineConfig } from './config/define-config.ts';
export { formatConfigErrors } from './config/errors.ts';
export type { ConfigError, ErrorFormat } from './config/errors.ts';
export type { Excerpt } from './config/excerpt.ts';
export { loadConfig, parseConfig } from './config/load.ts';
export type { LoadedConfig, LoadOptions, ParsedConfig } from './config/load.ts';
export type { ConfigPlace, TlsPlaces } from './config/tls-places.ts';
export { ConfigInvalid } from './config/to-config.ts';
export type { ByteRate, Duration, Off, Percent, Size, Toggle } from './config/written-values.ts';
export { BodyTooLarge, MiddlewareAnswer, defineMiddleware, respond } from './core/middleware/define.ts';
export type { MiddlewareSpec } from './core/middleware/spec.ts';
export type {
  AnsweredRequest,
  BodyPiece,
  CreateMiddleware,
  Middleware,
  MiddlewareHeaders,
  MiddlewareRequest,
  MiddlewareResponse,
  MiddlewareTransform,
  RequestOutcome,
} from './core/middleware/types.ts';
export type { Clock } from './core/clock.ts';
export type { CheckAnswer, ThresholdState } from './core/health/threshold.ts';
export type { HashTableHandle, HashTableKind } from './core/balancer/hash-table.ts';
export type { Random } from './core/random.ts';
export type { AcmeChallenge, AcmeSpec } from './core/acme.ts';
export type { ConcurrencySpec, ConcurrencyStats } from './core/limits/concurrency.ts';
export type { RateLimitStats } from './core/limits/limit-stats.ts';
export type { Limited, RateLimitSpec } from './core/limits/rate-limit.ts';
export type { PacedRate, RateSpec } from './core/limits/rate.ts';
export type { MemorySpec, Settings, SlowClientSpec } from './core/settings.ts';
export type {
  AgentSpec,
  BreakerSpec,
  CheckSpec,
  CheckRhythm,
  EjectionSpec,
  GrpcCheckSpec,
  HashSpec,
  HeaderRules,
  CorsSpec,
  HttpCheckSpec,
  HttpQuestion,
  HttpsCheckSpec,
  KeySpec,
  Limits,
  ListenerSpec,
  ListenerTls,
  PassthroughSpec,
  PathMatch,
  PolicySpec,
  ProxyHeaderField,
  ProxyHeaderSpec,
  ProxyProtocolSpec,
  HedgeSpec,
  RetryBudgetSpec,
  QueueSpec,
  RetrySpec,
  RouteMatch,
  Scheme,
  StickySpec,
  TcpCheckSpec,
  TcpSpec,
  UdpSpec,
  Timeouts,
  ValueMatch,
} from './core/snapshot.ts';
export type { AccessSpec, ClientsSpec } from './core/lists/access-spec.ts';
export type { ListRules } from './core/lists/list-reader.ts';
export type { BanTableSpec, ListSpec } from './core/settings.ts';
export type { CertificateSource, ClientCertificateSpec, PoolTlsSpec } from './core/tls-files.ts';
export { AccessLogError } from './runtime/control/access-log.ts';
export type { AccessLogStats } from './runtime/control/access-log.ts';
export { createBalancer } from './runtime/create-balancer.ts';
export type { Balancer, BalancerEvents, BalancerOptions, CloseOptions } from './runtime/balancer.ts';
export type {
  BalancerStats,
  ListenerStats,
  PoolEndpointStats,
  PoolStats,
  WorkerStats,
} from './runtime/control/balancer-stats.ts';
export type { MemoryStats } from './runtime/control/memory-stats.ts';
export { ListenError } from './runtime/control/listeners.ts';
export type { ListenerAddress } from './runtime/control/listeners.ts';
export { MiddlewareError } from './config/middleware-error.ts';
export type { MiddlewareFailure, SlowMiddleware } from './runtime/control/middleware-event.ts';
export type { PoolFailure } from './runtime/control/pool-failures.ts';
export type { TlsFailureReason } from './net/tls.ts';
export type { HandshakeFailure, ListenerTlsStats } from './runtime/control/handshake-counts.ts';
export { CertificateError } from './runtime/control/certificate-error.ts';
export type { CertificateMistake } from './runtime/control/certificate-error.ts';
export type { CertificateEvent } from './runtime/control/certificate-event.ts';
export { BanRefused } from './runtime/control/ban.ts';
export type { Ban } from './runtime/control/ban.ts';
export { ListError } from './runtime/control/list-error.ts';
export type { ListMistake } from './runtime/control/list-error.ts';
export type { ListEvent, ListStats } from './runtime/control/list-event.ts';
export type { ConnectionRefusal } from './runtime/control/refused-connections.ts';
export type { FailedMiddleware, FailedRequests } from './runtime/shared/data-plane-report.ts';
export { ReloadError } from './runtime/control/reload.ts';
export type { ReloadChange, ReloadResult, Setting } from './runtime/control/reload-result.ts';
export { UnresolvedNames } from './runtime/control/resolve-names.ts';
export type { Lookup } from './runtime/control/resolve-names.ts';
export { StickySecretError } from './runtime/control/sticky-values.ts';
export type { WorkerChange } from './runtime/control/succession.ts';
export type { SocketChange } from './runtime/control/unix-listeners.ts';
export type { QueueStats } from './runtime/control/queue-stats.ts';
export type {
  EndpointStats,
  HookStats,
  MiddlewareStats,
  RouteStats,
  TcpStats,
  UdpStats,
} from './runtime/control/table-figures.ts';
