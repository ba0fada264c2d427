/** The rules of a frontend as routes, and its `bind` lines as listeners. */
import type { MatchInput, RouteInput } from '../../config/config-input.ts';
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import { isToHttps, isToSecure } from '../redirect.ts';
import type { Redirect } from '../redirect.ts';
import { addressesOf, addressOf, isFirst } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { listenerOf, readBinds } from './binds.ts';
import type { Bind } from './binds.ts';
import { readCondition, readGuarded } from './conditions.ts';
import { ANYTHING, keyOf, toMatchInput } from './match.ts';
import type { Match } from './match.ts';
import { conditionOf, guardsOf, redirectsAll, redirectsOf } from './not-taken.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';
import { BY_HTTP, addRedirect } from './redirects.ts';
import { KEPT_OUT, dropShadowed, needPatterns, prepend, toRoutes } from './rules.ts';
import type { Rule } from './rules.ts';

/** In the order in which HAProxy tries them. `has`: whether there is such a backend. What is left out is listed. */
export function readRules(
  proxy: Proxy,
  backends: ReadonlyMap<string, Proxy>,
  has: (backend: string) => boolean,
  report: Report,
): readonly Rule[] {
  let rules = readDefault(proxy, has, report);
  // From the last one on: what a rule excepts goes where those behind it say.
  for (const line of proxy.own('use_backend').toReversed()) rules = addRule(line, rules, proxy, has, report);
  rules = rules.flatMap((rule) => withRedirects(rule, backends.get(rule.backend), report));
  const redirects = redirectsOf(proxy);
  if (rules.length === 0 && redirects.length === 0) return rules;
  const acls = proxy.findAll('acl');
  for (const line of inOrder(guardsOf(proxy), redirects).toReversed()) {
    if (redirects.includes(line)) rules = addRedirect(line, rules, { acls, within: ANYTHING }, report);
    else rules = addGuard(line, rules, proxy, report);
  }
  noteDifferences(proxy, rules, report);
  return rules;
}

/** Those of `http-request` in their order, and those of `redirect` behind them. */
function inOrder(guards: readonly Line[], redirects: readonly Line[]): readonly Line[] {
  const isLate = ({ name }: Line): number => Number(name === 'redirect');
  return [...guards, ...redirects].toSorted((a, b) => isLate(a) - isLate(b) || a.line - b.line);
}

/** A rule that leads to a backend, with those of the backend that redirect in front of it. */
function withRedirects(rule: Rule, backend: Proxy | undefined, report: Report): readonly Rule[] {
  const redirects = backend === undefined || backend.from === rule.from ? [] : redirectsOf(backend);
  if (backend === undefined || redirects.length === 0) return [rule];
  let rules: readonly Rule[] = redirectsAll(backend) ? [] : [rule];
  for (const line of redirects.toReversed())
    rules = addRedirect(line, rules, { acls: backend.findAll('acl'), within: rule.match }, report);
  report.take(backend.from);
  return rules;
}

/** What is not quite the same for a frontend as a whole. */
function noteDifferences(proxy: Proxy, rules: readonly Rule[], report: Report): void {
  const { from } = proxy;
  if (rules.some(({ match }) => match.path !== null)) report.differ(from, NORMAL_FORM);
  const isPlain = proxy.own('bind').every(({ args }) => !args.includes('ssl'));
  const isAnything = ({ match }: Rule): boolean =>
    keyOf(match) === keyOf(ANYTHING) || (isPlain && keyOf(match) === keyOf(BY_HTTP));
  if (!rules.some(isAnything)) report.differ(from, 'what no rule takes is answered 404 here, 503 there');
}

const NORMAL_FORM =
  'paths are compared in normal form here, where /%61 is /a and /x/../a is /a, and one that has none is answered 400; ' +
  'HAProxy compares them as they came';

/** Runs before all rules about backends. What it keeps out, or a little more, goes nowhere. */
function addGuard(from: Line, rest: readonly Rule[], proxy: Proxy, report: Report): readonly Rule[] {
  const guarded = readGuarded(conditionOf(from), proxy.findAll('acl'));
  const rules = guarded === 'all' || guarded.length === 0 ? null : prepend(guarded, { backend: KEPT_OUT, from }, rest);
  if (typeof rules !== 'object' || rules === null) return rest;
  report.guard(from, lacking('access', 'what it is about gets 502, in every spelling that a server may read so'));
  return rules;
}

function readDefault(proxy: Proxy, has: (backend: string) => boolean, report: Report): readonly Rule[] {
  const line = proxy.find('default_backend');
  const backend = line?.args[0] ?? '';
  if (line !== null && has(backend)) {
    report.take(line);
    return [{ match: ANYTHING, backend, from: line }];
  }
  if (line !== null) report.leave(line, 'its backend was not taken over');
  return proxy.isBack && has(proxy.name) ? [{ match: ANYTHING, backend: proxy.name, from: proxy.from }] : [];
}

const WHERE_THEY_GO = 'its requests go where the rest goes';

