/** A config of nginx as a draft. */
import type { RouteInput } from '../../config/config-input.ts';
import type { Report } from '../report.ts';
import type { Draft } from '../draft.ts';
import { nameShared } from './client-certificates.ts';
import { convertLocations } from './locations.ts';
import { parseNginx } from './parse-nginx.ts';
import type { Directive } from './parse-nginx.ts';
import { PoolBook } from './pool-book.ts';
import { Includes } from './read-includes.ts';
import { readTimeout } from './route-settings.ts';
import { Scope } from './scope.ts';
import {
  addListeners,
  findDefaults,
  leaveLocal,
  listLeftOvers,
  readHosts,
  readListens,
  refuseServer,
} from './servers.ts';
import type { Server } from './servers.ts';
import { convertStreams } from './streams.ts';
import { toSize } from './values.ts';

/** Throws `UnreadableInput`. Reads the files that `include` names. */
export async function convertNginx(text: string, file: string, draft: Draft, report: Report): Promise<void> {
  const directives = nameShared(await new Includes(file, report).resolve(parseNginx(text, file)));
  const blocks = directives.filter(({ name }) => name === 'http');
  for (const http of blocks) report.take(http);
  for (const events of directives.filter(({ name }) => name === 'events')) report.take(events);
  // What is included into a http block of somebody else's file stands here without one.
  const inner = blocks.length === 0 ? directives : blocks.flatMap(({ children }) => children);
  convertHttp(inner, draft, report);
  convertStreams(directives, draft, report);
  convertProcess(directives, draft, report);
  listLeftOvers(directives, report);
}

function convertHttp(directives: readonly Directive[], draft: Draft, report: Report): void {
  const upstreams = directives.filter(({ name }) => name === 'upstream');
  const byName = new Map(upstreams.map((upstream) => [upstream.args[0]?.toLowerCase() ?? '', upstream]));
  const pools = new PoolBook(byName, draft, report);
  const scope = new Scope([directives]);
  const servers = directives
    .filter(({ name }) => name === 'server')
    .map((server) => convertServer(server, directives, scope, pools, report));
  const reachable = servers.filter((server) => !leaveLocal(server, servers, report));
  addListeners(reachable, scope, draft, report);
  addRoutes(reachable, draft, report);
  for (const name of draft.pools.keys()) {
    if (!draft.routes.some(({ value }) => value.pool === name)) draft.pools.delete(name);
  }
  for (const upstream of upstreams) {
    const isUsed = [...draft.pools.values()].some(({ from }) => from === upstream);
    if (!isUsed) report.leave(upstream, 'no location that was taken over uses it');
  }
  convertWhole(directives, scope, servers, draft, report);
}

function convertServer(
  from: Directive,
  outer: readonly Directive[],
  scope: Scope,
  pools: PoolBook,
  report: Report,
): Server {
  const refusal = refuseServer(from, outer, report);
  // It is still the default server of its address: what it keeps away must not reach another.
  if (refusal === 'left') return { from, hosts: [], listens: readListensQuietly(from, outer), routes: [] };
  if (refusal === 'guard') {
    const closed = { from, path: undefined, route: { pool: pools.closed(from) } };
    return { from, hosts: readHosts(from, report), listens: readListensQuietly(from, outer), routes: [closed] };
  }
  report.take(from);
  const hosts = readHosts(from, report);
  const listens = readListens(from, outer, report);
  const routes = convertLocations(from.children, scope.inner(from.children), pools, report);
  if (routes.some(({ path }) => path !== undefined)) report.differ(from, SLASHES);
  const hasRoot = routes.some(({ path }) => path === undefined);
  if (routes.length > 0 && !hasRoot && hosts.length > 0) {
    report.differ(
      from,
      'it has no location / that was taken over: paths of none go to routes without a host, if there are any',
    );
  }
  return { from, hosts, listens, routes };
}

const SLASHES =
  'nginx merges slashes and reads %2F as one where it looks for a location, and sends them so where it rewrites; here //x ' +
  'and /x%2Fy are paths of their own, but for guards';

const SILENT = { take() {}, leave() {}, same() {} } as unknown as Report;

