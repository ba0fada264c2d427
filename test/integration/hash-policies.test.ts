/** Requests that belong together reach one endpoint, at the socket. With one thread and with four. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startHttpServer } from '../support/http-server.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

type Headers = Readonly<Record<string, string>>;

/** Ports of endpoints that answer with their number; `hold` keeps the answers of a path back. */
async function startEndpoints(
  t: TestContext,
  count: number,
  hold?: (response: http.ServerResponse) => void,
): Promise<string> {
  const ports = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startHttpServer(t, (request, response) => {
        response.setHeader('x-endpoint', String(index));
        if (request.url === '/held') hold?.(response);
        else response.end();
      }),
    ),
  );
  return ports.map((port) => `127.0.0.1:${port}`).join(', ');
}

async function start(t: TestContext, threads: number, rest: string): Promise<number> {
  const running = await runBalancer(`{ threads: ${threads}, listeners: { web: "127.0.0.1:0" }, ${rest} }`);
  t.after(() => running.balancer.close({ force: true }));
  return running.port;
}

/** The endpoint that answered, on a connection of its own. */
function ask(port: number, path: string, headers: Headers = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
        response.resume();
        response.on('end', () => resolve(String(response.headers['x-endpoint'])));
      })
      .on('error', reject);
  });
}

/** The endpoints that all of these reached. */
async function reached(port: number, requests: readonly (readonly [string, Headers?])[]): Promise<ReadonlySet<string>> {
  return new Set(await Promise.all(requests.map(([path, headers]) => ask(port, path, headers))));
}

const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));

for (const threads of [1, 4]) {
  const over = threads === 1 ? 'one thread' : `${threads} threads`;

  test(`requests with one header, cookie, query, path or client reach one endpoint, over ${over}`, async (t) => {
    const endpoints = await startEndpoints(t, 4);
    const user = (index: number): readonly [string, Headers] => ['/', { 'X-User': `u${index}` }];
    const cases: readonly (readonly [string, (index: number) => readonly [string, Headers?]])[] = [
      ['header.x-user', user],
      ['cookie.session', (index) => ['/', { Cookie: `a=1; session=s${index}` }]],
      ['query.user', (index) => [`/?b=1&user=u${index}`]],
      ['path', (index) => [`/${index}`]],
      ['url', (index) => [`/?${index}`]],
      ['host', (index) => ['/', { Host: `h${index}.example.com` }]],
      ['client', (index) => ['/', { 'X-Forwarded-For': `2001:db8:0:${index}::${Math.floor(Math.random() * 9999)}` }]],
      ['{ key: [route, header.x-user], table: maglev }', user],
      ['{ key: [header.x-user, peer], table: rendezvous }', user],
      ['{ key: cookie.none, missing: client }', (index) => ['/', { 'X-Forwarded-For': `10.0.0.${index}` }]],
    ];
    const routes = [...cases, ['{ key: cookie.none, missing: random }'] as const].map(
      ([hash], at) => `{ match: { header: { case: "${at}" } }, pool: web, policy: { hash: ${hash} } }`,
    );
    const rest = `trustedProxies: [127.0.0.1], routes: [${routes.join(', ')}], pools: { web: { endpoints: [${endpoints}] } }`;
    const port = await start(t, threads, rest);
    for (const [at, [key, make]] of cases.entries()) {
      const request = (index: number): readonly [string, Headers] => {
        const [path, headers] = make(index);
        return [path, { ...headers, case: String(at) }];
      };
      const same = await reached(
        port,
        times(12, () => request(1)),
      );
      assert.equal(same.size, 1, `${key}: ${[...same].join(' ')}`);
      assert.equal((await reached(port, times(50, request))).size, 4, `${key} spreads over all endpoints`);
    }
    const keyless = await reached(
      port,
      times(50, () => ['/', { case: String(cases.length) }]),
    );
    assert.equal(keyless.size, 4, 'a request without its key goes anywhere');
  });

  test(`bounded load sends what is too much for one endpoint to the others, over ${over}`, async (t) => {
    const held: http.ServerResponse[] = [];
    const endpoints = await startEndpoints(t, 4, (response) => held.push(response));
    const policy = '{ hash: { key: path, boundedLoad: 1.25 } }';
    const port = await start(t, threads, `pools: { web: { policy: ${policy}, endpoints: [${endpoints}] } }`);
    const answers: Promise<string>[] = [];
    for (let count = 1; count <= 16; count++) {
      answers.push(ask(port, '/held'));
      await until(() => held.length === count, 'the request arrives');
    }
    for (const response of held) response.end();
    const counts = new Map<string, number>();
    for (const endpoint of await Promise.all(answers)) counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
    // ⌈1.25 × 16 / 4⌉
    assert.deepEqual(Math.max(...counts.values()), 5, [...counts].join(' '));
  });
}
