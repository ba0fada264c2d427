/** `if` and `unless` after a rule, as cases: each of them says what must hold, and what must not. */
import { readCriterion, readPredefined } from './criteria.ts';
import type { Reading } from './criteria.ts';
import { ANYTHING, intersect } from './match.ts';
import type { Match } from './match.ts';
import type { Line } from './parse-haproxy.ts';

/** One way in which a condition holds. */
export interface Case {
  readonly match: Match;
  /** None of them holds. */
  readonly except: readonly Match[];
}

export interface Condition {
  readonly cases: readonly Case[];
  /** Where parts of it are not quite the same, or have nothing like them. */
  readonly differences: readonly string[];
  readonly failures: readonly string[];
  /** The `acl` lines of the cases. */
  readonly acls: readonly Line[];
  /** It may deny access: it looks at addresses or passwords. */
  readonly isGuard: boolean;
}

interface Term {
  readonly isNegated: boolean;
  readonly reading: Reading | string;
  readonly acls: readonly Line[];
  /** As written. */
  readonly text: string;
}

const MOST_CASES = 64;
const GUARD = /\b(?:src\b|http_auth)/;

/** `words` begin with `if` or `unless`; none hold always. `acls` are the lines in force. */
export function readCondition(words: readonly string[], acls: readonly Line[]): Condition {
  const [keyword, ...rest] = words;
  if (keyword === undefined) {
    return { cases: [{ match: ANYTHING, except: [] }], differences: [], failures: [], acls: [], isGuard: false };
  }
  if (keyword !== 'if' && keyword !== 'unless') return failed(`${keyword} is not a condition`);
  const groups = splitTerms(rest, acls);
  if (typeof groups === 'string') return failed(groups);
  return join(keyword === 'if' ? groups : negate(groups));
}

/**
 * What a guard denies, or more: what cannot be expressed is assumed to hold. `all`: it denies everybody except some who
 * cannot be told from others.
 */
export function readGuarded(words: readonly string[], acls: readonly Line[]): readonly Case[] | 'all' {
  const [keyword, ...rest] = words;
  const groups = keyword === undefined ? 'it has none' : splitTerms(rest, acls);
  if (typeof groups === 'string') return 'all';
  const cases: Case[] = [];
  for (const group of keyword === 'unless' ? negate(groups) : groups) {
    const known = group.filter((term) => !isFailed(term));
    const found = known.length === 0 ? 'nothing of it is known' : casesOf(known);
    if (typeof found === 'object') cases.push(...found);
    else if (known.length > 0 || group.some(({ isNegated }) => isNegated)) return 'all';
  }
  return cases.length > MOST_CASES ? 'all' : cases;
}

function failed(reason: string): Condition {
  return { cases: [], differences: [], failures: [reason], acls: [], isGuard: GUARD.test(reason) };
}

/** Terms of one group must all hold; one group must. */
function splitTerms(words: readonly string[], acls: readonly Line[]): readonly (readonly Term[])[] | string {
  const groups: Term[][] = [[]];
  let isNegated = false;
  for (let at = 0; at < words.length; at++) {
    let word = words[at];
    if (/^(?:or|\|\|)$/i.test(word)) {
      groups.push([]);
      continue;
    }
    for (; word.startsWith('!'); word = word.slice(1)) isNegated = !isNegated;
    if (word === '') continue;
    const end = word === '{' ? words.indexOf('}', at) : at;
    if (end < 0) return 'a { is not closed';
    const inner = words.slice(at + 1, end);
    const term = word === '{' ? readAnonymous(inner) : readNamed(word, acls);
    groups.at(-1)?.push({ ...term, isNegated });
    isNegated = false;
    at = end;
  }
  return groups.some((group) => group.length === 0) ? 'a condition is missing' : groups;
}

function readAnonymous(words: readonly string[]): Omit<Term, 'isNegated'> {
  return { reading: readCriterion(words), acls: [], text: words.join(' ') };
}

/** Several lines of one name are alternatives. */
function readNamed(name: string, acls: readonly Line[]): Omit<Term, 'isNegated'> {
  const lines = acls.filter(({ args }) => args[0] === name);
  if (lines.length === 0) return { reading: readPredefined(name) ?? 'there is no such acl', acls: [], text: name };
  const text = `${name} (${lines.map(({ args }) => args.slice(1).join(' ')).join(', ')})`;
  const readings = lines.map(({ args }) => readCriterion(args.slice(1)));
  const wrong = readings.find((reading) => typeof reading === 'string');
  if (wrong !== undefined) return { reading: wrong, acls: lines, text };
  const whole = readings as Reading[];
  if (whole.length === 1) return { reading: whole[0], acls: lines, text };
  const reading = {
    alternatives: whole.flatMap(({ alternatives }) => alternatives),
    differences: whole.flatMap(({ differences }) => differences),
  };
  return { reading, acls: lines, text };
}

/** None of the groups holds: of each, one term does not. */
function negate(groups: readonly (readonly Term[])[]): readonly (readonly Term[])[] {
  let negated: readonly (readonly Term[])[] = [[]];
  for (const group of groups) {
    const turned = group.map((term): Term => ({ ...term, isNegated: !term.isNegated }));
    negated = negated.flatMap((terms) => turned.map((term) => [...terms, term])).slice(0, MOST_CASES + 1);
  }
  return negated;
}

function join(groups: readonly (readonly Term[])[]): Condition {
  const cases: Case[] = [];
  const [differences, failures, acls] = [new Set<string>(), new Set<string>(), new Set<Line>()];
  let isGuard = false;
  for (const group of groups) {
    const failure = group.find(isFailed);
    const found = failure === undefined ? casesOf(group) : `${failure.text}: ${failure.reading}`;
    if (typeof found === 'string') {
      failures.add(found);
      isGuard ||= group.some(({ text }) => GUARD.test(text));
      continue;
    }
    cases.push(...found);
    for (const { reading, acls: lines } of group) {
      for (const line of lines) acls.add(line);
      if (typeof reading === 'object') for (const difference of reading.differences) differences.add(difference);
    }
  }
  if (cases.length > MOST_CASES) return failed('it has too many cases');
  return { cases, differences: [...differences], failures: [...failures], acls: [...acls], isGuard };
}

function isFailed(term: Term): term is Term & { readonly reading: string } {
  return typeof term.reading === 'string';
}

function casesOf(group: readonly Term[]): readonly Case[] | string {
  let matches: readonly Match[] = [ANYTHING];
  const except: Match[] = [];
  for (const { isNegated, reading } of group) {
    const { alternatives, inverse } = reading as Reading;
    if (isNegated && inverse === undefined) {
      except.push(...alternatives);
      continue;
    }
    const ways = isNegated ? (inverse ?? []) : alternatives;
    const joined = matches.flatMap((match) => ways.map((alternative) => intersect(match, alternative)));
    if (joined.includes('unknown')) return 'a route has one condition on the path, and one value for each header';
    if (joined.length > MOST_CASES) return 'it has too many cases';
    matches = joined.filter((match) => typeof match === 'object');
  }
  return matches.map((match) => ({ match, except }));
}
