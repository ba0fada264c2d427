/** Random frontends: the routes that are made of them send each request where the first rule that holds would. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildConfig } from '../../config/build.ts';
import type { Config } from '../../config/config.ts';
import type { RoutedRequest } from '../../core/routing/routed-request.ts';
import { compileRoutes } from '../../core/routing/router.ts';
import { convert } from '../convert.ts';
import { toConfigInput } from '../draft.ts';

const seed = Number(process.env['SEED'] ?? Date.now() & 0x7fffffff);

type Test = (request: RoutedRequest) => boolean;

interface Term {
  readonly text: string;
  readonly holds: Test;
}

function criterion(text: string, holds: Test): Term {
  return { text: `{ ${text} }`, holds };
}

/** No request has a path where the start of a text and a prefix of segments differ: that is told, not converted. */
const PATHS = ['/', '/a', '/a/b', '/a/b/c.png', '/b', '/b/a', '/c.png', '/A/b'];
const HOSTS = ['a.com', 'x.a.com', 'y.x.a.com', 'b.com', 'other.org'];

const hasStart = (path: string, start: string): boolean => path === start || path.startsWith(`${start}/`);

const criteria: readonly Term[] = [
  ...HOSTS.slice(0, 4).map((host) => criterion(`hdr(host) -i ${host}`, (request) => request.host === host)),
  criterion('hdr_dom(host) -i a.com', ({ host }) => `.${host}`.endsWith('.a.com')),
  criterion('hdr_end(host) -i .x.a.com', ({ host }) => host.endsWith('.x.a.com')),
  ...['/a', '/a/b', '/b'].map((path) => criterion(`path_beg ${path}`, (request) => hasStart(request.path, path))),
  ...['/a', '/a/b', '/c.png'].map((path) => criterion(`path ${path}`, (request) => request.path === path)),
  criterion('path /a /b', ({ path }) => path === '/a' || path === '/b'),
  criterion('method POST', ({ method }) => method === 'POST'),
  criterion('method GET PUT', ({ method }) => method === 'GET' || method === 'PUT'),
  criterion('url_param(v) 1', ({ query }) => query === 'v=1'),
  criterion('req.hdr(x-v) 1', ({ lines }) => lines === 'x-v: 1\r\n'),
  criterion('ssl_fc', ({ scheme }) => scheme === 'https'),
];
const patterns: readonly Term[] = [
  criterion('path_end .png', ({ path }) => path.endsWith('.png')),
  criterion('path_reg ^/[ab]/', ({ path }) => /^\/[ab]\//.test(path)),
  criterion('path_beg -i /a', ({ path }) => path.toLowerCase().startsWith('/a')),
];

/** Exact where one in front takes a part of another. */
const starts: readonly Term[] = ['/p', '/pq', '/pq/r', '/p/r'].map((start) => {
  return criterion(`path_beg ${start}`, ({ path }) => path.startsWith(start));
});

const termOf = (pool: readonly Term[]): fc.Arbitrary<Term> => {
  return fc.tuple(fc.constantFrom(...pool), fc.integer({ min: 0, max: 3 })).map(([term, number]) => {
    return number > 0 ? term : { text: `!${term.text}`, holds: (request) => !term.holds(request) };
  });
};
const conditionOf = (pool: readonly Term[]): fc.Arbitrary<Term> => {
  const group = fc.array(termOf(pool), { minLength: 1, maxLength: 3 });
  return fc
    .tuple(fc.array(group, { minLength: 1, maxLength: 2 }), fc.integer({ min: 0, max: 4 }))
    .map(([groups, number]): Term => {
      const text = groups.map((terms) => terms.map((term) => term.text).join(' ')).join(' || ');
      const holds: Test = (request) => groups.some((terms) => terms.every((term) => term.holds(request)));
      if (number > 0) return { text: `if ${text}`, holds };
      return { text: `unless ${text}`, holds: (request) => !holds(request) };
    });
};
const requestsTo = (paths: readonly string[]): readonly RoutedRequest[] =>
  HOSTS.flatMap((host) =>
    paths.flatMap((path) =>
      ['GET', 'POST', 'DELETE'].flatMap((method) =>
        [
          ['', ''],
          ['v=1', ''],
          ['', 'x-v: 1\r\n'],
        ].flatMap(([query, lines]) =>
          (['http', 'https'] as const).map((scheme) => ({ scheme, host, path, rawPath: path, method, query, lines })),
        ),
      ),
    ),
  );

function frontend(rules: readonly Term[]): string {
  const backends = ['last', ...rules.map((_, index) => `b${index}`)];
  return [
    'defaults',
    ' mode http',
    'frontend fe',
    ' bind :8080',
    ...rules.map(({ text }, index) => ` use_backend b${index} ${text}`),
    ' default_backend last',
    ...backends.flatMap((name, index) => [`backend ${name}`, ` server s 10.0.0.1:${index + 1}`]),
  ].join('\n');
}

/** Redirects are looked at before all rules about backends, whatever stands in front of them. */
async function assertRedirecting(rules: readonly Term[], redirecting: readonly Term[]): Promise<boolean> {
  const lines = redirecting.map(({ text }, index) => ` redirect location /r${index} ${text}`);
  const text = frontend(rules).replace(' default_backend', () => [...lines, ' default_backend'].join('\n'));
  const { draft, notes } = await convert(text, 'haproxy.cfg');
  assert.ok(draft !== null);
  if (notes.some(({ kind, directive }) => kind === 'left' && /^(?:redirect|use_backend)/.test(directive))) return false;
  const config = buildConfig(toConfigInput(draft));
  assert.ok(isConfig(config), JSON.stringify(config));
  const router = compileRoutes(
    config.routes.map(({ id, pool, match, redirect }) => ({ id, match, to: redirect?.base ?? pool })),
  );
  const all = [
    ...redirecting.map(({ holds }, index) => ({ holds, to: `/r${index}` })),
    ...rules.map(({ holds }, index) => ({ holds, to: `b${index}` })),
  ];
  for (const request of requestsTo(PATHS)) {
    const first = all.find(({ holds }) => holds(request))?.to ?? 'last';
    assert.equal(router.match(request)?.to, first, `${JSON.stringify(request)}\n${text}`);
  }
  return true;
}

/** Of the rules that were taken over whole or in part; null: one was in part. */
async function routesOf(rules: readonly Term[]): Promise<{ router: Router; left: ReadonlySet<number> } | null> {
  const { draft, notes } = await convert(frontend(rules), 'haproxy.cfg');
  assert.ok(draft !== null);
  const left = notes.filter(({ kind, directive }) => kind === 'left' && directive.startsWith('use_backend'));
  const config = buildConfig(toConfigInput(draft));
  assert.ok(isConfig(config), JSON.stringify(config));
  const routes = config.routes.map(({ id, pool, match }) => ({ id, pool, match }));
  const isInPart = left.some(({ line }) => routes.some(({ pool }) => pool === `b${line - 5}`));
  return isInPart ? null : { router: compileRoutes(routes), left: new Set(left.map(({ line }) => line - 5)) };
}

type Router = ReturnType<typeof compileRoutes<{ id: string; pool: string; match: Config['routes'][number]['match'] }>>;

function isConfig(built: ReturnType<typeof buildConfig>): built is Config {
  return !Array.isArray(built);
}

async function agrees(rules: readonly Term[], paths: readonly string[]): Promise<boolean> {
  const made = await routesOf(rules);
  if (made === null) return false;
  for (const request of requestsTo(paths)) {
    const first = rules.findIndex((rule, index) => !made.left.has(index) && rule.holds(request));
    assert.equal(made.router.match(request)?.pool, first < 0 ? 'last' : `b${first}`, JSON.stringify(request));
  }
  return made.left.size < rules.length;
}

describe('the rules of a frontend', () => {
  for (const [name, pool, paths] of [
    ['hosts, paths and conditions', criteria, PATHS],
    ['regular expressions among them', [...criteria, ...patterns], PATHS],
  ] as const) {
    it(`the rules of a frontend decide as in HAProxy: ${name}`, () => assertAgreement(conditionsOf(pool), paths));
  }

  it('the rules of a frontend decide as in HAProxy: redirects before backends', async () => {
    let compared = 0;
    const few = fc.array(conditionOf(criteria), { minLength: 1, maxLength: 2 });
    const property = fc.asyncProperty(few, few, async (rules, redirecting) => {
      if (await assertRedirecting(rules, redirecting)) compared++;
    });
    await fc.assert(property, { seed, numRuns: 150 });
    assert.ok(compared > 50, `${compared} of 150 compared`);
  });

  it('the rules of a frontend decide as in HAProxy: starts of paths that end within a segment', () => {
    // The first takes a part of the last, so that all of them are exact.
    const [first, last] = ['if { path_beg /p } { method POST }', 'if { path_beg /pq }'];
    const isLast: Test = ({ path }) => path.startsWith('/pq');
    const isFirst: Test = ({ path, method }) => path.startsWith('/p') && method === 'POST';
    const lists = conditionsOf([...criteria.slice(0, 3), ...starts]).map((list) => [
      { text: first, holds: isFirst },
      ...list,
      { text: last, holds: isLast },
    ]);
    return assertAgreement(lists, ['/', '/p', '/pq', '/pq/r', '/p/r', '/px', '/pqx']);
  });
});

function conditionsOf(pool: readonly Term[]): fc.Arbitrary<Term[]> {
  return fc.array(conditionOf(pool), { minLength: 1, maxLength: 5 });
}

async function assertAgreement(lists: fc.Arbitrary<Term[]>, paths: readonly string[]): Promise<void> {
  let compared = 0;
  const property = fc.asyncProperty(lists, async (rules) => {
    if (await agrees(rules, paths)) compared++;
  });
  await fc.assert(property, { seed, numRuns: 150 });
  assert.ok(compared > 50, `${compared} of 150 compared`);
}
