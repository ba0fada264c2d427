/** A `backend`, or the servers of a `listen`, as a pool. */
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import type { DraftPool, Sourced } from '../draft.ts';
import { readHealthCheck } from './health-check.ts';
import { isHttp, refusalOf, refusalOfTcp } from './not-taken.ts';
import type { Refusal } from './not-taken.ts';
import type { Line } from './parse-haproxy.ts';
import { readSticky } from './persistence.ts';
import { readPolicy } from './policies.ts';
import type { Proxy } from './proxy.ts';
import { readServers } from './servers.ts';
import { readServerTls, speaksTls } from './server-tls.ts';
import type { Server } from './servers.ts';
import { readAgent, readProxyProtocol, readSlowStart } from './shared-settings.ts';
import { readQueue, readServerTimeouts, readTcpTimeouts } from './timeouts.ts';

/** Null where there is none like it, which is listed. `front` is what leads to it. */
export function convertBackend(proxy: Proxy, front: Proxy, report: Report): DraftPool | null {
  if (!isHttp(proxy) || (proxy.from.name === 'backend' && refuse(proxy, refusalOf(proxy), report))) return null;
  const { servers, tls } = readServerTls(serversOf(proxy, report), report);
  const { from, endpoints, settings } = convertServers(proxy, servers, report, readSticky(proxy, report));
  for (const [key, setting] of [
    ['host', readHost(proxy, report)],
    ['timeouts', readServerTimeouts(proxy, front, report)],
    ['tls', tls],
  ] as const) {
    if (setting !== null) settings.set(key, setting);
  }
  return { from, endpoints, settings };
}

/** The same for one that passes bytes. */
export function convertTcpBackend(proxy: Proxy, report: Report): DraftPool | null {
  if (isHttp(proxy) || (proxy.from.name === 'backend' && refuse(proxy, refusalOfTcp(proxy), report))) return null;
  const pool = convertServers(proxy, serversInPlain(proxy, report), report);
  const timeouts = readTcpTimeouts(proxy, report);
  if (timeouts !== null) pool.settings.set('timeouts', timeouts);
  return pool;
}

function serversOf(proxy: Proxy, report: Report): readonly Server[] {
  const lines = [...proxy.findAll('default-server'), ...proxy.own('server')];
  return readServers(
    lines.toSorted((a, b) => a.line - b.line),
    report,
  );
}

function serversInPlain(proxy: Proxy, report: Report): readonly Server[] {
  const servers = serversOf(proxy, report);
  for (const { from } of servers.filter(speaksTls)) report.leave(from, lacking('layer4Tls'));
  return servers.filter((server) => !speaksTls(server));
}

/** What is the same whatever its servers speak. */
function convertServers(
  proxy: Proxy,
  servers: readonly Server[],
  report: Report,
  sticky: Sourced<object> | null = null,
): DraftPool {
  report.take(proxy.from);
  noteBackups(proxy, servers, report);
  const settings: DraftPool['settings'] = new Map();
  settings.set('policy', readPolicy(proxy, report));
  for (const [key, setting] of [
    ['sticky', sticky],
    ['check', readHealthCheck(proxy, servers, report)],
    ['agent', readAgent(servers, report)],
    ['slowStart', readSlowStart(servers, report)],
    ['proxyProtocol', readProxyProtocol(servers, report)],
    ['retry', readRetry(proxy, report)],
    ['queue', readQueue(proxy, report)],
  ] as const) {
    if (setting !== null) settings.set(key, setting);
  }
  return { from: proxy.from, endpoints: servers.map(({ endpoint, from }) => ({ value: endpoint, from })), settings };
}

/** HAProxy uses the first that is up, unless it is told to use all. */
function noteBackups(proxy: Proxy, servers: readonly Server[], report: Report): void {
  const [, second] = servers.filter(({ parameters }) => parameters.has('backup'));
  if (second !== undefined && proxy.find('option', 'allbackups') === null)
    report.differ(second.from, 'all backups take requests at the same time', 'backup');
}

function refuse(proxy: Proxy, refusal: Refusal | null, report: Report): boolean {
  if (refusal === null) return false;
  report[refusal.kind === 'guard' ? 'guard' : 'leave'](proxy.from, refusal.reason);
  return true;
}

interface Setting {
  readonly value: unknown;
  readonly from: Line;
}

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
    report.leave(from, 'this is not a number of attempts');
    return null;
  }
  const words = conditions?.args ?? ['conn-failure'];
  if (count === 0 || words.includes('none')) return { value: 'off', from };
  const retryOn = words.flatMap((word) => readRetryCondition(word, conditions ?? from, report));
  return { value: { attempts: Math.min(count + 1, 100), retryOn: [...new Set(retryOn)] }, from };
}

type RetryCondition = 'connect' | 'reset' | 'timeout' | number;

const RETRY_CONDITIONS: ReadonlyMap<string, readonly RetryCondition[]> = new Map<string, readonly RetryCondition[]>([
  ['conn-failure', ['connect']],
  ['empty-response', ['reset']],
  ['response-timeout', ['timeout']],
  ['all-retryable-errors', ['connect', 'reset', 'timeout', 500, 502, 503, 504]],
]);

function readRetryCondition(word: string, from: Line, report: Report): readonly RetryCondition[] {
  const known = RETRY_CONDITIONS.get(word);
  if (known !== undefined) return known;
  if (/^[45]\d\d$/.test(word)) return [Number(word)];
  report.leave(from, 'a request is tried again where the connection failed, after a timeout, or by its status', word);
  return [];
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
