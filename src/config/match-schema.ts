/** The conditions of a route. */
import { z } from 'zod';
import { normalizePath } from '../core/routing/path.ts';
import type { PathMatch, RouteMatch, ValueMatch } from '../core/snapshot.ts';
import { parseHostPattern } from './addresses.ts';
import { type SchemaNode, key, note } from './described.ts';
import { Mistake } from './errors.ts';
import { refuseForeignPath } from './foreign-addresses.ts';
import { checkLinear } from './check-linear.ts';
import { FIELD_VALUE, TOKEN, cureNoMap, listOf, object, oneOf, readWith, scalar, toggle, withRule } from './scalars.ts';
import { describeValue } from './units.ts';

/** Headers that a route cannot match: they belong to the connection, or Fairlead sets them itself. */
const UNSEEN = new Set(
  ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'te', 'expect', 'forwarded'].concat([
    'x-request-id',
    'http2-settings',
    'proxy',
  ]),
);

/** A path without query, in normal form. */
export function parsePath(value: unknown): string | Mistake {
  const cure = 'Write a path that begins with a slash, e.g. /v1.';
  if (typeof value !== 'string') return new Mistake(`a path is text, not ${describeValue(value)}`, cure);
  if (!value.startsWith('/')) {
    const meant = /^[\w.~%@+-]+(?:\/[\w.~%@+*-]*)*$/.test(value) ? `Write /${value.replace(/^\.?\//, '')}.` : cure;
    return new Mistake(`${describeValue(value)} does not begin with a slash`, meant);
  }
  if (/[?#]/.test(value)) {
    return new Mistake(
      'a path has no query and no fragment',
      'Leave out what follows; match.query looks at the query.',
    );
  }
  if (/[^!-~]/.test(value)) {
    const written = encodeURI(value.toWellFormed());
    return new Mistake(`${describeValue(value)} has characters that no path has`, `Write ${written}.`);
  }
  return normalizePath(value) ?? new Mistake(`${describeValue(value)} has a bad escape or leaves the root`, cure);
}

/** `/v1` exact, `/v1/*` every path under it and `/v1` itself. */
function parsePathPattern(value: unknown): PathMatch | Mistake {
  const foreign = typeof value === 'string' ? refuseForeignPath(value) : null;
  if (foreign !== null) return foreign;
  const isPrefix = typeof value === 'string' && value.endsWith('/*');
  // Dot segments are resolved against the final slash, so that `/a/b/../*` is `/a/*`.
  const path = parsePath(isPrefix && value.startsWith('/') ? value.slice(0, -1) : value);
  if (path instanceof Mistake) return path;
  if (path.includes('*')) {
    const cure = 'Put the * last, after a slash, or write path: { regex: … }.';
    return new Mistake(`${describeValue(value)} has a * that is not its last segment`, cure);
  }
  return isPrefix ? { kind: 'prefix', path: path.slice(0, -1) || '/' } : { kind: 'exact', path };
}

const pathText = scalar(parsePathPattern, { type: 'string', pattern: '^/' });

const regexText = scalar(
  (value) => {
    if (typeof value !== 'string')
      return new Mistake(`a regular expression is text, not ${describeValue(value)}`, 'Put it in quotes.');
    return checkLinear(value) ?? value;
  },
  { type: 'string', words: 'regular expression' },
);

const regexSchema = object(
  {
    regex: key(regexText, {
      description:
        "In JavaScript's syntax, anywhere in the path: `^` and `$` anchor it. It must run in linear time: no back-reference, no lookahead, no modifiers, counts of at most 16, nested ones multiplied.",
      example: '^/img/.*\\.png$',
    }),
    ignoreCase: key(toggle.prefault('off'), {
      description: 'Compares the path in lower case. The pattern is written in lower case then.',
      example: 'on',
    }),
  },
  'PathRegex',
).transform(({ regex, ignoreCase }, context): PathMatch => {
  // The path is compared in lower case then. Escapes such as \S and names of groups are not letters to match.
  const letter = ignoreCase ? /[A-Z]/.exec(regex.replace(/\\.|\(\?<\w+>/gs, '')) : null;
  if (letter !== null) {
    const message = `with ignoreCase the path is compared in lower case, so ${letter[0]} never matches`;
    context.issues.push({
      code: 'custom',
      message,
      params: { cure: 'Write the pattern in lower case.' },
      input: regex,
    });
  }
  return { kind: 'regex', source: regex, ignoreCase };
});

const pathSchema = note(
  z.unknown().transform((value, context): PathMatch => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isMap ? readWith(regexSchema, value, context) : readWith(pathText, value, context);
  }),
  { forms: [pathText, regexSchema], words: 'path, or map with `regex`' },
);

const methodSchema = scalar(
  (value) => {
    const cure = 'Write a method such as GET, or a list of them.';
    if (typeof value !== 'string' || !TOKEN.test(value))
      return new Mistake(`${describeValue(value)} is not a method`, cure);
    if (value.toUpperCase() === 'CONNECT') return new Mistake('CONNECT is never routed', 'Take it out.');
    return value.toUpperCase();
  },
  { type: 'string', pattern: TOKEN.source },
);

type CheckText = (text: string) => Mistake | null;

const PRESENT: SchemaNode = {
  type: 'object',
  properties: { present: { const: true } },
  required: ['present'],
  additionalProperties: false,
};

function writtenValues(kind: string) {
  return note(z.record(z.string(), z.unknown(), { error: ({ input }) => cureNoMap(input, kind) }), {
    additionalProperties: { anyOf: [{ type: 'string' }, PRESENT] },
    words: 'map: name to text, or `{ present: true }`',
  });
}

/** `name: text` or `name: { present: true }`, into conditions in file order; `kind` is the key of the whole map. */
function valuesSchema(
  kind: 'header' | 'query' | 'cookie',
  checkName: CheckText,
  checkValue: CheckText,
  toName: (name: string) => string,
) {
  return writtenValues(kind).transform((written, context): readonly ValueMatch[] => {
    return Object.entries(written).map(([name, value]) => {
      const wanted = toWanted(value);
      const mistake =
        checkName(name) ?? (wanted instanceof Mistake ? wanted : wanted === null ? null : checkValue(wanted));
      if (mistake !== null) {
        const { message, cure } = mistake;
        context.issues.push({ code: 'custom', message, params: { cure }, input: value, path: [name] });
      }
      return { name: toName(name), value: wanted instanceof Mistake ? null : wanted };
    });
  });
}

function toWanted(value: unknown): string | null | Mistake {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && JSON.stringify(value) === '{"present":true}') return null;
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  const cure = `Write text${isPlain ? `, e.g. "${String(value)}" in quotes` : ''}, or { present: true } for any value.`;
  return new Mistake(`a value to compare with is text, not ${describeValue(value)}`, cure);
}

