/** `return` and `rewrite` of nginx that send clients elsewhere, as redirects. */
import { lacking } from '../features.ts';
import { AS_CAME, placesOf } from '../redirect.ts';
import type { Sent } from '../redirect.ts';
import type { Directive } from './parse-nginx.ts';
import type { Scope } from './scope.ts';

/** What an answer says: its status, where it leads with variables as `{name}`, and what is not quite the same. */
interface Written {
  readonly status: number;
  readonly place: string;
  readonly differences: readonly string[];
}

const TWICE = 'the query is written once; nginx writes it twice';
const NO_QUERY = 'no query is added; nginx adds that of the request';
/** A pattern that holds for every path, with the group that takes all of it or all behind the slash. */
const EVERY_PATH = /^(?:\^?\/?(?:\(\.[*+]\)|\.\*)\$?|\^\/?|\/|\.)$/;
/** One that holds for what is below some segments, with the group that takes the rest of the path, or all of it. */
const BELOW = /^\^((?:\/[\w~-]+)+\/?)\((\/?)\.\*\)\$?$/;
const WHOLE_BELOW = /^\^\(((?:\/[\w~-]+)+\/?)\.\*\)\$?$/;
/** A variable may hold `https` as well. */
const TO_HTTPS = /^(?:https:|\$\{?(?!scheme\b)\w+\}?:\/\/)/i;
const PLAIN_NAME = /^[a-z\d][\w.-]*$/i;
const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g;

/** Whether a directive answers all that comes to it with a redirect. `prefix`: what all paths begin with that come to it. */
export function isRedirect(directive: Directive, prefix = '/'): boolean {
  return writtenIn(directive, prefix) !== null;
}

/** Whether it sends some of what comes to it to https, be it by a condition or a pattern. */
export function mayLeadToHttps({ name, args, children }: Directive): boolean {
  if (name === 'if') return children.some(mayLeadToHttps);
  const [first = '', second] = args;
  if (name === 'return') return TO_HTTPS.test(second === undefined ? first : /^3\d\d$/.test(first) ? second : '');
  return name === 'rewrite' && second !== undefined && TO_HTTPS.test(second);
}

/** Where a redirect leads, or why that cannot be said. Call it for what `isRedirect` alone. */
export function readRedirect(directive: Directive, scope: Scope, prefix = '/'): Sent | string {
  const written = writtenIn(directive, prefix);
  if (written === null) return lacking('redirects');
  const name = scope.find('server_name')?.args[0] ?? '';
  const expanded = scope.expand(written.place, () => undefined);
  if (/[{}]/.test(expanded.replace(VARIABLE, ''))) return lacking('redirects');
  const text = expanded.replace(VARIABLE, (_, braced?: string, plain?: string) => {
    const variable = braced ?? plain ?? '';
    return variable === 'server_name' && PLAIN_NAME.test(name) ? name : `{${variable}}`;
  });
  return placesOf(text, written.status, written.differences);
}

/** Null: it is no redirect. */
function writtenIn(directive: Directive, prefix: string): Written | null {
  const { name, args } = directive;
  if (name === 'return') {
    const [first = '', second] = args;
    if (second !== undefined && /^30[12378]$/.test(first))
      return { status: Number(first), place: second, differences: [] };
    return isUrl(first) ? { status: 302, place: first, differences: [] } : null;
  }
  return name === 'rewrite' ? writtenInRewrite(args, prefix) : null;
}

function writtenInRewrite([pattern = '', template = '', flag]: readonly string[], prefix: string): Written | null {
  const isSent = flag === 'permanent' || flag === 'redirect' || (flag === undefined && isUrl(template));
  const whole = wholePathIn(pattern, prefix);
  if (!isSent || whole === null) return null;
  const status = flag === 'permanent' ? 301 : 302;
  const dropsQuery = template.endsWith('?');
  const text = dropsQuery ? template.slice(0, -1) : template;
  if (text.endsWith('$request_uri')) return { status, place: text, differences: dropsQuery ? [] : [TWICE] };
  const end = [whole, '$uri'].find((each) => text.endsWith(each));
  if (end !== undefined && !dropsQuery)
    return { status, place: `${text.slice(0, -end.length)}$request_uri`, differences: [AS_CAME] };
  return { status, place: text, differences: dropsQuery ? [] : [NO_QUERY] };
}

/** The whole path, as a template of this pattern writes it; null: the pattern does not hold for every path that comes. */
function wholePathIn(pattern: string, prefix: string): string | null {
  if (EVERY_PATH.test(pattern)) return /^\^?\/\(/.test(pattern) ? '/$1' : '$1';
  const [, below, slash = ''] = BELOW.exec(pattern) ?? [];
  if (below !== undefined) return prefix.startsWith(below + slash) ? `${below}$1` : null;
  const all = WHOLE_BELOW.exec(pattern)?.[1];
  return all !== undefined && prefix.startsWith(all) ? '$1' : null;
}

function isUrl(text: string): boolean {
  return /^(?:https?:\/\/|\$(?:scheme|\{scheme\}):\/\/)/i.test(text);
}
