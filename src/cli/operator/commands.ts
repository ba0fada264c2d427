/** `fairlead status`, `fairlead pools` and `fairlead endpoint`: what they ask a running process, and print. */
import type { ConcurrencyStats } from '../../core/limits/concurrency.ts';
import type { RateLimitStats } from '../../core/limits/limit-stats.ts';
import { isUnixAddress } from '../../core/unix-address.ts';
import type { QueueStats } from '../../runtime/control/queue-stats.ts';
import { EXIT_LATE, EXIT_OK } from '../exit-codes.ts';
import { table } from '../table.ts';
import { ask } from './ask.ts';
import type { AdminOptions } from './find-admin.ts';

interface StatusContent {
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly config: string | null;
  readonly uptimeMs: number;
  readonly listeners: readonly ListenerContent[];
  readonly pools: readonly { readonly id: string; readonly endpoints: number; readonly up: number }[];
  readonly limits: readonly RateLimitStats[];
  readonly concurrency: readonly ConcurrencyStats[];
  readonly workers: { readonly connections: number; readonly exchanges: number };
  readonly problems: readonly string[];
}

interface ListenerContent {
  readonly id: string;
  readonly address: string;
  readonly protocol: string;
  /** Of one with `tcp` or `udp`. */
  readonly sessions?: number;
  readonly failed?: number;
  /** Of one with `udp`: datagrams. */
  readonly full?: number;
  readonly dropped?: number;
}

interface PoolContent {
  readonly id: string;
  readonly queue: QueueStats;
  readonly endpoints: readonly EndpointContent[];
}

interface EndpointContent {
  readonly id: string;
  readonly state: string;
  readonly why: string;
  readonly since: string;
  readonly weight: number;
  readonly inFlight: number;
  readonly connections: number;
  readonly requests: number;
  readonly failures: number;
}

export async function showStatus(options: AdminOptions): Promise<number> {
  return ask(options, { method: 'GET', path: '/v1/status' }, ({ content }) => {
    if (options.json !== true) console.log(describeStatus(content as StatusContent));
    return EXIT_OK;
  });
}

function describeStatus(status: StatusContent): string {
  const { version, node, pid, config, uptimeMs, workers, problems } = status;
  const lines = [
    `fairlead ${version}, Node ${node}, process ${pid}, up ${describeUptime(uptimeMs)}${config === null ? '' : `, ${config}`}`,
    `${workers.connections} client connections, ${workers.exchanges} requests in flight`,
    '',
    ...table(status.listeners.map(describeListener)),
    ...table(status.pools.map(({ id, endpoints, up }) => ['pool', id, `${up} of ${endpoints} up`])),
    ...table(status.limits.map(describeLimit)),
    ...table(status.concurrency.map(describeConcurrency)),
    '',
    ...(problems.length === 0 ? ['no problems'] : ['problems', ...problems.map((problem) => `  ${problem}`)]),
  ];
  return lines.join('\n');
}

function describeListener({ id, address, protocol, ...counters }: ListenerContent): string[] {
  const { sessions, failed = 0, full = 0, dropped = 0 } = counters;
  const row = ['listener', id, isUnixAddress(address) ? address : `${protocol}://${address}`];
  if (sessions === undefined) return row;
  const lost = full + dropped === 0 ? '' : `, ${full + dropped} datagrams dropped`;
  return [...row, `${sessions} sessions, ${failed} found no endpoint${lost}`];
}

function describeLimit({ limit, route, ...counters }: RateLimitStats): string[] {
  const { admitted, refused, waited, wouldLimit, evictedLive } = counters;
  const rest = [
    waited === 0 ? '' : `, ${waited} waited`,
    wouldLimit === 0 ? '' : `, ${wouldLimit} would be`,
    evictedLive === 0 ? '' : `, ${evictedLive} keys forgotten too early: raise keys`,
  ];
  const name = route === null ? limit : `${limit} of route ${route}`;
  return ['limit', name, `${admitted} admitted, ${refused} refused${rest.join('')}`];
}

function describeConcurrency({ route, max, key, ...counters }: ConcurrencyStats): string[] {
  const { held, refused, untracked } = counters;
  const rest = untracked === 0 ? '' : `, ${untracked} uncounted: raise keys`;
  return [
    'limit',
    `${max} at a time of route ${route}, by ${key.join(' and ')}`,
    `${held} now, ${refused} refused${rest}`,
  ];
}

export async function showPools(options: AdminOptions): Promise<number> {
  return ask(options, { method: 'GET', path: '/v1/pools' }, ({ content }) => {
    const { pools } = content as { readonly pools: readonly PoolContent[] };
    if (options.json === true) return EXIT_OK;
    if (pools.length === 0) console.log('no pools: every route redirects');
    for (const { id, queue, endpoints } of pools) {
      console.log([`${id}${describeQueue(queue)}`, ...describeEndpoints(endpoints)].join('\n'));
    }
    return EXIT_OK;
  });
}

/** Nothing where nobody has waited yet. */
export function describeQueue({ waiting, held, ...sofar }: QueueStats): string {
  const { waited, timedOut, shed, full } = sofar;
  if (waiting + held + waited + full === 0) return '';
  return `: ${waiting} wait for a place, ${held} for an endpoint; so far ${waited} waited, ${timedOut} timed out, ${shed} shed, ${full} found the queue full`;
}

/** Nothing has happened to it since then. */
const ADDED = 'added';

function describeEndpoints(endpoints: readonly EndpointContent[]): string[] {
  const head = ['endpoint', 'state', 'weight', 'in flight', 'sockets', 'requests', 'failures', 'why'];
  const rows = endpoints.map(({ id, state, weight, inFlight, connections, requests, failures, since, why }) => [
    ...[id, state, weight, inFlight, connections, requests, failures].map(String),
    why === ADDED ? why : `${why}, since ${since}`,
  ]);
  return table([head, ...rows]);
}

export type EndpointAction = 'drain' | 'undrain';

export interface EndpointOptions extends AdminOptions {
  /** `30s`: wait until it has nothing in flight, at most so long. */
  readonly wait?: string;
  readonly reason?: string;
}

export async function changeEndpoint(action: EndpointAction, place: string, options: EndpointOptions): Promise<number> {
  // Names of pools have no slash.
  const [pool, endpoint] = [place.slice(0, place.indexOf('/')), place.slice(place.indexOf('/') + 1)];
  const query = options.wait === undefined ? '' : `?wait=${encodeURIComponent(options.wait)}`;
  const path = `/v1/pools/${encodeURIComponent(pool)}/endpoints/${encodeURIComponent(endpoint)}/${action}${query}`;
  const body = options.reason === undefined ? undefined : { reason: options.reason };
  return ask(options, { method: 'POST', path, body }, ({ status, content }) => {
    const { id, state, inFlight } = content as EndpointContent;
    const isBusy = status === 202;
    if (options.json !== true) {
      console.log(`${pool}/${id} is ${state}, ${inFlight === 1 ? '1 request' : `${inFlight} requests`} in flight`);
    }
    return isBusy && options.wait !== undefined ? EXIT_LATE : EXIT_OK;
  });
}

/** `3 d 4 h`, `12 min`, `8 s`. */
function describeUptime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