const anyText: CheckText = () => null;
const same = (name: string): string => name;

function checkHeaderName(name: string): Mistake | null {
  const lower = name.toLowerCase();
  if (lower === 'host') return new Mistake('the Host header is not matched here', 'Use match.host.');
  if (lower === 'cookie') return new Mistake('the Cookie header is not matched here', 'Use match.cookie.');
  if (UNSEEN.has(lower) || lower.startsWith('x-forwarded-'))
    return new Mistake('a route cannot look at this header: Fairlead sets or removes it', 'Match on another header.');
  return TOKEN.test(name)
    ? null
    : new Mistake(`${describeValue(name)} is not the name of a header`, 'Write a name such as x-tenant.');
}

function checkCookieName(name: string): Mistake | null {
  return TOKEN.test(name)
    ? null
    : new Mistake(`${describeValue(name)} is not the name of a cookie`, 'Write the name alone.');
}

function checkFieldValue(value: string): Mistake | null {
  if (FIELD_VALUE.test(value)) return null;
  return new Mistake(
    `${describeValue(value)} can stand in no header`,
    'Use visible ASCII characters, without spaces around them.',
  );
}

function checkCookieValue(value: string): Mistake | null {
  return value.includes(';')
    ? new Mistake('a cookie has no semicolon in its value', 'Take it out.')
    : checkFieldValue(value);
}

/** Conditions before each of their hosts has a route of its own. */
export interface WrittenMatch extends Omit<RouteMatch, 'host'> {
  /** At least one; null: every host. */
  readonly hosts: readonly RouteMatch['host'][];
}

/** A match for each of the hosts. */
export function matchesOf({ hosts, ...rest }: WrittenMatch): readonly RouteMatch[] {
  return hosts.map((host) => ({ host, ...rest }));
}

const hostsSchema = withRule(listOf(scalar(parseHostPattern, { type: 'string', words: 'host' }), 'host, or list'), {
  isKept: (hosts) => hosts.length > 0,
  message: 'an empty list of hosts matches nothing',
  cure: 'Name one, or leave the host out: the route then takes every host.',
  path: [],
});

export const matchSchema = object(
  {
    scheme: key(oneOf(['http', 'https']).optional(), {
      description:
        'How the client came: by a listener with `tls` or not, or as a proxy of `trustedProxies` says (`X-Forwarded-Proto`). Routes that name one are tried before all others.',
      example: 'http',
      byDefault: 'either',
    }),
    host: key(hostsSchema.optional(), {
      description:
        '`api.example.com`, or `"*.example.com"` for every name under it; a list is as if the route were written once for each. Case, port and a final dot do not count.',
      example: ['example.com', 'www.example.com'],
      byDefault: 'any',
    }),
    path: key(pathSchema.optional(), {
      description:
        '`/v1` is that path alone; `/v1/*` is a prefix on segment borders: `/v1`, `/v1/` and `/v1/x`, not `/v12`.',
      example: '/v1/*',
      byDefault: 'any',
    }),
    method: key(listOf(methodSchema, 'method, or list').optional(), {
      description: 'One of them must be that of the request. `GET` does not include `HEAD`.',
      example: ['GET', 'HEAD'],
      byDefault: 'any',
    }),
    header: key(valuesSchema('header', checkHeaderName, checkFieldValue, (name) => name.toLowerCase()).optional(), {
      description:
        'All of them must be there: names in any case, values exact, numbers in quotes. Not for headers that Fairlead sets or removes.',
      example: { 'x-beta': '1' },
      byDefault: 'any',
    }),
    query: key(valuesSchema('query', anyText, anyText, same).optional(), {
      description: 'The same for query parameters, names and values as forms decode them.',
      example: { v: '2' },
      byDefault: 'any',
    }),
    cookie: key(valuesSchema('cookie', checkCookieName, checkCookieValue, same).optional(), {
      description: 'The same for cookies, names and values exact.',
      example: { session: { present: true } },
      byDefault: 'any',
    }),
  },
  'Match',
).transform((written): WrittenMatch => {
  return {
    ...(written.scheme === undefined ? {} : { scheme: written.scheme }),
    hosts: written.host ?? [null],
    path: written.path ?? null,
    methods: [...new Set(written.method)],
    headers: written.header ?? [],
    query: written.query ?? [],
    cookies: written.cookie ?? [],
  };
});
