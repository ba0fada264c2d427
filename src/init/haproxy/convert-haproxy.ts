/** A config of HAProxy as a draft. */
import type { Report } from '../report.ts';
import { closedPool, listenHere, takesHttp } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { UnreadableInput } from '../statement.ts';
import { convertBackend } from './backends.ts';
import type { Bind } from './binds.ts';
import { completeBinds } from './complete-binds.ts';
import { addListeners, addRoutes, readRules } from './frontends.ts';
import type { Target } from './frontends.ts';
import { Layer4 } from './layer4.ts';
import { contains, intersect } from './match.ts';
import { isHttp, listLine, listSection, redirectsAll, redirectsOf, refusalOf } from './not-taken.ts';
import { parseHaproxy } from './parse-haproxy.ts';
import type { Line } from './parse-haproxy.ts';
import { readProxies } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { readRewriting, rewritingOf } from './rewriting.ts';
import { BY_HTTP } from './redirects.ts';
import { KEPT_OUT } from './rules.ts';
import type { Rule } from './rules.ts';
import { addClientTimeouts } from './timeouts.ts';

/** Throws `UnreadableInput`. Reads the lists of certificates that `crt-list` names. */
export async function convertHaproxy(text: string, file: string, draft: Draft, report: Report): Promise<void> {
  const parsed = parseHaproxy(text, file);
  if (parsed.length === 0) throw new UnreadableInput(file, 1, 'there is no section in it');
  const sections = await completeBinds(parsed, file, report);
  const proxies = readProxies(sections);
  const backends = new Map(proxies.filter(({ isBack }) => isBack).map((proxy) => [proxy.name, proxy]));
  const fronts = new Fronts(backends, draft, report);
  const layer4 = new Layer4(backends, draft, report);
  const inFront = proxies.filter(({ isFront }) => isFront);
  const beside = plainBeside(inFront.filter(isHttp));
  for (const proxy of inFront.filter((each) => !beside.includes(each))) {
    if (isHttp(proxy)) fronts.add(proxy);
    else layer4.add(proxy);
  }
  fronts.addBeside(beside);
  fronts.listenSomewhere();
  sortPools(draft);
  convertProcess(sections, fronts.taken, draft, report);
  listRest(sections, report);
}

/** The frontends that are taken over: routes hold for every listener, so that they must have the same rules. */
class Fronts {
  readonly #backends: ReadonlyMap<string, Proxy>;
  readonly #draft: Draft;
  readonly #report: Report;
  /** The pool of each backend that a rule names; null: it could not be taken over. */
  readonly #pools = new Map<string, string | null>();
  #rules: string | null = null;
  readonly #binds: Bind[] = [];
  taken: Proxy | null = null;

  constructor(backends: ReadonlyMap<string, Proxy>, draft: Draft, report: Report) {
    this.#backends = backends;
    this.#draft = draft;
    this.#report = report;
  }

  /** Those of http, when those of https have been taken over. */
  addBeside(proxies: readonly Proxy[]): void {
    const isBeside = this.taken !== null;
    for (const proxy of proxies) {
      if (isBeside) this.#addBeside(proxy, proxies[0]);
      else this.add(proxy);
    }
  }

