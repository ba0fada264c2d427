/** `redirect` and `http-request redirect` as rules. */
import { lacking } from '../features.ts';
import { ARE_CLOSED, SERVED, isToHttps, placesOf } from '../redirect.ts';
import type { Redirect, Sent } from '../redirect.ts';
import type { Report } from '../report.ts';
import { readCondition, readGuarded } from './conditions.ts';
import type { Case } from './conditions.ts';
import { ANYTHING, intersect } from './match.ts';
import type { Match } from './match.ts';
import { conditionOf } from './not-taken.ts';
import type { Line } from './parse-haproxy.ts';
import { ELSEWHERE, KEPT_OUT, prepend } from './rules.ts';
import type { Rule } from './rules.ts';

export const BY_HTTP: Match = { ...ANYTHING, scheme: 'http' };

const HOST = /%\[(?:req\.)?f?hdr\(host\)((?:,(?:lower|host_only|(?:field|word)\(1,:\)))*)\]/gi;
const TARGET = /%\[(?:capture\.req\.uri|url|pathq)\]/g;

/** Where it leads, or why that cannot be said. */
function readRedirect({ name, args }: Line): Sent | string {
  const words = name === 'redirect' ? args : args.slice(1);
  const end = words.findIndex((word) => word === 'if' || word === 'unless');
  let [place, status] = ['', 302];
  const said = end < 0 ? words : words.slice(0, end);
  for (let at = 0; at < said.length; at++) {
    const word = said[at];
    if (word === 'ignore-empty') continue;
    const value = said[++at] ?? '';
    if (word === 'code') status = Number(value);
    else if (word === 'scheme') place = `${value}://{http_host}{request_uri}`;
    else if (word === 'location') place = withVariables(value);
    else if (word === 'prefix' && value !== '/') place = `${withVariables(value)}{request_uri}`;
    else return lacking('redirects');
  }
  return placesOf(place, status, []);
}

/** What stays of its computed parts cannot be said. */
function withVariables(text: string): string {
  const plain = text.replace(/[{}]/g, '%');
  const known = plain.replace(HOST, (_, converters: string) =>
    /_only|1,/.test(converters) ? '{host}' : '{http_host}',
  );
  return known.replace(TARGET, '{request_uri}').replace(/%(?![\dA-Fa-f]{2})/, '{');
}

interface Place {
  /** The lines in force. */
  readonly acls: readonly Line[];
  /** What comes to it at all. */
  readonly within: Match;
}

/**
 * Puts a redirect of `within` in front of the rules that follow. Where it leads to https and cannot be said, what it is
 * about goes nowhere: it must not be served in the clear.
 */
export function addRedirect(
  from: Line,
  rest: readonly Rule[],
  { acls, within }: Place,
  report: Report,
): readonly Rule[] {
  const words = conditionOf(from);
  if (saysForwarded(words, acls)) {
    report.guard(from, SERVED);
    return rest;
  }
  const sent = readRedirect(from);
  const condition = readCondition(words, acls);
  const reason = typeof sent === 'string' ? sent : condition.failures[0];
  if (typeof sent === 'string' || reason !== undefined) return refuse(from, rest, { acls, within, reason }, report);
  const cases = casesWithin(condition.cases, isToHttps(sent.http) ? intersect(within, BY_HTTP) : within);
  const redirect: Redirect = sent.http;
  const rules =
    cases === null ? 'routes cannot say its condition' : prepend(cases, { backend: ELSEWHERE, from, redirect }, rest);
  if (typeof rules === 'string') return refuse(from, rest, { acls, within, reason: rules }, report);
  if (rules === rest) {
    report.same(from, 'no request is ever like this');
    return rest;
  }
  for (const each of [from, ...condition.acls]) report.take(each);
  for (const difference of [...sent.differences, ...condition.differences]) report.differ(from, difference);
  return rules;
}

function refuse(
  from: Line,
  rest: readonly Rule[],
  { acls, within, reason }: Place & { readonly reason: string },
  report: Report,
): readonly Rule[] {
  if (!/https/i.test(from.text)) {
    report.leave(from, `${reason}; its requests go where the rest goes`);
    return rest;
  }
  report.leave(from, `${reason}; ${ARE_CLOSED}`);
  const guarded = readGuarded(conditionOf(from), acls);
  const isKnown = guarded !== 'all' && guarded.length > 0;
  const cases = isKnown ? casesWithin(guarded, within) : null;
  const closed = { backend: KEPT_OUT, from };
  const rules = cases === null ? 'all of it' : prepend(cases, closed, rest);
  if (typeof rules !== 'string') return rules;
  // What came by https may have been sent elsewhere as well.
  return [{ ...closed, match: within }, ...rest];
}

/** Null: a part of it cannot be said. */
function casesWithin(cases: readonly Case[], within: ReturnType<typeof intersect>): readonly Case[] | null {
  if (typeof within === 'string') return within === 'nothing' ? [] : null;
  const inner = cases.map(({ match, except }) => ({ match: intersect(match, within), except }));
  if (inner.some(({ match }) => match === 'unknown')) return null;
  return inner.filter((each): each is Case => typeof each.match === 'object');
}

/** A proxy in front says how clients came, which Fairlead looks at by itself. */
function saysForwarded(words: readonly string[], acls: readonly Line[]): boolean {
  const named = acls.filter(({ args }) => words.some((word) => word.replace(/^!+/, '') === args[0]));
  return /x-forwarded-proto/i.test([...words, ...named.flatMap(({ args }) => args)].join(' '));
}
