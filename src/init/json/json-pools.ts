/** Servers of a JSON config as pools. */
import type { EndpointInput } from '../../config/config-input.ts';
import type { Ledger } from '../ledger.ts';
import type { Plan, PlannedPool, PoolSettings, Sourced } from '../plan.ts';
import { readCheck, readTimes } from './json-check.ts';
import type { Statement } from '../statement.ts';
import type { JsonEntry } from './json-entry.ts';
import { parseTarget, readTarget } from './json-target.ts';
import { isTrue, readCount, readPolicy, readTime, readWeight } from './json-values.ts';
import { findNamed, isNamed, plainKey } from './names.ts';

export interface FoundPool {
  readonly name: string;
  /** Stands in front of every path. */
  readonly base: string;
}

export class JsonPools {
  readonly #plan: Plan;
  readonly #ledger: Ledger;
  readonly #bases = new Map<string, string>();
  /** Settings of the whole config, which pools take over that have none of their own. */
  readonly #shared: PlannedPool['settings'] = new Map();

  constructor(plan: Plan, ledger: Ledger) {
    this.#plan = plan;
    this.#ledger = ledger;
  }

  share(entry: JsonEntry): void {
    this.#readSettings(entry, this.#shared);
  }

  /** Null where there is no such pool. */
  named(name: string): FoundPool | null {
    return this.#plan.pools.has(name) ? { name, base: this.#bases.get(name) ?? '' } : null;
  }

  /** `entry` is a server, a list of servers, or a map with a list of them. Null where there is no server in it. */
  add(wanted: string, entry: JsonEntry): FoundPool | null {
    this.#ledger.take(entry);
    const settings: PlannedPool['settings'] = new Map(this.#shared);
    const servers = serversOf(entry);
    if (servers !== entry.children && servers[0] !== entry) this.#takeHolder(entry);
    if (entry.kind === 'map') this.#readSettings(entry, settings);
    if (entry.kind === 'map' && servers[0] !== entry) this.#readMost(entry, settings);
    const pool: PlannedPool = { from: entry, endpoints: [], settings };
    const bases = new Set<string>();
    for (const server of servers) {
      const base = this.#addServer(server, pool);
      if (base !== null) bases.add(base);
    }
    if (pool.endpoints.length === 0) return null;
    const [base = '', ...others] = bases;
    if (others.length > 0)
      this.#ledger.leave(entry, 'one path stands in front for all endpoints of a pool', `paths ${others.join(', ')}`);
    return this.#put(wanted, pool, base);
  }

  #put(wanted: string, pool: PlannedPool, base: string): FoundPool {
    const same = [...this.#plan.pools].find(
      ([name, other]) => isSamePool(pool, other) && this.#bases.get(name) === base,
    );
    if (same !== undefined) return { name: same[0], base };
    const start =
      wanted
        .replace(/[^A-Za-z0-9_.-]+/g, '-')
        .replace(/^[^A-Za-z0-9_]+|-+$/g, '')
        .slice(0, 100) || 'web';
    let name = start;
    for (let number = 2; this.#plan.pools.has(name); number++) name = `${start}-${number}`;
    this.#plan.pools.set(name, pool);
    this.#bases.set(name, base);
    return { name, base };
  }

  #takeHolder(entry: JsonEntry): void {
    for (const child of entry.children)
      if (child.kind === 'list' && isNamed(child, 'servers')) this.#ledger.take(child);
  }

  /** The path in front of its address; null where it could not be taken over. */
  #addServer(entry: JsonEntry, pool: PlannedPool): string | null {
    const target = readTarget(entry, (used) => this.#ledger.take(used));
    if (typeof target === 'string') {
      this.#ledger.leave(entry, target);
      return null;
    }
    const weight = this.#weightOf(entry);
    const value: string | EndpointInput =
      weight === null || weight === 1 ? target.address : { address: target.address, weight };
    pool.endpoints.push({ value, from: entry });
    const most = findNamed(entry, 'maxConnections');
    const count = most === null ? null : readCount(most, 1, 1e6, this.#ledger);
    if (most !== null && count !== null) this.#shareMost(pool, { value: count, from: most });
    for (const child of entry.children)
      if (isNamed(child, 'label')) this.#ledger.same(child, 'an endpoint is named by its address');
    return target.base;
  }

  #readMost(entry: JsonEntry, settings: PlannedPool['settings']): void {
    const most = findNamed(entry, 'maxConnections');
    const count = most === null ? null : readCount(most, 1, 1e6, this.#ledger);
    if (most !== null && count !== null) settings.set('maxConnections', { value: count, from: most });
  }

  #shareMost({ settings }: PlannedPool, most: Sourced<number>): void {
    const known = settings.get('maxConnections');
    if (known === undefined) settings.set('maxConnections', most);
    else if (known.value !== most.value)
      this.#ledger.leave(most.from, 'is one value for all endpoints of a pool, here that of another server');
  }

