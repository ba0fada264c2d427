/** The test of an `acl`, as conditions of a route. */
import { escapePattern, findForeign, toLowerPattern } from '../patterns.ts';
import { ANYTHING } from './match.ts';
import type { Match, Path } from './match.ts';
import { lacking } from '../features.ts';

/** The parts of `path_beg -i /a /b`. */
interface Criterion {
  /** `path`, `hdr(host)`, `cook(x)` … without `req.`. */
  readonly fetch: string;
  readonly argument: string;
  /** `str`, `beg`, `end`, `sub`, `dir`, `dom`, `reg`, `found`; others are never met. */
  readonly method: string;
  readonly anyCase: boolean;
  /** Of a host: its port is cut off before it is compared. */
  readonly isWithoutPort: boolean;
  readonly patterns: readonly string[];
}

export interface Reading {
  /** One of these holds where none of the alternatives does; undefined: no route says that. */
  readonly inverse?: readonly Match[];
  /** One of these must hold. */
  readonly alternatives: readonly Match[];
  /** Where the routes are not quite the same. */
  readonly differences: readonly string[];
}

const ALWAYS: Reading = { alternatives: [ANYTHING], differences: [] };
const BY_HTTPS: Reading = {
  alternatives: [{ ...ANYTHING, scheme: 'https' }],
  inverse: [{ ...ANYTHING, scheme: 'http' }],
  differences: [],
};
const NEVER: Reading = { alternatives: [], differences: [] };

/** Conditions that HAProxy knows without an `acl`. */
const PREDEFINED: Readonly<Record<string, Reading>> = {
  TRUE: ALWAYS,
  HTTP: ALWAYS,
  FALSE: NEVER,
  METH_GET: methods('GET', 'HEAD'),
  ...Object.fromEntries(
    ['CONNECT', 'DELETE', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'TRACE'].map((name) => [`METH_${name}`, methods(name)]),
  ),
};

export function readPredefined(name: string): Reading | null {
  return Object.hasOwn(PREDEFINED, name) ? PREDEFINED[name] : null;
}

/** The words after the name of an `acl`, or within braces; a text says why Fairlead has nothing like it. */
export function readCriterion(words: readonly string[]): Reading | string {
  const criterion = takeApart(words);
  if (typeof criterion === 'string') return criterion;
  const { fetch, argument, patterns, method } = criterion;
  if (fetch === 'always_true') return ALWAYS;
  if (fetch === 'always_false') return NEVER;
  if (fetch === 'ssl_fc' && patterns.length === 0) return BY_HTTPS;
  if (method !== 'found' && patterns.length === 0) return 'it compares with nothing';
  if (fetch === 'path' || fetch === 'url') return readPath(criterion);
  if (fetch === 'method') return methods(...patterns.map((pattern) => pattern.toUpperCase()));
  if (fetch === 'hdr' && argument.toLowerCase() === 'host') return readHost(criterion);
  if (fetch === 'hdr') return readValue('header', argument.toLowerCase(), criterion);
  if (fetch === 'cook') return readValue('cookie', argument, criterion);
  if (fetch === 'url_param') return readValue('query', argument, criterion);
  return REASONS.find(([pattern]) => pattern.test(fetch))?.[1] ?? lacking('conditions');
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^(?:src|dst)/, lacking('conditions')],
  [/^(?:ssl|req_ssl|req\.ssl)/, lacking('tls')],
  [/^(?:sc\d?_|src_|table_)/, lacking('rates')],
  [/^(?:nbsrv|be_|srv_|avg_queue|queue|connslots|fe_)/, lacking('conditions')],
  [/^http_auth/, lacking('access')],
  [/^var/, lacking('conditions')],
];

const SUFFIX = /_(beg|end|sub|dir|dom|reg|str)$/;
const SAME_HOST = /^(?:lower|host_only|(?:field|word)\(1,:\))$/;

