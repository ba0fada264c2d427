/**
 * HAProxy takes the first rule that holds. Fairlead takes the most specific route: those for one scheme before others,
 * exact hosts before wildcards, exact paths before prefixes before regular expressions, more conditions before fewer. So an
 * earlier rule that a later one would overtake is repeated for exactly what the two have in common.
 */
import type { Redirect } from '../redirect.ts';
import type { Case } from './conditions.ts';
import { ANYTHING, conditionsOf, contains, intersect, keyOf } from './match.ts';
import type { Match } from './match.ts';
import type { Line } from './parse-haproxy.ts';

/** The first one wins. */
export interface Rule {
  readonly match: Match;
  readonly backend: string;
  /** In place of a backend. */
  readonly redirect?: Redirect;
  readonly from: Line;
}

/** In place of the name of a backend: requests that were denied. */
export const KEPT_OUT = ' ';
/** The same of requests that are redirected. */
export const ELSEWHERE = '  ';

const MOST_RULES = 2000;

/**
 * Puts the cases of a rule in front of those that follow it. What a case excepts goes where the rules that follow
 * would send it. A text says why that is not possible.
 */
export function prepend(
  cases: readonly Case[],
  rule: Omit<Rule, 'match'>,
  rest: readonly Rule[],
): readonly Rule[] | string {
  let rules = rest;
  for (const { match, except } of cases.toReversed()) {
    const exceptions: Rule[] = [];
    for (const hole of except) {
      const inner = intersect(match, hole);
      if (inner === 'nothing') continue;
      const passed = inner === 'unknown' ? null : restrict(rules, inner);
      if (passed === null) return 'routes cannot say what it excepts';
      exceptions.push(...passed);
    }
    rules = [...exceptions, { ...rule, match }, ...rules];
    if (rules.length > MOST_RULES) return 'it makes too many routes';
  }
  return rules;
}

/** Null where a part of it cannot be said, or goes nowhere. */
function restrict(rules: readonly Rule[], to: Match): readonly Rule[] | null {
  const restricted: Rule[] = [];
  for (const rule of rules) {
    const match = intersect(rule.match, to);
    if (match === 'unknown') return null;
    if (match === 'nothing') continue;
    restricted.push({ ...rule, match });
    if (keyOf(match) === keyOf(to)) return restricted;
  }
  return null;
}

/** Without the rules that others in front of them leave nothing for. */
export function dropShadowed(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter((rule, place) => !rules.slice(0, place).some(({ match }) => contains(match, rule.match)));
}

/** The same decisions as routes in Fairlead's order. Null: there would be too many. */
export function toRoutes(rules: readonly Rule[], asPatterns: boolean): readonly Rule[] | null {
  const placed = new Placed(asPatterns);
  for (const [place, rule] of rules.entries()) {
    placed.add(rule, place);
    if (placed.size > MOST_RULES) return null;
  }
  return placed.inOrder();
}

/**
 * Whether the start of a path is to be a regular expression: beside others, since their order is that of the file,
 * and where one in front takes what another says within a segment: `/app` before `/apple`.
 */
export function needPatterns(rules: readonly Rule[]): boolean {
  if (dropShadowed(rules).some(({ match }) => match.path?.kind === 'regex')) return true;
  const starts = [...new Set(rules.flatMap(({ match }) => (match.path?.kind === 'start' ? match.path.text : [])))];
  return starts.some((text, index) => starts.slice(index + 1).some((later) => isWithinSegment(text, later)));
}

function isWithinSegment(start: string, longer: string): boolean {
  return longer.startsWith(start) && !start.endsWith('/') && longer[start.length] !== '/';
}

interface Place extends Rule {
  /** That of the rule that decides it. */
  readonly place: number;
}

class Placed {
  readonly #asPatterns: boolean;
  readonly #rules = new Map<string, Place>();

  constructor(asPatterns: boolean) {
    this.#asPatterns = asPatterns;
  }

  get size(): number {
    return this.#rules.size;
  }

  add(rule: Rule, place: number): void {
    const key = keyOf(rule.match);
    const known = this.#rules.get(key);
    if (this.size > MOST_RULES || (known !== undefined && known.place <= place)) return;
    const earlier = [...this.#rules.values()].filter((other) => other.place < place);
    // No request is left for it.
    if (earlier.some(({ match }) => contains(match, rule.match))) return;
    this.#rules.set(key, { ...rule, place });
    for (const other of earlier) {
      const common = this.#commonOf(other.match, rule.match);
      if (common !== null && this.#isTriedBefore(rule.match, other.match))
        this.add({ ...other, match: common }, other.place);
    }
  }

  inOrder(): readonly Rule[] {
    return [...this.#rules.values()].sort((a, b) => a.place - b.place);
  }

  /** A part of `earlier` that holds all it has in common with `later`; null where that is nothing. */
  #commonOf(earlier: Match, later: Match): Match | null {
    const common = intersect(earlier, later);
    if (typeof common === 'object') return common;
    if (common === 'nothing') return null;
    // Two patterns of one scheme and host stand in their order: that of the file.
    const [a, b] = [earlier, later].map(({ scheme, host }) => ({ ...ANYTHING, scheme, host }));
    const both = intersect(a, b);
    return typeof both === 'object' ? { ...earlier, scheme: both.scheme, host: both.host } : null;
  }

  /** Whether Fairlead tries `a` first, though it stands behind `b`. */
  #isTriedBefore(a: Match, b: Match): boolean {
    if (a.scheme !== b.scheme) return a.scheme !== null;
    const byHost = rankOfHost(a) - rankOfHost(b);
    if (byHost !== 0) return byHost < 0;
    const [pathOfA, pathOfB] = [this.#rankOfPath(a), this.#rankOfPath(b)];
    if (pathOfA !== pathOfB) return pathOfA < pathOfB;
    const isSamePath = JSON.stringify(a.path) === JSON.stringify(b.path);
    return isSamePath && conditionsOf(a) > conditionsOf(b);
  }

  #rankOfPath({ path }: Match): number {
    if (path === null) return 2;
    if (path.kind === 'exact') return 0;
    return path.kind === 'regex' || this.#asPatterns ? 1 : 1 - path.text.length / 1e6;
  }
}

function rankOfHost({ host }: Match): number {
  if (host === null) return 2;
  return host.startsWith('*.') ? 1 - host.length / 1e6 : 0;
}
