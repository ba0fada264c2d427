/** Routes of a JSON config: maps from paths and hosts to servers, or lists of rules. */
import type { RouteInput } from '../../config/config-input.ts';
import type { Ledger } from '../ledger.ts';
import { closedPool } from '../plan.ts';
import type { Plan } from '../plan.ts';
import type { JsonEntry } from './json-entry.ts';
import { serversOf } from './json-pools.ts';
import type { FoundPool, JsonPools } from './json-pools.ts';
import { mayMeet, toRewriting } from '../prefix-rewriting.ts';
import type { Replacement } from '../prefix-rewriting.ts';
import { isTrue } from './json-values.ts';
import { findNamed, isGuardKey, isNamed, knownReasonForKey } from './names.ts';

interface Matched {
  readonly host: string | null;
  /** Null: every path. */
  readonly path: string | null;
  /** The prefix in the words of the file, without a final slash and star. */
  readonly prefix: string;
}

export class JsonRoutes {
  readonly #plan: Plan;
  readonly #pools: JsonPools;
  readonly #ledger: Ledger;

  constructor(plan: Plan, pools: JsonPools, ledger: Ledger) {
    this.#plan = plan;
    this.#pools = pools;
    this.#ledger = ledger;
  }

  /** `{ "/api": …, "a.com": …, "a.com/x": … }`, or a list of `{ path, host, target }`. `host` is that of all. */
  addAll(entry: JsonEntry, host: string | null = null): void {
    this.#ledger.take(entry);
    for (const child of entry.children) {
      if (entry.kind === 'list') this.#addRule(child, host);
      else this.#addKeyed(child, host);
    }
  }

