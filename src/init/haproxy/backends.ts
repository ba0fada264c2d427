/** A `backend`, or the servers of a `listen`, as a pool. */
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import type { DraftPool, PoolSettings } from '../draft.ts';
import { readHealthCheck } from './health-check.ts';
import { refusalOf } from './not-taken.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';
import { readServers } from './servers.ts';
import type { Server } from './servers.ts';
import { readServerTimeouts } from './timeouts.ts';

/** Null where there is none like it, which is listed. `front` is what leads to it. */
export function convertBackend(proxy: Proxy, front: Proxy, report: Report): DraftPool | null {
  if (proxy.from.name === 'backend' && refuse(proxy, report)) return null;
  report.take(proxy.from);
  const servers = readServers(
    [...proxy.findAll('default-server'), ...proxy.own('server')].toSorted((a, b) => a.line - b.line),
    report,
  );
  const settings: DraftPool['settings'] = new Map();
  settings.set('policy', readPolicy(proxy, report));
  for (const [key, setting] of [
    ['check', readHealthCheck(proxy, servers, report)],
    ['retry', readRetry(proxy, report)],
    ['maxConnections', readMost(servers, report)],
    ['host', readHost(proxy, report)],
    ['timeouts', readServerTimeouts(proxy, front, report)],
  ] as const) {
    if (setting !== null) settings.set(key, setting);
  }
  return { from: proxy.from, endpoints: servers.map(({ endpoint, from }) => ({ value: endpoint, from })), settings };
}

function refuse(proxy: Proxy, report: Report): boolean {
  const refusal = refusalOf(proxy);
  if (refusal === null) return false;
  report[refusal.kind === 'guard' ? 'guard' : 'leave'](proxy.from, refusal.reason);
  return true;
}

interface Setting {
  readonly value: unknown;
  readonly from: Line;
}

function readPolicy(proxy: Proxy, report: Report): Setting {
  const from = proxy.find('balance');
  if (from === null) return { value: 'round-robin', from: proxy.from };
  const [, name, draws] = /^([a-z-]+)(?:\((\d+)\))?$/.exec(from.args[0] ?? '') ?? [];
  const policy = name === 'random' ? (draws === '1' ? 'random' : 'power-of-two') : POLICIES[name ?? ''];
  if (policy === undefined) {
    report.leave(from, lacking('policies', 'the pool goes round-robin'));
    return { value: 'round-robin', from };
  }
  report.take(from);
  if (name === 'random' && Number(draws ?? 2) > 2) report.differ(from, 'of two random ones that with fewer requests');
  return { value: policy, from };
}

const POLICIES: Readonly<Record<string, PoolSettings['policy']>> = {
  roundrobin: 'round-robin',
  'static-rr': 'round-robin',
  leastconn: 'least-connections',
};

/** HAProxy tries a failed connection three times more, unless it is told otherwise. */
const DEFAULT_RETRIES = 3;

function readRetry(proxy: Proxy, report: Report): Setting | null {
  const [retries, conditions] = [proxy.find('retries'), proxy.find('retry-on')];
  const redispatch = proxy.find('option', 'redispatch');
  if (redispatch !== null) report.same(redispatch, 'another attempt goes to another endpoint');
  const from = retries ?? conditions;
  if (from === null) return null;
  for (const line of [retries, conditions]) if (line !== null) report.take(line);
  const count = retries === null ? DEFAULT_RETRIES : Number(retries.args[0]);
  if (!Number.isInteger(count) || count < 0) {
    report.leave(from, 'this is no number of attempts');
    return null;
  }
  const words = conditions?.args ?? ['conn-failure'];
  if (count === 0 || words.includes('none')) return { value: 'off', from };
  const retryOn = words.flatMap((word) => readRetryCondition(word, conditions ?? from, report));
  return { value: { attempts: Math.min(count + 1, 100), retryOn: [...new Set(retryOn)] }, from };
}

function readRetryCondition(word: string, from: Line, report: Report): readonly ('connect' | 'reset')[] {
  if (word === 'conn-failure') return ['connect'];
  if (word === 'empty-response') return ['reset'];
  report.leave(from, 'a request is tried again only where the connection failed', word);
  return word === 'all-retryable-errors' ? ['connect', 'reset'] : [];
}

/** `maxconn` of servers. Fairlead has one value for all endpoints of a pool. */
function readMost(servers: readonly Server[], report: Report): Setting | null {
  const first = servers.find(({ parameters }) => parameters.has('maxconn'));
  if (first === undefined) return null;
  const text = first.parameters.get('maxconn') ?? '';
  for (const { from, parameters } of servers) {
    if (parameters.get('maxconn') === text) continue;
    report.leave(from, 'is one value for all endpoints of a pool, here that of another server', 'maxconn');
  }
  if (/^[1-9]\d{0,8}$/.test(text)) return { value: Number(text), from: first.from };
  if (text !== '0') report.leave(first.from, 'this is no whole number', `maxconn ${text}`);
  return null;
}

/** `http-request set-header Host a.com`. */
function readHost(proxy: Proxy, report: Report): Setting | null {
  const from = proxy.own('http-request').findLast(({ args }) => isHostHeader(args)) ?? null;
  if (from === null) return null;
  report.take(from);
  return { value: from.args[2], from };
}

function isHostHeader([action = '', name = '', value = '', ...condition]: readonly string[]): boolean {
  const isSet = action === 'set-header' && name.toLowerCase() === 'host' && value !== '';
  return isSet && !value.includes('%') && condition.length === 0;
}
