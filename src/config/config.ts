/**
 * A config that has passed every check: defaults filled in, times in milliseconds, sizes in bytes, short forms
 * written out. It is the snapshot before the runtime gives it tables, slots and resolved addresses.
 */
import type { RateLimitSpec } from '../core/limits/rate-limit.ts';
import type { Settings } from '../core/settings.ts';
import type { ListenerSpec, PoolSpec, RouteSpec } from '../core/snapshot.ts';
import type { PoolTlsSpec } from '../core/tls-files.ts';

/** A config that has passed every check, as `loadConfig` and `parseConfig` return it. */
export interface Config {
  /** `auto`: as many as the process has processors; 0: in the caller's thread. */
  readonly threads: number | 'auto';
  /** At least one. `host` `''` is every address, IPv6 and IPv4. */
  readonly listeners: readonly ListenerSpec[];
  /** In the order of the file; at least one where a listener takes HTTP. */
  readonly routes: readonly RouteConfig[];
  /** None where every route redirects and every listener takes HTTP. */
  readonly pools: readonly PoolConfig[];
  /** Limits of rate that routes share by name; those of a route are at the route. Left out: there are none. */
  readonly rateLimits?: readonly RateLimitSpec[];
  /** Settings that belong to no listener, route or pool. */
  readonly settings: Settings<'auto'>;
}

/** A route's `timeouts` are complete: those of the config with its own on top. */
export type RouteConfig = Omit<RouteSpec, 'slot'>;

/** A named set of servers. */
export interface PoolConfig extends Omit<
  PoolSpec,
  'endpoints' | 'hashTables' | 'nearZone' | 'routePolicies' | 'table' | 'tls'
> {
  /** Null: its endpoints speak plain HTTP. */
  readonly tls: PoolTlsSpec | null;
  /** At least one. */
  readonly endpoints: readonly EndpointConfig[];
}

/** One server address of a pool. */
export interface EndpointConfig {
  /** The address as written, e.g. `unix:/run/app.sock`; a host in lower case, e.g. `localhost:8081` or `[::1]:8081`. */
  readonly id: string;
  /** A name or a numeric address, without brackets; or a unix socket, e.g. `unix:/run/app.sock`. */
  readonly host: string;
  /** 0: a unix socket. */
  readonly port: number;
  readonly weight: number;
  /** Those of 0 are used first. */
  readonly priority: number;
  /** `''`: nobody says. */
  readonly zone: string;
  readonly isBackup: boolean;
  /** Most requests in flight, 0: no limit. */
  readonly maxRequests: number;
}
