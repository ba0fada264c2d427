/** A config of nginx as a draft. */
import type { Report } from '../report.ts';
import { leadsToServer } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { answeredBy, readAnswers, serverOf } from './answers.ts';
import type { Answers } from './answers.ts';
import { nameShared } from './client-certificates.ts';
import { addRoutes } from './host-routes.ts';
import { convertLocations } from './locations.ts';
import { parseNginx } from './parse-nginx.ts';
import type { Directive } from './parse-nginx.ts';
import { PoolBook } from './pool-book.ts';
import { Includes } from './read-includes.ts';
import { readTimeout } from './route-settings.ts';
import { Scope } from './scope.ts';
import { addListeners, leaveLocal, listLeftOvers, readHosts, readListens, refuseServer } from './servers.ts';
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
    .flatMap((server) => convertServer(server, directives, scope, pools, report));
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

/** A server, and before it those of its hosts that it sends elsewhere. */
function convertServer(
  from: Directive,
  outer: readonly Directive[],
  scope: Scope,
  pools: PoolBook,
  report: Report,
): readonly Server[] {
  const inner = scope.inner(from.children);
  const answers = readAnswers(from.children, inner, report);
  const listens = readListensQuietly(from, outer);
  const split = [...answers.byHost].map(([host, answer]) =>
    serverOf(from, { hosts: [host], listens }, answer, pools, report),
  );
  const rest = convertRest(from, { outer, scope: inner, ...answers }, pools, report);
  // The first one of an address is its default server, which it is by the rest of it.
  return [{ ...rest, hosts: rest.hosts.filter((host) => !answers.byHost.has(host)) }, ...split];
}

interface Around extends Answers {
  /** Directives beside the server. */
  readonly outer: readonly Directive[];
  /** Its own. */
  readonly scope: Scope;
}

function convertRest(
  from: Directive,
  { outer, scope, byHttp, whole }: Around,
  pools: PoolBook,
  report: Report,
): Server {
  const quietly = (): Server['listens'] => readListensQuietly(from, outer);
  if (whole !== null) {
    // A redirect of a listener is taken over, and what it says of itself is listed.
    const listens =
      typeof whole.sent === 'object' && whole.sent !== null ? readListens(from, outer, report) : quietly();
    return serverOf(from, { hosts: readHosts(from, report), listens }, whole, pools, report);
  }
  // It is still the default server of its address: what it keeps away must not reach another.
  if (refuseServer(from, outer, report)) {
    const closed = { from, path: undefined, route: { pool: pools.closed(from) } };
    return { from, hosts: readHosts(from, report), listens: quietly(), routes: [closed], byHttp: null };
  }
  report.take(from);
  const hosts = readHosts(from, report);
  const listens = readListens(from, outer, report);
  const routes = convertLocations(from.children, scope, pools, report);
  if (routes.some(({ path }) => path !== undefined)) report.differ(from, SLASHES);
  const hasRoot = routes.some(({ path }) => path === undefined);
  if (routes.length > 0 && !hasRoot && hosts.length > 0) {
    report.differ(
      from,
      'it has no location / that was taken over: paths of none go to routes without a host, if there are any',
    );
  }
  const front = byHttp === null ? null : [answeredBy(byHttp, 'http', pools, report)];
  return { from, hosts, listens, routes, byHttp: front };
}

const SLASHES =
  'nginx merges slashes and reads %2F as one where it looks for a location, and sends them so where it rewrites; here //x ' +
  'and /x%2Fy are paths of their own, but for guards';

const SILENT = { take() {}, leave() {}, same() {} } as unknown as Report;

function readListensQuietly(server: Directive, outer: readonly Directive[]): Server['listens'] {
  return readListens(server, outer, SILENT);
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
    ({ value }) => !leadsToServer(value, draft) || value.timeouts?.responseHead !== undefined,
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