  #weightOf(entry: JsonEntry): number | null {
    for (const name of ['enabled', 'disabled'] as const) {
      const found = findNamed(entry, name);
      if (found === null) continue;
      this.#ledger.take(found);
      if (isTrue(found) === (name === 'disabled')) return 0;
    }
    const weight = findNamed(entry, 'weight');
    return weight === null ? null : readWeight(weight, this.#ledger);
  }

  #readSettings(entry: JsonEntry, settings: PlannedPool['settings']): void {
    const set = (key: keyof PoolSettings, value: unknown, from: Statement): void => {
      if (value !== null) settings.set(key, { value, from });
    };
    const policy = findNamed(entry, 'policy');
    if (policy?.kind === 'value') set('policy', readPolicy(policy, this.#ledger), policy);
    const check = this.#readCheck(entry);
    if (check !== null) set('check', check.value, check.from);
    const attempts = findNamed(entry, 'attempts');
    if (attempts?.kind === 'value') {
      const count = readCount(attempts, 0, 99, this.#ledger);
      if (count !== null) set('retry', count === 0 ? 'off' : { attempts: count + 1 }, attempts);
    }
    const origin = findNamed(entry, 'changeOrigin');
    if (origin !== null) this.#ledger.take(origin);
    if (origin !== null && isTrue(origin)) set('host', 'endpoint', origin);
    const timeouts = this.#readTimeouts(entry);
    if (timeouts !== null) set('timeouts', timeouts.value, timeouts.from);
  }

  /** A map of its own, or keys such as `healthCheckPath` beside the servers. */
  #readCheck(entry: JsonEntry): Sourced<unknown> | null {
    const own = findNamed(entry, 'check');
    if (own !== null) {
      const value = readCheck(own, this.#ledger);
      return value === null ? null : { value, from: own };
    }
    const beside = { ...entry, children: entry.children.filter(({ key }) => /health|check|ping/.test(plainKey(key))) };
    if (beside.children.length === 0) return null;
    const path = findNamed(beside, 'checkPath');
    const times = readTimes(beside, this.#ledger);
    if (path === null)
      return Object.keys(times).length === 0 ? null : { value: { tcp: {}, ...times }, from: beside.children[0] };
    this.#ledger.take(path);
    return { value: { http: { path: path.value }, ...times }, from: path };
  }

  #readTimeouts(entry: JsonEntry): Sourced<unknown> | null {
    const [whole, connect] = [findNamed(entry, 'timeout'), findNamed(entry, 'connectTimeout')];
    const head = whole?.kind === 'value' ? readTime(whole, this.#ledger) : null;
    const connecting = connect === null ? null : readTime(connect, this.#ledger);
    const from = head === null ? connect : whole;
    if (from === null || (head === null && connecting === null)) return null;
    const value = {
      ...(connecting === null ? {} : { connect: connecting }),
      ...(head === null ? {} : { responseHead: head }),
    };
    return { value, from };
  }
}

function isSamePool(a: PlannedPool, b: PlannedPool): boolean {
  const valuesOf = ({ endpoints, settings }: PlannedPool): string =>
    JSON.stringify([endpoints.map(({ value }) => value), [...settings].map(([key, { value }]) => [key, value])]);
  return valuesOf(a) === valuesOf(b);
}

/** The servers themselves, wherever they stand; the entry itself where it is one. */
export function serversOf(entry: JsonEntry): readonly JsonEntry[] {
  if (entry.kind === 'value') return [entry];
  if (entry.kind === 'list') return entry.children;
  const inner = entry.children.find(
    (child) => child.kind === 'list' && (isNamed(child, 'servers') || isNamed(child, 'url') || isNamed(child, 'pool')),
  );
  return inner?.children ?? [entry];
}

/** Whether an entry is written as a server, or as a list of them, and not as names of them. */
export function isServerLike(entry: JsonEntry): boolean {
  if (entry.kind === 'list') return entry.children.length > 0 && entry.children.every(isServerLike);
  if (entry.kind === 'map')
    return findNamed(entry, 'url') !== null || findNamed(entry, 'port') !== null || serversOf(entry)[0] !== entry;
  return (
    typeof entry.value === 'number' ||
    (typeof entry.value === 'string' &&
      /:\d+|:\/\//.test(entry.value) &&
      typeof parseTarget(entry.value) !== 'undefined')
  );
}
