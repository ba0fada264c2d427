/** An `upstream` as a pool. */
import type { EndpointInput } from '../../config/config-input.ts';
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import { toDuration } from '../milliseconds.ts';
import { readMethod } from './methods.ts';
import type { DraftPool, PoolSettings, Sourced } from '../draft.ts';
import { toEndpoint } from '../endpoint.ts';
import type { Directive } from './parse-nginx.ts';
import { parseTime, splitParameter, withPort } from './values.ts';

/** What one `server` says of itself. */
interface Server {
  readonly from: Directive;
  readonly endpoint: string | EndpointInput;
  /** Null: not written. */
  readonly maxFails: number | null;
  readonly failTimeoutMs: number | null;
  /** 0: not written. */
  readonly slowStartMs: number;
}

/** A fresh pool each time: a pool is needed once for each Host that its locations send. */
export function convertUpstream(upstream: Directive, report: Report): DraftPool {
  report.take(upstream);
  const pool: DraftPool = { from: upstream, endpoints: [], settings: new Map() };
  pool.settings.set('policy', { value: 'round-robin', from: upstream });
  const servers: Server[] = [];
  for (const directive of upstream.children) {
    if (directive.name === 'server') {
      const server = convertServer(directive, report);
      if (server !== null) servers.push(server);
    } else convertSetting(directive, pool.settings, report);
  }
  pool.endpoints.push(
    ...servers.map(({ endpoint, from }): Sourced<string | EndpointInput> => ({ value: endpoint, from })),
  );
  shareOfAll(servers, pool.settings, report);
  return pool;
}

const NOT_YET: Readonly<Record<string, string>> = {
  resolve: lacking('resolving'),
  service: lacking('resolving'),
  route: 'values of cookies are made by Fairlead itself',
  drain: 'set the weight to 0 to drain a server',
};

function convertServer(from: Directive, report: Report): Server | null {
  report.take(from);
  const [address = '', ...parameters] = from.args;
  if (/^unix:[^/]/i.test(address)) {
    report.leave(from, 'its path is relative to where nginx runs');
    return null;
  }
  const given = new Map(parameters.map(splitParameter));
  const weight = given.has('down') ? 0 : wholeNumber(given, 'weight', from, report);
  for (const name of given.keys()) {
    if (SERVER_PARAMETERS.has(name)) continue;
    report.leave(from, NOT_YET[name] ?? 'Fairlead does not know this parameter', name);
  }
  return {
    from,
    endpoint: toEndpoint(withPort(address), {
      weight: weight ?? 1,
      maxRequests: wholeNumber(given, 'max_conns', from, report) ?? 0,
      isBackup: given.has('backup'),
    }),
    slowStartMs: timeOf(given, 'slow_start', from, report) ?? 0,
    maxFails: wholeNumber(given, 'max_fails', from, report),
    failTimeoutMs: timeOf(given, 'fail_timeout', from, report),
  };
}

const SERVER_PARAMETERS = new Set(['backup', 'slow_start', 'down', 'weight', 'max_conns', 'max_fails', 'fail_timeout']);

/** Null where it is not written, or is no number, which is listed. */
function wholeNumber(given: ReadonlyMap<string, string>, name: string, from: Directive, report: Report): number | null {
  const text = given.get(name);
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  report.leave(from, 'this is not a whole number', `${name}=${text}`);
  return null;
}

/** In ms; null where it is not written, or is no time, which is listed. */
function timeOf(given: ReadonlyMap<string, string>, name: string, from: Directive, report: Report): number | null {
  const text = given.get(name);
  if (text === undefined) return null;
  const ms = parseTime(text);
  if (ms === null) report.leave(from, 'this is not a time', `${name}=${text}`);
  return ms;
}

/** Fairlead has these once for all endpoints of a pool. */
function shareOfAll(servers: readonly Server[], settings: DraftPool['settings'], report: Report): void {
  const slow = servers.find(({ slowStartMs }) => slowStartMs > 0);
  if (slow !== undefined) {
    settings.set('slowStart', { value: toDuration(slow.slowStartMs), from: slow.from });
    listOdd(servers, ({ slowStartMs }) => slowStartMs === slow.slowStartMs, 'slow_start', report);
  }
  const failing = servers.find(({ maxFails, failTimeoutMs }) => maxFails !== null || failTimeoutMs !== null);
  if (failing === undefined) return;
  const { from, maxFails, failTimeoutMs } = failing;
  settings.set('ejection', { value: toEjection(maxFails ?? 1, failTimeoutMs ?? 10_000), from });
  const isLikeIt = (server: Server): boolean => server.maxFails === maxFails && server.failTimeoutMs === failTimeoutMs;
  listOdd(servers, isLikeIt, 'max_fails, fail_timeout', report);
}

function toEjection(failures: number, timeMs: number): PoolSettings['ejection'] {
  return failures === 0 || timeMs === 0 ? 'off' : { failures, time: toDuration(timeMs) };
}

function listOdd(
  servers: readonly Server[],
  isLikeIt: (server: Server) => boolean,
  name: string,
  report: Report,
): void {
  for (const server of servers) {
    const isDown = typeof server.endpoint === 'object' && server.endpoint.weight === 0;
    if (!isDown && !isLikeIt(server))
      report.leave(server.from, 'is one value for all endpoints of a pool, here that of another server', name);
  }
}

function convertSetting(directive: Directive, settings: DraftPool['settings'], report: Report): void {
  const { name, args } = directive;
  if (name === 'zone') report.same(directive, 'all threads count together');
  else if (name === 'keepalive' && /^\d{1,9}$/.test(args[0] ?? '')) {
    takeSetting('maxIdle', Number(args[0]), directive, settings, report);
    for (const extra of args.slice(1)) report.leave(directive, 'Fairlead does not know this parameter', extra);
  } else if (name === 'keepalive_timeout') {
    const ms = parseTime(args[0] ?? '');
    if (ms === null || ms === 0) report.leave(directive, 'this is not a time that Fairlead can have');
    else takeSetting('idleTimeout', toDuration(ms), directive, settings, report);
  } else {
    const method = readMethod(directive, report);
    if (method !== null) takeSetting(method.key, method.value, directive, settings, report);
  }
}

function takeSetting(
  key: keyof PoolSettings,
  value: unknown,
  from: Directive,
  settings: DraftPool['settings'],
  report: Report,
): void {
  report.take(from);
  settings.set(key, { value, from });
}