function takeApart([fetch = '', ...rest]: readonly string[]): Criterion | string {
  const found = /^(?:req\.)?([a-z_.\d]+)(?:\(([^()]*)\))?((?:,[a-z_\d]+(?:\([^()]*\))?)*)$/.exec(fetch);
  if (found === null) return `routes cannot say ${fetch}`;
  const [, written, argument = '', chain] = found;
  const converters: readonly string[] = chain.match(/[a-z_\d]+(?:\([^()]*\))?/g) ?? [];
  const name = written
    .replace(SUFFIX, '')
    .replace(/^fhdr$/, 'hdr')
    .replace(/^urlp$/, 'url_param');
  const isHost = name === 'hdr' && argument.toLowerCase() === 'host';
  const foreign = converters.find((each) => each !== 'lower' && !(isHost && SAME_HOST.test(each)));
  if (foreign !== undefined) return `routes do not compute: ${foreign}`;
  let [method, anyCase] = [SUFFIX.exec(written)?.[1] ?? 'str', converters.includes('lower')];
  const isWithoutPort = converters.some((each) => each !== 'lower');
  const patterns: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at];
    if (patterns.length > 0 || !word.startsWith('-')) patterns.push(word);
    else if (word === '--')
      return { fetch: name, argument, method, anyCase, isWithoutPort, patterns: rest.slice(at + 1) };
    else if (word === '-i') anyCase = true;
    else if (word === '-m') method = rest[++at] ?? '';
    else if (word !== '-n')
      return word === '-f' ? 'patterns of a file are not read' : `routes have nothing like ${word}`;
  }
  return { fetch: name, argument, method, anyCase, isWithoutPort, patterns };
}

function methods(...names: readonly string[]): Reading {
  return { alternatives: [{ ...ANYTHING, method: names }], differences: [] };
}

function readPath({ fetch, method, anyCase, patterns }: Criterion): Reading | string {
  const read = patterns.map((pattern) => toPath(method, pattern, anyCase));
  const wrong = read.find((path) => typeof path === 'string');
  if (wrong !== undefined) return wrong;
  if (fetch === 'url' && method !== 'beg') return 'routes look at the path without its query: use path';
  const alternatives = (read as (Path | null)[]).map((path) => ({ ...ANYTHING, path }));
  return { alternatives, differences: [] };
}

/** Null: every path. A text says what is wrong. */
function toPath(method: string, pattern: string, anyCase: boolean): Path | string | null {
  if (method === 'reg') {
    const source = anyCase ? toLowerPattern(pattern) : pattern;
    return findForeign(pattern) ?? { kind: 'regex', source, ignoreCase: anyCase };
  }
  if ((method === 'beg' || method === 'str') && !pattern.startsWith('/'))
    return `no path is ${pattern}: it has no slash`;
  if (method === 'beg' && pattern === '/') return null;
  if (!anyCase && method === 'str') return { kind: 'exact', text: pattern };
  if (!anyCase && method === 'beg') return { kind: 'start', text: pattern };
  const source = toSource(method, escapePattern(anyCase ? pattern.toLowerCase() : pattern));
  return source === null ? `routes have nothing like -m ${method}` : { kind: 'regex', source, ignoreCase: anyCase };
}

function toSource(method: string, text: string): string | null {
  if (method === 'str') return `^${text}$`;
  if (method === 'beg') return `^${text}`;
  if (method === 'end') return `${text}$`;
  if (method === 'sub') return text;
  const inner = text.replace(/^\/+|\/+$/g, '');
  return method === 'dir' ? `(?:^|/)${inner}(?:/|$)` : null;
}

function readHost({ method, patterns, anyCase, isWithoutPort }: Criterion): Reading | string {
  const differences: string[] = [];
  // Within dots a port counts for nothing there either.
  if (!isWithoutPort && method !== 'dom') differences.push('a host is compared without its port here');
  if (!anyCase) differences.push('a host is compared in any case here');
  if (method === 'dom') differences.push(...patterns.map((name) => `${name} and what ends in .${name}, not ${name}.x`));
  const hosts: string[] = [];
  for (const pattern of patterns) {
    const name = pattern.toLowerCase().replace(/:\d+$/, '');
    if (name !== pattern.toLowerCase()) differences.push('the port of a host does not count');
    const bare = name.replace(/^\./, '');
    if (method === 'str') hosts.push(name);
    else if (method === 'dom') hosts.push(bare, `*.${bare}`);
    else if (method !== 'end') return 'hosts are names, or *. and a name';
    else if (name.startsWith('.')) hosts.push(`*${name}`);
    else {
      hosts.push(name, `*.${name}`);
      differences.push(`${name} and what ends in .${name}, not x${name}`);
    }
  }
  return { alternatives: hosts.map((host) => ({ ...ANYTHING, host })), differences };
}

function readValue(kind: string, name: string, { method, patterns, anyCase }: Criterion): Reading | string {
  if (name === '') return `it names no ${kind}`;
  const of = (value: Match['values'][string]): Match => ({ ...ANYTHING, values: { [`${kind}:${name}`]: value } });
  if (method === 'found') return { alternatives: [of({ present: true })], differences: [] };
  if (method !== 'str') return `the value of a ${kind} is compared as a whole`;
  const differences = anyCase ? [`the value of a ${kind} is compared with its case`] : [];
  return { alternatives: patterns.map(of), differences };
}