  #addKeyed(entry: JsonEntry, host: string | null): void {
    const matched = parseKey(entry.key, host);
    if (typeof matched === 'string') return this.#ledger.leave(entry, matched);
    const inner = entry.children.filter((child) => isNamed(child, 'routes') && child.kind !== 'value');
    for (const routes of inner) this.addAll(routes, matched.host);
    if (inner.length === 0 || findNamed(entry, 'servers') !== null || findNamed(entry, 'pool') !== null) {
      this.#add(entry, matched);
    } else this.#ledger.take(entry);
  }

  #addRule(entry: JsonEntry, outer: string | null): void {
    const [path, host] = [findNamed(entry, 'matchPath'), findNamed(entry, 'matchHost')];
    const keys = (path?.kind === 'list' ? path.children : [path]).map((item) => String(item?.value ?? ''));
    const hosts =
      host === null ? [outer] : (host.kind === 'list' ? host.children : [host]).map(({ value }) => String(value));
    for (const used of [path, host]) if (used !== null) this.#takeAll(used);
    for (const name of hosts) {
      for (const key of keys) {
        const matched = key === '' ? { host: name, path: null, prefix: '/' } : parseKey(key, name);
        if (typeof matched === 'string')
          this.#ledger.leave(keys.length * hosts.length === 1 ? entry : (path ?? entry), matched);
        else this.#add(entry, matched);
      }
    }
  }

  #takeAll(entry: JsonEntry): void {
    this.#ledger.take(entry);
    for (const child of entry.children) this.#takeAll(child);
  }

  #add(entry: JsonEntry, { host, path, prefix }: Matched): void {
    const guard = entry.children.find(({ key }) => isGuardKey(key));
    if (guard !== undefined) return this.#close(entry, guard, { host, path });
    const pool = this.#poolOf(entry, host, prefix);
    if (pool === null) return this.#ledger.leave(entry, reasonWithoutServer(entry));
    this.#ledger.take(entry);
    const match = { ...(host === null ? {} : { host }), ...(path === null ? {} : { path }) };
    const rewriting = this.#rewriting(entry, prefix, pool.base);
    const value: RouteInput = { ...(Object.keys(match).length === 0 ? {} : { match }), pool: pool.name, ...rewriting };
    this.#plan.routes.push({ value, from: entry });
    for (const child of entry.children) {
      if (isNamed(child, 'label')) this.#ledger.same(child, 'nothing to set here');
      else if (isNamed(child, 'websocket') && isTrue(child)) this.#ledger.same(child, 'WebSocket passes by itself');
      else if (isNamed(child, 'forwarded')) this.#ledger.same(child, 'X-Forwarded-* are sent by themselves');
    }
  }

  #close(entry: JsonEntry, guard: JsonEntry, { host, path }: Pick<Matched, 'host' | 'path'>): void {
    this.#ledger.guard(entry, `"${guard.key}" is not built yet; its requests get 502`);
    const match = { ...(host === null ? {} : { host }), ...(path === null ? {} : { path }) };
    const where = Object.keys(match).length === 0 ? {} : { match };
    this.#plan.routes.push({ value: { ...where, pool: closedPool(this.#plan, entry) }, from: entry });
  }

  /** A name of a pool, or servers of its own. */
  #poolOf(entry: JsonEntry, host: string | null, prefix: string): FoundPool | null {
    const holder = entry.kind === 'map' ? (findNamed(entry, 'servers') ?? findNamed(entry, 'pool')) : entry;
    if (holder?.kind === 'value' && typeof holder.value === 'string') {
      const named = this.#pools.named(holder.value);
      if (named !== null) this.#ledger.take(holder);
      if (named !== null) return named;
      if (/^(?!localhost$)[\w-]+$/.test(holder.value) && !/^\d+$/.test(holder.value)) return null;
    }
    if (holder === null && findNamed(entry, 'url') === null && entry.kind === 'map' && !hasAddress(entry)) return null;
    const wanted = [host ?? '', prefix === '/' ? '' : prefix].join('');
    // A rule's own settings stand beside its servers: algorithm, health check.
    const isPool =
      holder !== null && (entry.kind !== 'map' || (holder.kind === 'map' && serversOf(holder)[0] !== holder));
    return this.#pools.add(wanted, isPool ? holder : this.#withoutMatch(entry));
  }

  #rewriting(entry: JsonEntry, prefix: string, base: string): Partial<RouteInput> {
    const strip = findNamed(entry, 'strip');
    const rewrite = findNamed(entry, 'pathRewrite');
    if (strip !== null) this.#ledger.take(strip);
    const isStripped = strip !== null && isTrue(strip) && prefix !== '/';
    const replaced = rewrite === null ? null : this.#readRewrite(rewrite);
    if (replaced !== null) return mayMeet(prefix, true, replaced.prefix) ? toRewriting(replaced) : {};
    if (base === '') return isStripped ? { stripPrefix: prefix } : {};
    return { replacePrefix: { prefix: isStripped ? prefix : '/', by: base } };
  }

  /** `{ "^/api": "" }`, as http-proxy-middleware has it. */
  #readRewrite(rewrite: JsonEntry): Replacement | null {
    const [rule, ...others] = rewrite.children;
    const prefix = /^\^?(\/[\w./-]*?)\/?$/.exec(rule?.key ?? '')?.[1];
    const by = String(rule?.value ?? '').replace(/\/$/, '');
    if (others.length > 0 || !prefix || !/^(?:\/[\w./-]+)?$/.test(by)) {
      this.#ledger.leave(rewrite, 'one prefix is replaced by another, and nothing else: replacePrefix');
      return null;
    }
    this.#takeAll(rewrite);
    return { prefix, by };
  }

  /** What says where requests come from is no part of where they go. */
  #withoutMatch(entry: JsonEntry): JsonEntry {
    if (entry.kind !== 'map') return entry;
    const copy = { ...entry, children: entry.children.filter(isAboutServers) };
    this.#ledger.alias(copy, entry);
    return copy;
  }
}

function isAboutServers(child: JsonEntry): boolean {
  return (!isNamed(child, 'matchHost') && !isNamed(child, 'matchPath')) || isNamed(child, 'url');
}

function hasAddress(entry: JsonEntry): boolean {
  return entry.children.some(
    (child) => isAboutServers(child) && (isNamed(child, 'serverHost') || isNamed(child, 'port')),
  );
}

function reasonWithoutServer({ children }: JsonEntry): string {
  const reasons = children.map(({ key }) => knownReasonForKey(key));
  return reasons.find((reason) => reason !== null) ?? 'no server that could be taken over stands here';
}

/** `/api`, `/api/*`, `a.com`, `*.a.com/x`; or what is wrong with it. */
function parseKey(key: string, outer: string | null): Matched | string {
  const text = key.replace(/^https?:\/\//i, '').replace(/^\^/, '');
  const at = text.indexOf('/');
  const host = (at < 0 ? text : text.slice(0, at)).replace(/:\d+$/, '').toLowerCase();
  const written = at < 0 ? '/' : text.slice(at);
  const prefix = written.replace(/(?:\/?\*+|\/|\(\.\*\)|\$)+$/, '') || '/';
  if (/[*:()[\]{}|\\+?$^]/.test(prefix)) return 'a path is exact, a prefix, or a regular expression under path.regex';
  const known = host === '' || host === '*' || host === 'default' ? outer : host;
  return { host: known === '*' ? null : known, path: prefix === '/' ? null : `${prefix}/*`, prefix };
}
