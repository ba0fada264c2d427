import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PathMatch, RouteMatch } from '../snapshot.ts';
import { explainOrder, findDuplicateConditions } from './explain-order.ts';
import type { Routable, RoutedRequest } from './routed-request.ts';
import { compileRoutes } from './router.ts';

function match(parts: Partial<RouteMatch>): RouteMatch {
  return { host: null, path: null, methods: [], headers: [], query: [], cookies: [], ...parts };
}

/** `/v1`, `/v1/*` or `~pattern`, `~i pattern`. */
function pathOf(text: string): PathMatch {
  if (text.startsWith('~i ')) return { kind: 'regex', source: text.slice(3), ignoreCase: true };
  if (text.startsWith('~')) return { kind: 'regex', source: text.slice(1), ignoreCase: false };
  if (text === '/*') return { kind: 'prefix', path: '/' };
  return text.endsWith('/*') ? { kind: 'prefix', path: text.slice(0, -2) } : { kind: 'exact', path: text };
}

/** Host and path of each route, by its id. */
function routesOf(table: Record<string, string>): Routable[] {
  return Object.entries(table).map(([id, text]) => {
    const [host, ...path] = text.split(' ');
    return {
      id,
      match: match({ host: host === '-' ? null : host, path: path.length > 0 ? pathOf(path.join(' ')) : null }),
    };
  });
}

function request(parts: Partial<RoutedRequest>): RoutedRequest {
  return { host: '', path: '/', rawPath: parts.path ?? '/', query: '', method: 'GET', lines: '', ...parts };
}

function idFor(routes: readonly Routable[], parts: Partial<RoutedRequest>): string | null {
  return compileRoutes(routes).match(request(parts))?.id ?? null;
}

describe('routes for one scheme', () => {
  const routes: readonly Routable[] = [
    { id: 'admin', match: match({ host: 'a.example', path: pathOf('/admin/*') }), guards: true },
    { id: 'http', match: match({ scheme: 'http' }) },
    { id: 'open', match: match({ scheme: 'http', path: pathOf('/healthz') }) },
    { id: 'rest', match: match({}) },
  ];

  it('routes for one scheme are tried before all others, whatever these ask for', () => {
    assert.equal(idFor(routes, { scheme: 'http', host: 'a.example', path: '/admin/x' }), 'http');
    assert.equal(idFor(routes, { scheme: 'http', host: 'a.example', path: '/healthz' }), 'open');
    assert.equal(idFor(routes, { scheme: 'https', host: 'a.example', path: '/admin/x' }), 'admin');
    assert.equal(idFor(routes, { scheme: 'https', path: '/healthz' }), 'rest');
    const inOrder = explainOrder(routes).map(({ route: { id }, text }) => `${id}: ${text}`);
    assert.deepEqual(inOrder, [
      'open: http, path /healthz',
      'http: http',
      'admin: host a.example, path /admin/*',
      'rest: everything',
    ]);
  });

  it('routes for one scheme are met by another spelling of their path where they guard, before those for either', () => {
    const guarding: readonly Routable[] = [
      { id: 'secret', match: match({ scheme: 'http', path: pathOf('/admin/*') }), guards: true },
      { id: 'admin', match: match({ path: pathOf('/admin/*') }), guards: true },
      { id: 'rest', match: match({}) },
    ];
    assert.equal(idFor(guarding, { scheme: 'http', path: '//admin/x', rawPath: '//admin/x' }), 'secret');
    assert.equal(idFor(guarding, { scheme: 'https', path: '//admin/x', rawPath: '//admin/x' }), 'admin');
  });

  it('only routes for one scheme make a router look at it', () => {
    assert.equal(compileRoutes(routes).looksAtScheme, true);
    assert.equal(compileRoutes(routes.slice(3)).looksAtScheme, false);
  });
});

describe('the order of hosts', () => {
  const routes = routesOf({ none: '-', wide: '*.example.com', long: '*.eu.example.com', exact: 'api.eu.example.com' });

  it('the order of hosts is exact, longest wildcard, none', () => {
    assert.equal(idFor(routes, { host: 'api.eu.example.com' }), 'exact');
    assert.equal(idFor(routes, { host: 'www.eu.example.com' }), 'long');
    assert.equal(idFor(routes, { host: 'eu.example.com' }), 'wide');
    assert.equal(idFor(routes, { host: 'example.com' }), 'none');
    assert.equal(idFor(routes, { host: 'other.net' }), 'none');
  });
  it('the order of hosts lets a wildcard stand for several labels, and for no part of a label', () => {
    assert.equal(idFor(routes, { host: 'a.b.c.example.com' }), 'wide');
    assert.equal(idFor(routes, { host: 'notexample.com' }), 'none');
    assert.equal(idFor(routes, { host: '.example.com' }), 'none');
  });
  it('the order of hosts gives a request without a host only the routes without one', () => {
    assert.equal(idFor(routes, { host: '' }), 'none');
    assert.equal(idFor(routesOf({ exact: 'a.b' }), { host: '' }), null);
  });
  it('the order of hosts falls through from an exact host to wildcards and to no host where the paths do not match', () => {
    const table = routesOf({ exact: 'a.x.y /1', long: '*.x.y /2', wide: '*.y /3', none: '- /4' });
    for (const [path, id] of [
      ['/1', 'exact'],
      ['/2', 'long'],
      ['/3', 'wide'],
      ['/4', 'none'],
      ['/5', null],
    ] as const) {
      assert.equal(idFor(table, { host: 'a.x.y', path }), id);
    }
  });
});