function readListensQuietly(server: Directive, outer: readonly Directive[]): Server['listens'] {
  return readListens(server, outer, SILENT);
}

function addRoutes(servers: readonly Server[], draft: Draft, report: Report): void {
  const defaults = findDefaults(servers);
  let catchAll: Server | null = null;
  for (const server of servers) {
    const isDefault = defaults.has(server.from) && server.routes.length > 0;
    if (isDefault && catchAll === null) {
      catchAll = server;
      for (const host of [...hostsOfWildcards(server, servers), null]) addRoutesOf(server, host, draft);
      continue;
    }
    for (const host of server.hosts) addRoutesOf(server, host, draft);
    if (server.hosts.length > 0 || server.routes.length === 0) continue;
    const reason = isDefault
      ? 'routes hold for every listener, and another server takes the hosts that none names'
      : 'it has no name that was taken over, and is not the default server';
    report.leave(server.from, reason);
  }
}

/** Hosts of the default server that a wildcard of another one would take. */
function hostsOfWildcards(server: Server, servers: readonly Server[]): readonly string[] {
  const wildcards = servers.flatMap((other) =>
    other === server ? [] : other.hosts.filter((host) => host.startsWith('*.')),
  );
  return server.hosts.filter((host) => wildcards.some((wildcard) => host.endsWith(wildcard.slice(1))));
}

function addRoutesOf({ routes }: Server, host: string | null, draft: Draft): void {
  for (const { from, path, route } of routes) {
    const match = { ...(host === null ? {} : { host }), ...(path === undefined ? {} : { path }) };
    const value: RouteInput = Object.keys(match).length === 0 ? route : { match, ...route };
    draft.routes.push({ value, from });
  }
}

/** What Fairlead has once for everything. */
function convertWhole(
  directives: readonly Directive[],
  scope: Scope,
  servers: readonly Server[],
  draft: Draft,
  report: Report,
): void {
  const blocks = [directives, ...servers.filter(({ routes }) => routes.length > 0).map(({ from }) => from.children)];
  for (const [name, key] of [
    ['client_header_timeout', 'requestHead'],
    ['keepalive_timeout', 'keepAlive'],
  ] as const) {
    for (const directive of blocks.flat().filter((candidate) => candidate.name === name)) {
      const text = readTimeout(directive, report);
      const known = draft.timeouts.get(key)?.value ?? text;
      if (text !== null && text === known) draft.timeouts.set(key, { value: text, from: directive });
      else if (text !== null) report.leave(directive, `is one value for everything here, and ${known} was first`);
    }
  }
  if (draft.pools.size === 0) return;
  const size = scope.find('client_max_body_size');
  const written = size === null ? null : toSize(size.args[0] ?? '');
  // Each route has its own where it is written; what is left is the default of nginx.
  if (size === null) draft.maxBody = { value: '1MiB', from: defaultOf(directives, draft) };
  else if (written !== null) report.take(size);
}

/** What nginx has by default and Fairlead has shorter. Call it when routes and pools have said what is theirs. */
export function addNginxDefaults(draft: Draft): void {
  const [pool] = draft.pools.values();
  if (pool === undefined || draft.timeouts.has('responseHead')) return;
  const isSaid = draft.routes.every(
    ({ value }) => value.pool === draft.closed || value.timeouts?.responseHead !== undefined,
  );
  if (!isSaid) draft.timeouts.set('responseHead', { value: '1m', from: pool.from });
}

function defaultOf(directives: readonly Directive[], draft: Draft): Directive {
  const file = directives[0]?.file ?? [...draft.pools.values()][0].from.file;
  return {
    file,
    line: 1,
    name: '',
    args: [],
    children: [],
    text: 'client_max_body_size 1m, which nginx has by default',
  };
}

function convertProcess(directives: readonly Directive[], draft: Draft, report: Report): void {
  const workers = directives.find(({ name }) => name === 'worker_processes');
  if (workers === undefined) return;
  const count = workers.args[0] ?? '';
  if (count !== 'auto' && !/^[1-9]\d{0,3}$/.test(count)) return;
  report.take(workers);
  if (count !== 'auto') draft.top.set('threads', { value: Number(count), from: workers });
}
