/**
 * `npm run drill -- --overload`: more and more requests are offered to servers that work on two at a time each. It counts
 * how many are answered, and how late. docs/queue.md has the table.
 */
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '../children.ts';
import type { Contestant } from './contestants.ts';
import { Load } from './load.ts';
import type { Sent } from './load.ts';
import { startProxy, startServers } from './run-drill.ts';
import type { Terms } from './run-drill.ts';
import { toTable } from './report.ts';

const SERVERS = 3;
/** Requests at a time for each server, as the configs have it. */
const PLACES_EACH = 2;
const FACTORS: readonly number[] = [0.5, 1, 1.5, 2, 3];
/** Time until the load is steady, and time for which it is measured then. */
const SETTLE_MS = 1500;
const MEASURE_MS = 6000;
const CAPACITY_MS = 4000;
/** More than can ever wait for as long as a client does. */
const CONNECTIONS = 4096;

/** What became of the requests that were due in a time. */
export interface OverloadPoint {
  readonly factor: number;
  readonly proxy: string;
  /** Right answers a second, as a share of what the servers can do. */
  readonly goodput: number;
  /** 99 % of these came within so long; null: there were none. */
  readonly p99Ms: number | null;
  /** Requests that got an error, as a share of all. */
  readonly refused: number;
  /** Requests whose clients had given up, as a share of all. */
  readonly late: number;
}

export async function drillOverload(
  contestants: readonly Contestant[],
  say: (line: string) => void,
): Promise<OverloadPoint[]> {
  const capacity = await measureCapacity();
  say(`the servers can do ${Math.round(capacity)} requests a second, two at a time each`);
  const points: OverloadPoint[] = [];
  for (const factor of FACTORS) {
    for (const contestant of contestants) {
      const { sent, fromMs } = await offer(contestant, factor * capacity);
      const point = { factor, proxy: contestant.label, ...measure(sent, fromMs, MEASURE_MS, capacity) };
      say(`  ${factor} × capacity, ${contestant.label.padEnd(10)} ${describe(point)}`);
      points.push(point);
    }
  }
  return points;
}

/** Requests a second of clients that ask the servers themselves, as many at a time as the proxies may. */
async function measureCapacity(): Promise<number> {
  const servers = await startServers({ servers: SERVERS });
  const untilMs = Date.now() + CAPACITY_MS;
  const lanes = servers.flatMap(({ port }) => Array.from({ length: PLACES_EACH }, () => askUntil(port, untilMs)));
  const answered = (await Promise.all(lanes)).reduce((sum, count) => sum + count, 0);
  await Promise.all(servers.map((server) => server.end()));
  return (answered * 1000) / CAPACITY_MS;
}

async function askUntil(port: number, untilMs: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let answered = 0;
  for (; Date.now() < untilMs; answered++) {
    await new Promise<void>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/drill', agent }, (response) => {
        response.resume().on('end', resolve);
      }).on('error', reject);
    });
  }
  agent.destroy();
  return answered;
}

async function offer(contestant: Contestant, perSecond: number): Promise<{ sent: readonly Sent[]; fromMs: number }> {
  const terms: Terms = { servers: SERVERS, scene: 'overload' };
  const servers = await startServers(terms);
  let proxy: Child | null = null;
  try {
    const started = await startProxy(terms, contestant, servers);
    proxy = started.proxy;
    const load = new Load({
      port: started.port,
      method: 'GET',
      perSecond,
      bodyBytes: 0,
      everyLeaves: 0,
      rightStatus: 200,
      connections: CONNECTIONS,
    });
    await delay(SETTLE_MS);
    const fromMs = Date.now();
    await delay(MEASURE_MS);
    await load.end();
    return { sent: load.sent, fromMs };
  } finally {
    await proxy?.end(1000);
    await Promise.all(servers.map((server) => server.end()));
  }
}

/** Of the requests that were due in the `forMs` from then on. `capacity`: a second. */
export function measure(
  sent: readonly Sent[],
  fromMs: number,
  forMs: number,
  capacity: number,
): Pick<OverloadPoint, 'goodput' | 'p99Ms' | 'refused' | 'late'> {
  const due = sent.filter(({ dueMs }) => dueMs >= fromMs && dueMs < fromMs + forMs);
  const times = due.flatMap(({ outcome, tookMs }) => (outcome === 'right' ? [tookMs] : [])).sort((a, b) => a - b);
  const shareOf = (isMeant: (one: Sent) => boolean): number => due.filter(isMeant).length / Math.max(1, due.length);
  return {
    goodput: times.length / ((capacity * forMs) / 1000),
    p99Ms: times.length === 0 ? null : times[Math.ceil(times.length * 0.99) - 1],
    refused: shareOf(({ outcome }) => outcome === 'status' || outcome === 'connection' || outcome === 'wrong'),
    late: shareOf(({ outcome }) => outcome === 'gave-up'),
  };
}

/** A row for each load, and for each proxy what it did. */
export function renderOverload(points: readonly OverloadPoint[]): string {
  const proxies = [...new Set(points.map(({ proxy }) => proxy))];
  const rows = [...new Set(points.map(({ factor }) => factor))].map((factor) => [
    `${factor} ×`,
    ...proxies.map((proxy) => {
      const point = points.find((each) => each.factor === factor && each.proxy === proxy);
      return point === undefined ? '' : describe(point);
    }),
  ]);
  return toTable(['offered', ...proxies], rows);
}

function describe({ goodput, p99Ms, refused, late }: OverloadPoint): string {
  const time = p99Ms === null ? 'nobody served' : `p99 ${Math.round(p99Ms)} ms`;
  return `${percent(goodput)}, ${time}, ${percent(refused)} refused, ${percent(late)} gave up`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