describe('the order of paths', () => {
  const routes = routesOf({
    any: '-',
    second: '- ~\\.png$',
    first: '- ~^/img',
    root: '- /app/*',
    long: '- /app/v1/*',
    exact: '- /app/v1',
    upper: '- ~i ^/shout$',
  });

  it('the order of paths is exact, longest prefix, regular expressions as they stand in the file, none', () => {
    assert.equal(idFor(routes, { path: '/app/v1' }), 'exact');
    assert.equal(idFor(routes, { path: '/app/v1/x.png' }), 'long');
    assert.equal(idFor(routes, { path: '/app/x.png' }), 'root');
    assert.equal(idFor(routes, { path: '/img/x.png' }), 'second');
    assert.equal(idFor(routes, { path: '/img/x.gif' }), 'first');
    assert.equal(idFor(routes, { path: '/else' }), 'any');
  });
  it('the order of paths matches prefixes on segment borders alone', () => {
    assert.equal(idFor(routes, { path: '/app' }), 'root');
    assert.equal(idFor(routes, { path: '/app/' }), 'root');
    assert.equal(idFor(routes, { path: '/application' }), 'any');
    assert.equal(idFor(routes, { path: '/app/v12' }), 'root');
    assert.equal(idFor(routes, { path: '/app/v1/' }), 'long');
  });
  it('the order of paths lets /* match every path but the asterisk of OPTIONS', () => {
    const table = routesOf({ all: '- /*' });
    for (const path of ['/', '//', '/a', '/a/b/']) assert.equal(idFor(table, { path }), 'all');
    assert.equal(idFor(table, { path: '*', method: 'OPTIONS' }), null);
  });
  it('the order of paths anchors a regular expression nowhere but where it says so', () => {
    assert.equal(idFor(routes, { path: '/a.png' }), 'second');
    assert.equal(idFor(routes, { path: '/a.png/x' }), 'any');
  });
  it('the order of paths tests ignoreCase on the path in lower case', () => {
    assert.equal(idFor(routes, { path: '/SHOUT' }), 'upper');
    assert.equal(idFor(routes, { path: '/IMG/x' }), 'any');
  });
});

describe('further conditions', () => {
  const header = { name: 'x-beta', value: '1' };
  const routes: Routable[] = [
    { id: 'plain', match: match({ path: pathOf('/a/*') }) },
    { id: 'post', match: match({ path: pathOf('/a/*'), methods: ['POST', 'PUT'] }) },
    { id: 'beta', match: match({ path: pathOf('/a/*'), headers: [header] }) },
    { id: 'both', match: match({ path: pathOf('/a/*'), methods: ['POST'], headers: [header] }) },
    { id: 'query', match: match({ path: pathOf('/a/b/*'), query: [{ name: 'v', value: null }] }) },
    { id: 'cookie', match: match({ path: pathOf('/a/b'), cookies: [{ name: 's', value: '1' }] }) },
  ];

  it('further conditions are tried from the most to none, and in file order where as many', () => {
    assert.equal(idFor(routes, { path: '/a', method: 'POST', lines: 'X-Beta: 1\r\n' }), 'both');
    assert.equal(idFor(routes, { path: '/a', method: 'PUT', lines: 'X-Beta: 1\r\n' }), 'post');
    assert.equal(idFor(routes, { path: '/a', lines: 'X-Beta: 1\r\n' }), 'beta');
    assert.equal(idFor(routes, { path: '/a' }), 'plain');
  });
  it('further conditions fall through to a shorter prefix where they fail', () => {
    assert.equal(idFor(routes, { path: '/a/b', lines: 'Cookie: s=1\r\n' }), 'cookie');
    assert.equal(idFor(routes, { path: '/a/b', query: 'v=2' }), 'query');
    assert.equal(idFor(routes, { path: '/a/b', method: 'POST' }), 'post');
    assert.equal(idFor(routes, { path: '/a/b' }), 'plain');
  });
  it('further conditions keep routes of one regular expression together, where the first of them stands', () => {
    const table: Routable[] = [
      { id: 'one', match: match({ path: pathOf('~^/x') }) },
      { id: 'two', match: match({ path: pathOf('~^/x/y') }) },
      { id: 'one-post', match: match({ path: pathOf('~^/x'), methods: ['POST'] }) },
    ];
    assert.deepEqual(
      explainOrder(table).map(({ route }) => route.id),
      ['one-post', 'one', 'two'],
    );
    assert.equal(idFor(table, { path: '/x/y', method: 'POST' }), 'one-post');
  });
});

