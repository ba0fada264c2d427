/** A JSON config, as small load balancers and proxies of Node have them, as a plan. Liberal in names, strict in telling what it did not understand. */
import type { Ledger } from '../ledger.ts';
import type { Plan } from '../plan.ts';
import { parseJson } from './json-entry.ts';
import type { JsonEntry } from './json-entry.ts';
import { JsonPools, isServerLike } from './json-pools.ts';
import { JsonRoutes } from './json-routes.ts';
import { isTrue, readCount, readTime } from './json-values.ts';
import { findNamed, isGuardKey, isNamed, plainKey, reasonForKey } from './names.ts';

/** Throws `UnreadableInput`. */
export function convertJson(text: string, file: string, plan: Plan, ledger: Ledger): void {
  const root = parseJson(text, file);
  ledger.take(root);
  const pools = new JsonPools(plan, ledger);
  const routes = new JsonRoutes(plan, pools, ledger);
  const guard = root.children.find(({ key }) => isGuardKey(key));
  if (guard !== undefined) ledger.guard(guard, 'access rules and authentication are not built yet');
  if (root.kind === 'list') {
    if (isServerLike(root) && root.children.every((child) => findNamed(child, 'matchPath') === null))
      pools.add('web', root);
    else routes.addAll(root);
  } else convertMap(unwrap(root, ledger), plan, pools, routes, ledger);
  addCatchAll(plan);
  ledger.close([root], (entry) => {
    ledger.leave(entry, reasonForKey(entry.key));
  });
}

/** `{ "loadBalancer": { … } }`: what stands in such a map stands beside it as well. */
function unwrap(root: JsonEntry, ledger: Ledger): JsonEntry {
  const children = root.children.flatMap((child) => {
    if (child.kind !== 'map' || !isNamed(child, 'listen')) return [child];
    ledger.take(child);
    return child.children;
  });
  return { ...root, children };
}

function convertMap(root: JsonEntry, plan: Plan, pools: JsonPools, routes: JsonRoutes, ledger: Ledger): void {
  convertListener(root, plan, ledger);
  convertWhole(root, plan, ledger);
  pools.share(root);
  const rest = root.children.filter(
    (child) => child.kind !== 'value' || isNamed(child, 'url') || isNamed(child, 'servers'),
  );
  // Pools by name come first: routes may name them.
  for (const entry of rest) addNamedPools(entry, pools, ledger);
  for (const entry of rest) {
    if (isRoutes(entry)) addRoutes(entry, routes);
    else if (isServers(entry)) pools.add('web', entry);
  }
  for (const entry of root.children) {
    // A map that is nothing but hosts and paths.
    if (looksLikeKey(entry.key)) routes.addAll({ ...root, kind: 'map', children: [entry] });
    else if (isNamed(entry, 'label')) ledger.same(entry, 'nothing to set here');
  }
}

function isServers(entry: JsonEntry): boolean {
  if (entry.kind === 'map' && (isNamed(entry, 'servers') || isNamed(entry, 'pool'))) return isServerLike(entry);
  const isList = entry.kind === 'list' && !hasNames(entry);
  if (isList && (isNamed(entry, 'servers') || isNamed(entry, 'pool') || isNamed(entry, 'hosts'))) return true;
  return typeof entry.value === 'string' && (isNamed(entry, 'url') || isNamed(entry, 'servers'));
}

/** A list of `{ name, servers: […] }`. */
function hasNames(entry: JsonEntry): boolean {
  return entry.children.some((child) => findNamed(child, 'servers')?.kind === 'list');
}

function isRoutes(entry: JsonEntry): boolean {
  if (entry.kind === 'value') return false;
  return isNamed(entry, 'routes') || (isNamed(entry, 'hosts') && entry.kind === 'map');
}

function addRoutes(entry: JsonEntry, routes: JsonRoutes): void {
  routes.addAll(entry);
}

function addNamedPools(entry: JsonEntry, pools: JsonPools, ledger: Ledger): void {
  if (!isNamed(entry, 'servers') && !isNamed(entry, 'pool')) return;
  if (entry.kind === 'map' && isServerLike(entry)) return;
  if (entry.kind === 'list' && !hasNames(entry)) return;
  if (entry.kind === 'value') return;
  ledger.take(entry);
  for (const child of entry.children) {
    const label = child.children.find((inner) => /^(?:name|id)$/i.test(inner.key));
    if (label !== undefined) ledger.take(label);
    const name = entry.kind === 'map' ? child.key : String(label?.value ?? '');
    if (pools.add(name, child) === null) ledger.leave(child, 'no server that could be taken over stands here');
  }
}

function looksLikeKey(key: string): boolean {
  return key.startsWith('/') || /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[:/]|$)/i.test(key);
}

function convertListener(root: JsonEntry, plan: Plan, ledger: Ledger): void {
  const port =
    findNamed(root, 'port') ??
    root.children.find((child) => child.kind === 'value' && plainKey(child.key) === 'listen') ??
    null;
  const host = root.children.find((child) => isNamed(child, 'host') && child.kind === 'value') ?? null;
  if (port === null) return;
  const text = String(port.value);
  const address = /^\d{1,5}$/.test(text) ? `${host === null ? '' : hostOf(String(host.value))}:${text}` : text;
  for (const used of [port, host]) if (used !== null) ledger.take(used);
  plan.listeners.set('web', { value: address, from: port });
}

function hostOf(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '*') return '';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function convertWhole(root: JsonEntry, plan: Plan, ledger: Ledger): void {
  const threads =
    findNamed(root, 'threads') ??
    root.children.find(({ key, value }) => key === 'workers' && typeof value === 'number') ??
    null;
  const count = threads === null ? null : readCount(threads, 1, 1024, ledger);
  if (threads !== null && count !== null) plan.top.set('threads', { value: count, from: threads });
  const most = findNamed(root, 'maxConnections');
  const connections = most === null ? null : readCount(most, 1, 1e9, ledger);
  if (most !== null && connections !== null) plan.top.set('maxConnections', { value: connections, from: most });
  const idle = findNamed(root, 'keepAlive');
  const text = idle === null ? null : readTime(idle, ledger);
  if (idle !== null && text !== null) plan.timeouts.set('keepAlive', { value: text, from: idle });
  for (const entry of root.children) {
    if (isNamed(entry, 'websocket')) {
      if (isTrue(entry)) ledger.same(entry, 'WebSocket passes by itself');
      else ledger.leave(entry, 'write upgrades: [] into the routes that are to refuse it');
    } else if (isNamed(entry, 'forwarded'))
      ledger.same(entry, 'X-Forwarded-* are sent by themselves; write proxies in front under trustedProxies');
  }
}

/** Servers without a route take what no route takes. */
function addCatchAll({ routes, pools }: Plan): void {
  const web = pools.get('web');
  if (web === undefined) return;
  const isRouted = routes.some(({ value }) => value.pool === 'web' || value.match === undefined);
  if (!isRouted) routes.push({ value: { pool: 'web' }, from: web.from });
}
