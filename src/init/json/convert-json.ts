/**
 * A proxy table in JSON as a draft: a map from contexts to targets, as Angular has it in `proxy.conf.json`, or a list of
 * `{ context, target }`, as webpack-dev-server has it. Both hand each entry to http-proxy-middleware, whose options these are.
 */
import type { RouteInput } from '../../config/config-input.ts';
import type { Report } from '../report.ts';
import type { Draft, DraftPool } from '../draft.ts';
import { mayMeet, toRewriting } from '../prefix-rewriting.ts';
import { UnreadableInput } from '../statement.ts';
import { asPatterns, isShadowed, parseContext, toPathInput } from './contexts.ts';
import type { Context } from './contexts.ts';
import { findEntry, parseJson } from './json-entry.ts';
import type { JsonEntry } from './json-entry.ts';
import { reasonForOption } from './options.ts';
import { readProxy } from './proxy-options.ts';
import type { ProxyOptions } from './proxy-options.ts';

const SHAPES =
  'this is not a proxy table: a map from paths to targets as in proxy.conf.json, or a list of { context, target }';

/** Throws `UnreadableInput`. */
export function convertJson(text: string, file: string, draft: Draft, report: Report): void {
  const root = parseJson(text, file);
  report.take(root);
  const rules = rulesOf(root, report);
  if (rules === null) throw new UnreadableInput(file, 1, SHAPES);
  addRules(rules, draft, report);
  report.close([root], (entry) => {
    report.leave(entry, reasonForOption(entry.key));
  });
}

type Rewriting = Pick<RouteInput, 'stripPrefix' | 'replacePrefix'>;

/** One context of an entry, in the order in which they are tried. */
interface Rule {
  readonly from: JsonEntry;
  readonly context: Context;
  readonly options: ProxyOptions;
}

/** Null where this is not a proxy table. */
function rulesOf(root: JsonEntry, report: Report): readonly Rule[] | null {
  const entries = root.children;
  if (entries.length === 0) return null;
  if (root.kind === 'list') {
    if (!entries.every(isListed)) return null;
    return entries.flatMap((entry) => listedRules(entry, report));
  }
  // A whole map of options: everything goes to one target.
  if (isListed(root)) return listedRules(root, report);
  if (!entries.every(({ key, kind }) => /^\^?\/|^\*\*?$/.test(key) && kind !== 'list')) return null;
  return entries.flatMap((entry) => makeRules(entry, [entry.key], entry, report));
}

function isListed(entry: JsonEntry): boolean {
  return entry.kind === 'map' && findEntry(entry, 'target') !== null;
}

function listedRules(entry: JsonEntry, report: Report): readonly Rule[] {
  const context = findEntry(entry, 'context') ?? findEntry(entry, 'pathFilter');
  if (context === null) return makeRules(entry, ['/'], entry, report);
  report.take(context);
  for (const child of context.children) report.take(child);
  const texts = (context.kind === 'list' ? context.children : [context]).map(({ value }) => String(value));
  return makeRules(entry, texts, context, report);
}

function makeRules(entry: JsonEntry, texts: readonly string[], written: JsonEntry, report: Report): readonly Rule[] {
  const options = readProxy(entry, report);
  if (options === null) return [];
  return texts.flatMap((text): readonly Rule[] => {
    const context = parseContext(text);
    if (typeof context === 'object') return [{ from: entry, context, options }];
    if (texts.length === 1) report.leave(entry, context);
    else report.leave(written, context, text);
    return [];
  });
}

function addRules(rules: readonly Rule[], draft: Draft, report: Report): void {
  const reached = rules.filter(({ context, from }, index) => {
    const isReached = !rules.slice(0, index).some((earlier) => isShadowed(context, earlier.context));
    if (!isReached) report.same(from, 'no request gets to it: one in front of it takes them all', context.text);
    return isReached;
  });
  const isPattern = asPatterns(reached.map(({ context }) => context));
  for (const { from, context, options } of reached) {
    report.take(from);
    if (!isPattern && context.kind === 'start') {
      report.differ(
        from,
        `a prefix ends at a segment here: ${context.text} and ${context.text}/x, not ${context.text}x`,
      );
    }
    const path = toPathInput(context, isPattern);
    const match = path === null ? {} : { match: { path } };
    const rewriting = rewritingFor(from, context, options, report);
    const value: RouteInput = { ...match, pool: poolFor(options, context, draft), ...rewriting };
    draft.routes.push({ value, from });
  }
}

/** The target's path stands in front of what is left by `pathRewrite`. */
function rewritingFor(
  from: JsonEntry,
  { kind, text }: Context,
  { rewrite, base }: ProxyOptions,
  report: Report,
): Rewriting {
  const whole = base === '' ? {} : toRewriting({ prefix: '/', by: base });
  if (rewrite === null || (kind !== 'regex' && !mayMeet(text, true, rewrite.prefix))) return whole;
  const isAlways = kind !== 'regex' && (text === rewrite.prefix || text.startsWith(`${rewrite.prefix}/`));
  if (base === '' || isAlways) return toRewriting({ prefix: rewrite.prefix, by: base + rewrite.by });
  report.leave(from, 'a route replaces one prefix: that of its target is put in front of all', 'pathRewrite');
  return whole;
}

/** The name of the pool for a target: one for all entries that say the same of it. */
function poolFor({ pool }: ProxyOptions, { text }: Context, draft: Draft): string {
  const same = [...draft.pools].find(([, other]) => saidOf(other) === saidOf(pool));
  if (same !== undefined) return same[0];
  const start =
    text
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[^A-Za-z0-9_]+|-+$/g, '')
      .slice(0, 100) || 'web';
  let name = start;
  for (let number = 2; draft.pools.has(name); number++) name = `${start}-${number}`;
  draft.pools.set(name, pool);
  return name;
}

function saidOf({ endpoints, settings }: DraftPool): string {
  return JSON.stringify([endpoints.map(({ value }) => value), [...settings].map(([key, { value }]) => [key, value])]);
}