describe('explainOrder', () => {
  it('explainOrder says each match in words, in the order routes are tried in', () => {
    const routes: Routable[] = [
      { id: '1', match: match({}) },
      { id: '2', match: match({ host: '*.a.b', path: pathOf('~i ^/x'), methods: ['GET', 'HEAD'] }) },
      {
        id: '3',
        match: match({
          host: 'a.b',
          path: pathOf('/*'),
          headers: [{ name: 'x', value: '1' }],
          query: [{ name: 'q', value: null }],
          cookies: [{ name: 'c', value: 'd' }],
        }),
      },
    ];
    assert.deepEqual(
      explainOrder(routes).map(({ route, text }) => `${route.id}: ${text}`),
      [
        '3: host a.b, path /*, header x=1, query q, cookie c=d',
        '2: host *.a.b, path regex ^/x (any case), method GET or HEAD',
        '1: everything',
      ],
    );
  });
});

describe('findDuplicateConditions', () => {
  it('findDuplicateConditions returns routes whose conditions are the same in another order', () => {
    const [a, b] = [
      { name: 'a', value: '1' },
      { name: 'b', value: null },
    ];
    const routes: Routable[] = [
      { id: '1', match: match({ path: pathOf('/x'), methods: ['GET', 'PUT'], headers: [a, b] }) },
      { id: '2', match: match({ path: pathOf('/x'), methods: ['PUT', 'GET'], headers: [b, a, a] }) },
      { id: '3', match: match({ path: pathOf('/x/*'), methods: ['PUT', 'GET'], headers: [b, a] }) },
      { id: '4', match: match({ path: pathOf('/x'), methods: ['PUT', 'GET'], query: [b, a] }) },
    ];
    assert.deepEqual(
      findDuplicateConditions(routes).map(({ first, second }) => [first.id, second.id]),
      [['1', '2']],
    );
  });
});

/** How often a function looks into a map: the router's unit of work. */
function countLookups(run: () => void): number {
  const { get } = Map.prototype;
  let lookups = 0;
  Map.prototype.get = function (this: Map<unknown, unknown>, key: unknown): unknown {
    lookups++;
    return get.call(this, key);
  };
  try {
    run();
  } finally {
    Map.prototype.get = get;
  }
  return lookups;
}

describe('the cost of a match', () => {
  const many = (count: number): Routable[] =>
    Array.from({ length: count }, (_, i) => [
      { id: `h${i}`, match: match({ host: `h${i}.example.com`, path: pathOf('/x/*') }) },
      { id: `w${i}`, match: match({ host: `*.w${i}.example.com` }) },
      { id: `e${i}`, match: match({ path: pathOf(`/e/${i}`) }) },
      { id: `p${i}`, match: match({ path: pathOf(`/p/${i}/*`) }) },
    ]).flat();
  const [small, large] = [compileRoutes(many(10)), compileRoutes(many(2500))];

  it('a match takes the same number of steps with 40 and with 10,000 routes', () => {
    const requests: Partial<RoutedRequest>[] = [
      { host: 'h7.example.com', path: '/x/y' },
      { host: 'h7.example.com', path: '/p/3/y' },
      { host: 'w5.w5.example.com', path: '/' },
      { path: '/e/9' },
      { path: '/p/9/x' },
      { path: '/none' },
    ];
    for (const each of requests) {
      assert.equal(large.match(request(each))?.id, small.match(request(each))?.id);
      const [few, lots] = [small, large].map((router) => countLookups(() => router.match(request(each))));
      assert.ok(lots <= few + 1, `${JSON.stringify(each)}: ${few} and ${lots}`);
    }
  });

  it('the cost of a match is bounded by the longest name and prefix of the config for a host of 4,000 labels and a path of 8,000 slashes', () => {
    const hostile = request({ host: `${'a.'.repeat(4000)}w7.example.com`, path: '/'.repeat(8000) });
    assert.ok(countLookups(() => large.match(hostile)) < 30);
    assert.equal(large.match(hostile)?.id, 'w7');
    assert.equal(large.match(request({ path: `/p/7${'/'.repeat(8000)}` }))?.id, 'p7');
  });
});