  #addBeside(proxy: Proxy, first: Proxy): void {
    if (this.#isRefused(proxy)) return;
    const isSame = decisionsOf(proxy) === decisionsOf(first);
    if (!isSame) {
      this.#report.leave(proxy.from, `routes hold for every listener, and those of ${first.name} are taken over`);
      return;
    }
    this.#report.take(proxy.from);
    addListeners(proxy, this.#draft, this.#report);
    if (proxy !== first) return;
    const rules = this.#readRules(proxy).flatMap((rule) => {
      const match = intersect(rule.match, BY_HTTP);
      return typeof match === 'object' ? [{ ...rule, match }] : [];
    });
    const isAll = rules.some(({ match }) => contains(match, BY_HTTP));
    if (!isAll) this.#report.leave(proxy.from, 'what none of its rules takes gets 502', proxy.from.text);
    // It is not to come to the rules for https, which stand behind these.
    const others = this.#draft.routes.splice(0);
    this.#addRoutes(isAll ? rules : [...rules, { match: BY_HTTP, backend: KEPT_OUT, from: proxy.from }]);
    this.#draft.routes.push(...others);
  }

  #isRefused(proxy: Proxy): boolean {
    const refusal = refusalOf(proxy);
    if (refusal !== null) this.#report[refusal.kind === 'guard' ? 'guard' : 'leave'](proxy.from, refusal.reason);
    return refusal !== null;
  }

  #readRules(proxy: Proxy): readonly Rule[] {
    return readRules(proxy, this.#backends, (backend) => this.#has(backend, proxy), this.#report);
  }

  /** Whether it has a server, or redirects all that comes to it. */
  #has(name: string, front: Proxy): boolean {
    const backend = this.#backends.get(name);
    if (backend !== undefined && backend !== front && refusalOf(backend) === null && redirectsAll(backend)) return true;
    return this.#poolOf(name, front) !== null;
  }

  #addRoutes(rules: readonly Rule[]): void {
    const isClosed = (backend: string): boolean => backend === KEPT_OUT || this.#isGuarded(backend);
    addRoutes(rules, (backend, from) => this.#targetOf(backend, from), isClosed, this.#draft, this.#report);
  }

  add(proxy: Proxy): void {
    if (this.#isRefused(proxy)) return;
    if (this.taken !== null && this.#rules !== decisionsOf(proxy)) {
      this.#report.leave(
        proxy.from,
        `routes hold for every listener, and those of ${this.taken.name} are taken over: give it a config of its own`,
      );
      return;
    }
    this.#take(proxy);
  }

  #take(proxy: Proxy): void {
    const rules = this.#readRules(proxy);
    if (rules.length === 0) {
      this.#report.leave(proxy.from, 'none of its rules could be taken over, and nobody else is let in');
      return;
    }
    this.#report.take(proxy.from);
    this.#binds.push(...addListeners(proxy, this.#draft, this.#report));
    if (this.taken !== null) return;
    this.#rules = decisionsOf(proxy);
    this.taken = proxy;
    addClientTimeouts(proxy, this.#draft, this.#report);
    this.#addRoutes(rules);
  }

  /** Where nothing that is bound can be taken over, it is a port of this machine. */
  listenSomewhere(): void {
    if (takesHttp(this.#draft) || this.taken === null) return;
    const [{ from } = this.taken] = this.#binds;
    const why =
      this.#binds.length > 0 ? 'for whatever ends TLS in front' : 'since nothing it binds could be taken over';
    listenHere(this.#draft, from, why, this.#report);
  }

  #poolOf(name: string, front: Proxy): string | null {
    const known = this.#pools.get(name);
    if (known !== undefined) return known;
    const backend = this.#backends.get(name);
    if (backend !== undefined && refusalOf(backend)?.kind === 'guard')
      this.#pools.set(name, this.#closed(backend.from));
    const pool = backend === undefined ? null : convertBackend(backend, front, this.#report);
    const isUsable = pool !== null && pool.endpoints.length > 0;
    if (pool !== null && !isUsable)
      this.#report.leave(pool.from, 'it has no server that could be taken over', pool.from.text);
    if (isUsable) this.#draft.pools.set(name, pool);
    const found = this.#pools.get(name) ?? (isUsable ? name : null);
    this.#pools.set(name, found);
    return found;
  }

  #isGuarded(backend: string): boolean {
    const pool = this.#pools.get(backend) ?? null;
    return pool !== null && pool === this.#draft.closed;
  }

  #closed(from: Line): string {
    return closedPool(this.#draft, from, (name) => this.#backends.has(name));
  }

  #targetOf(backend: string, from: Line): Target {
    const pool = backend === KEPT_OUT ? this.#closed(from) : (this.#pools.get(backend) ?? backend);
    if (pool === this.#draft.closed) return { pool, rewrite: () => ({}) };
    const proxy = this.#backends.get(backend);
    const rewriting = proxy === undefined ? null : readRewriting(proxy, this.#report);
    return { pool, rewrite: (match) => rewritingOf(rewriting, match) };
  }
}

/** Frontends of http that redirect, where all others are for https alone: the rules of both can hold at the same time. */
function plainBeside(proxies: readonly Proxy[]): readonly Proxy[] {
  const plain = proxies.filter(isPlainRedirect);
  return proxies.every((proxy) => plain.includes(proxy) || isSecured(proxy)) ? plain : [];
}

/** Takes what comes without TLS, and sends some of it elsewhere. */
function isPlainRedirect(proxy: Proxy): boolean {
  return redirectsOf(proxy).length > 0 && proxy.own('bind').every(({ args }) => !args.includes('ssl'));
}

function isSecured(proxy: Proxy): boolean {
  const binds = proxy.own('bind');
  return binds.length > 0 && binds.every(({ args }) => args.includes('ssl'));
}

/** They were found in the order of the rules that lead to them. */
function sortPools({ pools }: Draft): void {
  const sorted = [...pools].sort(([, a], [, b]) => a.from.line - b.from.line);
  pools.clear();
  for (const [name, pool] of sorted) pools.set(name, pool);
}

/** Two frontends that say the same here send requests to the same places. */
function decisionsOf(proxy: Proxy): string {
  const ruled = [...redirectsOf(proxy), ...proxy.own('use_backend'), proxy.find('default_backend')];
  const lines = [...proxy.findAll('acl'), ...ruled];
  const own = proxy.from.name === 'listen' ? proxy.name : '';
  return JSON.stringify([own, lines.map((line) => line?.args)]);
}

/** What Fairlead has once for the process. */
function convertProcess(sections: readonly Line[], front: Proxy | null, draft: Draft, report: Report): void {
  const global = sections.filter(({ name }) => name === 'global').flatMap(({ children }) => children);
  const threads = global.findLast(({ name }) => name === 'nbthread');
  if (threads !== undefined && /^[1-9]\d{0,3}$/.test(threads.args[0] ?? '')) {
    report.take(threads);
    draft.top.set('threads', { value: Number(threads.args[0]), from: threads });
  }
  const most = global.findLast(({ name }) => name === 'maxconn') ?? front?.find('maxconn') ?? null;
  if (most === null || !/^[1-9]\d{0,8}$/.test(most.args[0] ?? '')) return;
  report.take(most);
  draft.top.set('maxConnections', { value: Number(most.args[0]), from: most });
}

function listRest(sections: readonly Line[], report: Report): void {
  for (const section of sections) {
    if (section.name === 'global' || section.name === 'defaults') report.take(section);
  }
  report.close(sections, (line) => {
    const section = sections.find(({ children }) => children.includes(line));
    if (section !== undefined) listLine(line, section, report);
    else if (line.name === 'backend') report.leave(line, 'no rule that was taken over leads to it');
    else listSection(line, report);
  });
}