function addRule(
  from: Line,
  rest: readonly Rule[],
  proxy: Proxy,
  has: (backend: string) => boolean,
  report: Report,
): readonly Rule[] {
  const [backend = '', ...words] = from.args;
  if (!has(backend)) {
    const reason = backend.includes('%') ? lacking('computedNames') : 'its backend was not taken over';
    report.leave(from, `${reason}; ${WHERE_THEY_GO}`);
    return rest;
  }
  const condition = readCondition(words, proxy.findAll('acl'));
  const rules = condition.cases.length === 0 ? rest : prepend(condition.cases, { backend, from }, rest);
  const failures = typeof rules === 'string' ? [...condition.failures, rules] : condition.failures;
  for (const failure of failures) {
    const reason = `${failure}; ${WHERE_THEY_GO}`;
    const part = condition.cases.length === 0 || typeof rules === 'string' ? undefined : from.text;
    report[condition.isGuard ? 'guard' : 'leave'](from, reason, part);
  }
  if (failures.length === 0 && condition.cases.length === 0) report.leave(from, 'no request is ever like this');
  if (typeof rules === 'string' || rules === rest) return rest;
  report.take(from);
  for (const acl of condition.acls) report.take(acl);
  for (const difference of condition.differences) report.differ(from, difference);
  return rules;
}

/** Where the routes to a backend lead. */
export interface Target {
  readonly pool: string;
  /** What the backend does to paths, for the routes that lead to it. */
  readonly rewrite: (match: Match) => Partial<RouteInput>;
}

/** Adds what the rules decide. */
export function addRoutes(
  all: readonly Rule[],
  targetOf: (backend: string, from: Line) => Target,
  isClosed: (backend: string) => boolean,
  draft: Draft,
  report: Report,
): void {
  const rules = dropShadowed(all);
  for (const { from } of all.filter((rule) => !rules.some((other) => other.from === rule.from))) {
    report.same(from, 'no request gets to it: those in front of it take them all');
  }
  const asPattern = needPatterns(all) || all.some((rule) => isGuarding(rule, isClosed) && endsWithin(rule.match));
  const routes = toRoutes(rules, asPattern);
  if (routes === null)
    report.differ(rules[0].from, 'rules stand in their order, which Fairlead may try in another one');
  const written = new Patterns();
  for (const { match, backend, from, redirect } of routes ?? rules) {
    if (!asPattern) noteStart(match, from, report);
    const input = written.keepPlace(toMatchInput(match, asPattern));
    if (redirect !== undefined) {
      const value = redirectRoute(input, redirect);
      if (value.guards === 'on') report.differ(from, OTHER_SPELLINGS);
      draft.routes.push({ value, from });
      continue;
    }
    const { pool, rewrite } = targetOf(backend, from);
    const where = Object.keys(input).length === 0 ? {} : { match: input };
    draft.routes.push({ value: { ...where, pool, ...rewrite(match) }, from });
  }
}

const OTHER_SPELLINGS = 'paths that a server may read as one of these are redirected as well';

function isGuarding({ backend, redirect }: Rule, isClosed: (backend: string) => boolean): boolean {
  return redirect === undefined ? isClosed(backend) : isToSecure(redirect);
}

/** A redirect to https is for requests by http alone, and is met under every reading of its path as a guard is. */
function redirectRoute({ scheme, ...others }: MatchInput, redirect: Redirect): RouteInput {
  const match = scheme === undefined || isToHttps(redirect) ? others : { scheme, ...others };
  const guards = others.path !== undefined && isToSecure(redirect) ? ({ guards: 'on' } as const) : {};
  return { ...(Object.keys(match).length === 0 ? {} : { match }), redirect, ...guards };
}

/** It takes the start of a longer segment as well: a guard that does so must. */
function endsWithin({ path }: Match): boolean {
  return path?.kind === 'start' && !path.text.endsWith('/');
}

function noteStart({ path }: Match, from: Line, report: Report): void {
  if (path?.kind !== 'start') return;
  const { text } = path;
  const words = text.endsWith('/') ? `${text.slice(0, -1)} as well as ${text}x` : `${text} and ${text}/x, not ${text}x`;
  report.differ(from, `a prefix ends at a segment here: ${words}`);
}

/** Routes of one pattern stand together, where the first of them stands: one that comes again is written otherwise. */
class Patterns {
  readonly #seen = new Set<string>();
  #last = '';

  keepPlace(match: RouteInput['match'] & object): RouteInput['match'] & object {
    const { path } = match;
    const host = JSON.stringify(match.host);
    if (typeof path !== 'object') return match;
    let { regex } = path;
    while (this.#last !== `${host} ${regex}` && this.#seen.has(`${host} ${regex}`)) regex = `(?:${regex})`;
    this.#last = `${host} ${regex}`;
    this.#seen.add(this.#last);
    return { ...match, path: { ...path, regex } };
  }
}

/** Adds listeners for the addresses that are not there yet. Returns all that it binds, also what could not be taken over. */
export function addListeners(proxy: Proxy, draft: Draft, report: Report): readonly Bind[] {
  const binds = readBinds(proxy, report);
  const known = new Set(addressesOf(draft));
  for (const bind of binds.filter(({ isLeft }) => !isLeft)) {
    const { listener, name, from } = bind;
    const address = addressOf(listener);
    if (known.has(address)) continue;
    known.add(address);
    const usual = isFirst(draft) ? 'web' : `web-${address.replace(/[^0-9a-z.]+/gi, '-').replace(/^-|-$/g, '')}`;
    draft.listeners.set(name !== null && !draft.listeners.has(name) ? name : usual, {
      value: listenerOf(bind, report),
      from,
    });
  }
  return binds;
}
