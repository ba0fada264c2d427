/** How an `upstream` chooses a server: `policy` and `sticky` of a pool. */
import type { PoolSettings } from '../draft.ts';
import type { Report } from '../report.ts';
import { lacking } from '../features.ts';
import { toDuration } from '../milliseconds.ts';
import type { Directive } from './parse-nginx.ts';
import { parseTime, splitParameter } from './values.ts';

const ELSEWHERE = 'a key has one endpoint, and it is another one than in nginx';

/** A line of an `upstream` that says so. */
export interface Method {
  readonly key: 'policy' | 'sticky';
  readonly value: unknown;
}

/** Null: it is none, or cannot be taken over, which is listed. */
export function readMethod(directive: Directive, report: Report): Method | null {
  const { name, args } = directive;
  if (name === 'least_conn') return policy('least-connections');
  if (name === 'random') return policy(readRandom(directive, report));
  if (name === 'least_time') {
    report.differ(directive, 'by the time to the first byte of all answers, whatever is written here');
    return policy('peak-ewma');
  }
  if (name === 'ip_hash') {
    report.differ(directive, ELSEWHERE);
    return policy({ hash: 'client/24' });
  }
  if (name === 'hash') return readHash(directive, report);
  if (name === 'sticky') return readSticky(directive, report);
  if (args.length > 0 && /^sticky\w+$/.test(name)) report.leave(directive, lacking('sticky'));
  return null;
}

function policy(value: PoolSettings['policy']): Method {
  return { key: 'policy', value };
}

function readRandom(directive: Directive, report: Report): 'power-of-two' | 'random' {
  const [draws, by] = directive.args;
  if (by !== undefined && by !== 'least_conn')
    report.leave(directive, 'the two are compared by requests in flight', by);
  return draws === 'two' ? 'power-of-two' : 'random';
}

const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/y;

function readHash(directive: Directive, report: Report): Method | null {
  const [text = '', consistent] = directive.args;
  const parts = partsOf(text);
  if (parts === null) {
    report.leave(directive, lacking('policies', 'the pool goes round-robin'));
    return null;
  }
  report.differ(directive, consistent === undefined ? `${ELSEWHERE}; few move when servers change` : ELSEWHERE);
  const [only, ...others] = parts;
  return policy({ hash: others.length === 0 ? only : { key: [...parts] } });
}

/** Null where something in the key is no part of ours. */
function partsOf(text: string): readonly string[] | null {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at = VARIABLE.lastIndex) {
    VARIABLE.lastIndex = at;
    const found = VARIABLE.exec(text);
    const part = found === null ? null : partOf(found[1] ?? found[2]);
    if (part === null) return null;
    parts.push(part);
  }
  return parts.length === 0 ? null : parts;
}

const PARTS: ReadonlyMap<string, string> = new Map([
  ['remote_addr', 'client'],
  ['binary_remote_addr', 'client'],
  ['realip_remote_addr', 'peer'],
  ['request_uri', 'url'],
  ['uri', 'path'],
  ['document_uri', 'path'],
  ['host', 'host'],
  ['http_host', 'host'],
]);

function partOf(variable: string): string | null {
  const known = PARTS.get(variable);
  if (known !== undefined) return known;
  const [, kind, name] = /^(http|cookie|arg)_(\w+)$/.exec(variable) ?? [];
  if (kind === 'http') return `header.${name.replaceAll('_', '-').toLowerCase()}`;
  if (kind === 'cookie') return `cookie.${name}`;
  return kind === 'arg' ? `query.${name}` : null;
}

/** Sticky cookies of nginx Plus, its forks, and of a module. */
function readSticky(directive: Directive, report: Report): Method | null {
  const written = readCookie(directive.args);
  if (written === null) {
    report.leave(directive, lacking('sticky', 'clients are bound to no server'));
    return null;
  }
  const sticky: Record<string, unknown> = { cookie: written.cookie };
  for (const parameter of written.parameters) {
    const read = attributeOf(parameter);
    if (read === null) report.leave(directive, 'a sticky cookie has no such attribute here', parameter);
    else Object.assign(sticky, read);
  }
  report.differ(directive, 'clients that come with the cookie of nginx get one of Fairlead');
  return { key: 'sticky', value: sticky };
}

interface Cookie {
  readonly cookie: string;
  readonly parameters: readonly string[];
}

const OF_MODULE = /^(?:(?:name|domain|path|expires|hash|hmac|hmac_key)=.*|secure|httponly|no_fallback|transfer)$/;
const NO_ATTRIBUTE = /^(?:name|hash|hmac|hmac_key)=|^(?:no_fallback|transfer)$/;

/** `sticky cookie NAME …`, or as the module nginx-sticky has it: `sticky name=NAME …`. */
function readCookie(args: readonly string[]): Cookie | null {
  const [kind, name, ...parameters] = args;
  if (kind === 'cookie') return name === undefined ? null : { cookie: name, parameters };
  if (!args.every((each) => OF_MODULE.test(each))) return null;
  const cookie = args.map(splitParameter).find(([key]) => key === 'name')?.[1] ?? 'route';
  return { cookie, parameters: args.filter((each) => !NO_ATTRIBUTE.test(each)) };
}

const LONGEST = '400d';

/** What it is here, null where it is nothing. */
function attributeOf(parameter: string): object | null {
  const [name, value] = splitParameter(parameter);
  switch (name) {
    case 'httponly':
      return {};
    case 'secure':
      return { secure: 'on' };
    case 'path':
      return { path: value };
    case 'domain':
      return value.includes('$') ? null : { domain: value.replace(/^\./, '') };
    case 'samesite':
      return /^(?:lax|strict|none)$/i.test(value) ? { sameSite: value.toLowerCase() } : null;
    case 'expires': {
      const ms = parseTime(value);
      return value === 'max' ? { ttl: LONGEST } : ms === null ? null : { ttl: toDuration(ms) };
    }
    default:
      return null;
  }
}
