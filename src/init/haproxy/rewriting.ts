/** Rules that cut or replace the front of a path, as routes can: the other rules that rewrite are not taken over. */
import type { RouteInput } from '../../config/config-input.ts';
import type { Report } from '../report.ts';
import { mayMeet, readReplacement, toRewriting, withoutSlash } from '../prefix-rewriting.ts';
import type { Replacement } from '../prefix-rewriting.ts';
import type { Match } from './match.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';

/** `%[path,regsub(^/docs/?,/)]`. */
const REGSUB = /^%\[path,regsub\("?\^?(\/[\w./-]*?)\/?\??"?,"?(\/?[\w./-]*)"?\)\]$/;

/** What the rules of a backend do to paths; null: nothing, or nothing that Fairlead can do. */
export function readRewriting(proxy: Proxy, report: Report): Replacement | null {
  const lines = [...proxy.own('http-request'), ...proxy.own('reqrep'), ...proxy.own('reqirep')];
  const rewriting = lines.filter(isRewriting);
  const [line] = rewriting;
  const found = line === undefined || rewriting.length > 1 ? null : readLine(line);
  if (line !== undefined && found !== null) report.differ(line, 'slashes at the front of what is left are one here');
  return found;
}

function isRewriting({ name, args }: Line): boolean {
  return name !== 'http-request' || /^(?:set|replace)-(?:path|pathq|uri)$/.test(args[0] ?? '');
}

function readLine({ name, args }: Line): Replacement | null {
  const [action, first = '', second = '', ...condition] = name === 'http-request' ? args : ['reqrep', ...args];
  if (condition.length > 0) return null;
  if (action === 'replace-path') return readReplacement(first, second);
  if (action === 'set-path' && second === '') return readRegsub(first);
  if (action !== 'reqrep') return null;
  // The whole first line of a request: `^([^ :]*) /docs/(.*)` by `\1 /\2`.
  const [pattern, by] = [/^\^\(\[\^ :\]\*\) (.*)$/.exec(first)?.[1], /^\\1 (.*)$/.exec(second)?.[1]];
  return pattern === undefined || by === undefined ? null : readReplacement(pattern, by);
}

function readRegsub(text: string): Replacement | null {
  const [, prefix, by] = REGSUB.exec(text) ?? [];
  return prefix === undefined || prefix === '/' ? null : { prefix, by: withoutSlash(by) };
}

/** What a route is to say; nothing where none of its paths has the prefix. */
export function rewritingOf(replacement: Replacement | null, { path }: Match): Partial<RouteInput> {
  if (replacement === null) return {};
  const isElsewhere =
    path !== null && path.kind !== 'regex' && !mayMeet(path.text, path.kind === 'start', replacement.prefix);
  return isElsewhere ? {} : toRewriting(replacement);
}
