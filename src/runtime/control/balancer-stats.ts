/** A balancer's figures at one moment. */
import type { AgentReport } from '../../checks/endpoint-agent.ts';
import type { EndpointHealthReport } from '../../checks/endpoint-health.ts';
import type { ConcurrencyStats } from '../../core/limits/concurrency.ts';
import type { RateLimitStats } from '../../core/limits/limit-stats.ts';
import type { PoolSpec, RouteSpec, Snapshot } from '../../core/snapshot.ts';
import { readQueueStats } from './queue-stats.ts';
import type { QueueStats } from './queue-stats.ts';
import { readEndpointStats, readRouteStats, readTcpStats, readUdpStats } from './table-stats.ts';
import type { EndpointStats, MiddlewareStats, RouteStats, TcpStats, UdpStats } from './table-figures.ts';
import type { CertificateEvent } from './certificate-event.ts';
import type { ListStats } from './list-event.ts';
import type { AccessLogStats } from './access-log.ts';
import type { ListenerTlsStats } from './handshake-counts.ts';
import type { HealthKeeper } from './health.ts';
import type { MemoryStats } from './memory-stats.ts';
import type { WorkerLoad } from './roster.ts';
import type { SharedTables } from './shared-tables.ts';

/** The figures of a balancer at one moment. Counters begin at 0 with the process. */
export interface BalancerStats {
  /** In the order of the config. */
  readonly routes: readonly ({
    readonly route: string;
    /** In their order; left out: the route has none. */
    readonly middleware?: readonly MiddlewareStats[];
  } & RouteStats)[];
  /** The listeners that pass bytes on, by `tcp` or `tls.passthrough`, in the order of the config. */
  readonly tcp: readonly ({ readonly listener: string } & TcpStats)[];
  /** The listeners with `udp`, in the order of the config. */
  readonly udp: readonly ({ readonly listener: string } & UdpStats)[];
  /** Requests that met no route, and those refused before one could be looked for. */
  readonly unrouted: RouteStats;
  readonly pools: readonly PoolStats[];
  /** In the order of the config. */
  readonly listeners: readonly ListenerStats[];
  /**
   * What was told of certificates by the event `certificate` and still holds: files that cannot be used, certificates that could
   * not be got, and warnings. Empty: there is nothing to do.
   */
  readonly certificates: readonly CertificateEvent[];
  /** Named lists of addresses, in the order of the config. */
  readonly lists: readonly ListStats[];
  readonly workers: WorkerStats;
  readonly accessLog: AccessLogStats;
  readonly memory: MemoryStats;
  /** The limits of rate, in the order of the routes; each once. */
  readonly limits: readonly RateLimitStats[];
  /** The limits of concurrency, in the order of the routes. */
  readonly concurrency: readonly ConcurrencyStats[];
}

/** The figures of a listener. */
export interface ListenerStats {
  readonly listener: string;
  /**
   * Connections that were reset before they had a protocol, or ended because their client was too slow, by the reason:
   * `bad-proxy-header`, `body-too-slow`, `client-too-slow`. Up to a second late.
   */
  readonly refused: Readonly<Record<string, number>>;
  /** Null: it speaks plain HTTP. */
  readonly tls: ListenerTlsStats | null;
}

/** The figures of a pool. */
export interface PoolStats {
  readonly pool: string;
  /** No endpoint that could be picked is healthy. */
  readonly isPanicking: boolean;
  readonly queue: QueueStats;
  /** Whether its endpoints are spoken to over TLS, and verified. */
  readonly tls: 'off' | 'verified' | 'unverified';
  readonly endpoints: readonly PoolEndpointStats[];
}

/** The figures and the health of an endpoint. */
export interface PoolEndpointStats extends EndpointStats {
  readonly endpoint: string;
  readonly weight: number;
  readonly health: EndpointHealthReport;
  /** Null: its pool has no `agent`. */
  readonly agent: AgentReport | null;
}

/** The figures of the threads of the data plane. */
export interface WorkerStats extends WorkerLoad {
  /** Exceptions in our own code that cost one exchange each. */
  readonly faults: number;
  /** Workers that died, and those that took a place. */
  readonly lost: number;
  readonly replaced: number;
  /** What workers that died still held in the shared tables, given back. */
  readonly returned: number;
  /** Totals found off though nobody died: 0, or there is a bug. */
  readonly corrections: number;
}

export function readBalancerStats(
  snapshot: Snapshot,
  tables: SharedTables,
  health: HealthKeeper,
  {
    middlewareOf,
    ...others
  }: Pick<
    BalancerStats,
    'certificates' | 'lists' | 'limits' | 'concurrency' | 'listeners' | 'workers' | 'accessLog' | 'memory'
  > & { readonly middlewareOf: (route: RouteSpec) => { readonly middleware?: readonly MiddlewareStats[] } },
): BalancerStats {
  const routes = snapshot.routes.map((route) => ({
    route: route.id,
    ...readRouteStats(tables.routes, route.slot),
    ...middlewareOf(route),
  }));
  const tcp = snapshot.listeners
    .filter(({ id, udp }) => udp === undefined && Object.hasOwn(snapshot.sessionRows, id))
    .map(({ id }) => ({ listener: id, ...readTcpStats(tables.routes, snapshot.sessionRows[id]) }));
  const udp = snapshot.listeners
    .filter((listener) => listener.udp !== undefined)
    .map(({ id }) => ({ listener: id, ...readUdpStats(tables.routes, snapshot.sessionRows[id]) }));
  const pools = snapshot.pools.map((pool) => {
    const table = tables.pool(pool.id);
    const endpoints = pool.endpoints.map(({ id, slot, weight }): PoolEndpointStats => {
      const report = health.report(pool.id, id) ?? UNKNOWN;
      const agent = health.reportAgent(pool.id, id);
      return { endpoint: id, weight, health: report, agent, ...readEndpointStats(table, slot) };
    });
    return {
      pool: pool.id,
      isPanicking: health.isPanicking(pool.id),
      queue: readQueueStats(table),
      tls: tlsOf(pool),
      endpoints,
    };
  });
  return { routes, tcp, udp, unrouted: readRouteStats(tables.routes, 0), pools, ...others };
}

function tlsOf({ tls }: PoolSpec): PoolStats['tls'] {
  if (tls === null) return 'off';
  return tls.verify ? 'verified' : 'unverified';
}

/** After the end nobody keeps health. */
const UNKNOWN: EndpointHealthReport = {
  state: 'healthy',
  since: 0,
  reason: 'not kept',
  lastFailure: '',
  ejectedUntil: null,
  checks: [],
  transitions: [],
};
