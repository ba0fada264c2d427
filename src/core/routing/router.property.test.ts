/**
 * The router held against the documents' own words: a matcher without a thought for speed, on random tables.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PathMatch, RouteMatch, ValueMatch } from '../snapshot.ts';
import { explainOrder } from './explain-order.ts';
import type { Routable, RoutedRequest } from './routed-request.ts';
import { compileRoutes } from './router.ts';

const seed = Date.now() & 0x7fffffff;

/** Whether `a`, which stands later in the file, is to be tried before `b`. */
function isBetter(a: RouteMatch, b: RouteMatch): boolean {
  const [first, second] = [rank(a), rank(b)];
  // Between two regular expressions the file decides, before any further condition does.
  const ranks = a.path?.kind === 'regex' && b.path?.kind === 'regex' ? 3 : 4;
  for (let i = 0; i < ranks; i++) if (first[i] !== second[i]) return first[i] > second[i];
  return false;
}

/** Greater is better, the first that differs decides. */
function rank(match: RouteMatch): readonly number[] {
  const { host, path } = match;
  const hostRank = host === null ? 0 : host.startsWith('*') ? host.length : Infinity;
  const pathRank =
    path === null ? 0 : path.kind === 'exact' ? Infinity : path.kind === 'prefix' ? 1 + path.path.length : 1;
  const conditions =
    Math.min(match.methods.length, 1) + match.headers.length + match.query.length + match.cookies.length;
  return [match.scheme === undefined ? 0 : 1, hostRank, pathRank, conditions];
}

function matches({ scheme, host, path, ...rest }: RouteMatch, request: RoutedRequest): boolean {
  if (scheme !== undefined && scheme !== request.scheme) return false;
  if (host?.startsWith('*')) {
    if (!request.host.endsWith(host.slice(1)) || request.host.length < host.length) return false;
  } else if (host !== null && host !== request.host) return false;
  if (path !== null) {
    const prefix = path.kind === 'prefix' && path.path === '/' ? '' : path.kind === 'regex' ? '' : path.path;
    if (path.kind === 'exact' && request.path !== path.path) return false;
    if (path.kind === 'prefix' && !`${request.path}/`.startsWith(`${prefix}/`)) return false;
    if (path.kind === 'regex') {
      const subject = path.ignoreCase ? request.path.toLowerCase() : request.path;
      if (!new RegExp(path.source).test(subject)) return false;
    }
  }
  return meetsRest(rest, request);
}

function meetsRest(
  { methods, headers, query, cookies }: Omit<RouteMatch, 'host' | 'path' | 'scheme'>,
  request: RoutedRequest,
) {
  const lines = request.lines.split('\r\n').map((line) => line.toLowerCase().split(': '));
  const pairs = lines.filter(([name]) => name === 'cookie').flatMap(([, value]) => value.split('; '));
  const parameters = request.query.split('&');
  const isIn = (all: readonly string[], { name, value }: ValueMatch): boolean =>
    all.some((pair) => pair.split('=')[0] === name && (value === null || pair === `${name}=${value}`));
  return (
    (methods.length === 0 || methods.includes(request.method)) &&
    headers.every((each) =>
      isIn(
        lines.map((line) => line.join('=')),
        each,
      ),
    ) &&
    query.every((each) => isIn(parameters, each)) &&
    cookies.every((each) => isIn(pairs, each))
  );
}

/** Regular expressions in `routes` must all differ, since file order decides between them. */
function matchByReference<R extends Routable>(routes: readonly R[], request: RoutedRequest): R | null {
  let best: R | null = null;
  for (const route of routes) {
    if (!matches(route.match, request)) continue;
    if (best === null || isBetter(route.match, best.match)) best = route;
  }
  return best;
}

/** `/v1`, `/v1/*` or `~pattern`, `~i pattern`. */
function pathOf(text: string): PathMatch {
  if (text.startsWith('~i ')) return { kind: 'regex', source: text.slice(3), ignoreCase: true };
  if (text.startsWith('~')) return { kind: 'regex', source: text.slice(1), ignoreCase: false };
  if (text === '/*') return { kind: 'prefix', path: '/' };
  return text.endsWith('/*') ? { kind: 'prefix', path: text.slice(0, -2) } : { kind: 'exact', path: text };
}

const host = fc.constantFrom(null, 'a.b', 'c.a.b', 'd.c.a.b', '*.b', '*.a.b', '*.c.a.b');
const path = fc.constantFrom(
  null,
  '/',
  '/*',
  '/x',
  '/x/*',
  '/x/y',
  '/x/y/*',
  '/x/y/z',
  '/x//*',
  '/x/',
  '//*',
  '/xy/*',
  '~^/x',
  '~y$',
  '~i ^/x/y',
  '~/',
);
const value = fc.record({ name: fc.constantFrom('n', 'm'), value: fc.constantFrom(null, '1', '2') });
const values = fc.array(value, { maxLength: 2 });
const routeMatch = fc
  .record({
    scheme: fc.constantFrom(undefined, undefined, 'http', 'https'),
    host,
    path,
    methods: fc.subarray(['GET', 'POST']),
    headers: values,
    query: values,
    cookies: values,
  })
  .map(({ scheme, ...parts }): RouteMatch => ({
    ...parts,
    ...(scheme === undefined ? {} : { scheme }),
    path: parts.path === null ? null : pathOf(parts.path),
  }));
const anyRequest = fc.record({
  scheme: fc.constantFrom('http', 'https'),
  host: fc.constantFrom('', 'a.b', 'c.a.b', 'd.c.a.b', 'e.d.c.a.b', 'x.b', 'b', 'z'),
  path: fc.array(fc.constantFrom('x', 'y', 'z', '', 'X', 'xy'), { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  query: fc.constantFrom('', 'n=1', 'm=2&n=2', 'n'),
  method: fc.constantFrom('GET', 'POST', 'DELETE'),
  rawPath: fc.constant('/'),
  lines: fc.constantFrom('', 'N: 1\r\n', 'm: 2\r\nn: 2\r\nCookie: n=1; m=2\r\n', 'Cookie: m=1\r\n'),
});

describe('the router', () => {
  it('the router agrees with the naive reference on random tables', () => {
    fc.assert(
      fc.property(
        fc.array(routeMatch, { maxLength: 40 }),
        fc.array(anyRequest, { minLength: 20, maxLength: 20 }),
        (matches, requests) => {
          // One route a pattern and host: the reference knows nothing of their grouping.
          const seen = new Set<string>();
          const routes = matches
            .filter((each) => {
              const key = each.path?.kind === 'regex' ? `${each.scheme} ${each.host} ${each.path.source}` : null;
              if (key === null) return true;
              if (seen.has(key)) return false;
              return seen.add(key);
            })
            .map((each, index) => ({ id: String(index), match: each }));
          const router = compileRoutes(routes);
          for (const each of requests) assert.equal(router.match(each)?.id, matchByReference(routes, each)?.id);
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it('the router tries routes in the order that explainOrder prints', () => {
    fc.assert(
      fc.property(fc.array(routeMatch, { maxLength: 20 }), anyRequest, (matches, each) => {
        const routes = matches.map((one, index) => ({ id: String(index), match: one }));
        const inOrder = explainOrder(routes).find(({ route }) => compileRoutes([route]).match(each) !== null);
        assert.equal(compileRoutes(routes).match(each)?.id, inOrder?.route.id);
      }),
      { seed, numRuns: 500 },
    );
  });
});
