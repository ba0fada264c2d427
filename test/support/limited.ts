/** A balancer whose routes have limits, before an endpoint that answers at once, and clients that ask it. */
import http from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { TestContext } from 'node:test';
import { startHttpServer } from './http-server.ts';
import { runBalancer } from './running-balancer.ts';
import type { RunningBalancer } from './running-balancer.ts';

export interface LimitedBalancer extends RunningBalancer {
  /** The text of a config with these routes, for a reload. */
  config(routes: string, more?: string): string;
}

export interface LimitedOptions {
  readonly threads?: number;
  /** Further lines of the config. */
  readonly more?: string;
}

/** `routes` in YAML's flow style; their pool is `web`. */
export async function runLimited(
  t: TestContext,
  routes: string,
  { threads = 1, more = '' }: LimitedOptions = {},
): Promise<LimitedBalancer> {
  const endpoint = await startHttpServer(t, (_request, response) => response.end('ok'));
  const config = (text: string, others = more): string =>
    [
      `threads: ${threads}`,
      'listeners: { web: "127.0.0.1:0" }',
      'trustedProxies: [127.0.0.1]',
      `routes: ${text}`,
      `pools: { web: ["127.0.0.1:${endpoint}"] }`,
      others,
    ].join('\n');
  const running = await runBalancer(config(routes));
  t.after(() => running.balancer.close({ force: true }));
  return { ...running, config };
}

export interface LimitedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request on a connection of its own; `client`: the address that a proxy says it comes from. */
export function ask(
  port: number,
  { path = '/', client = '', headers = {} }: { path?: string; client?: string; headers?: Record<string, string> } = {},
): Promise<LimitedAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<LimitedAnswer>();
  const from = client === '' ? {} : { 'x-forwarded-for': client };
  const request = http.get({ host: '127.0.0.1', port, path, agent: false, headers: { ...from, ...headers } });
  request.on('error', reject);
  request.on('response', (response) => {
    let body = '';
    response.setEncoding('latin1');
    response.on('data', (text: string) => (body += text));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    response.on('error', reject);
  });
  return promise;
}

/** So many at a time, on connections of their own: how many had which status. */
export async function statusesOf(port: number, requests: number, options: Parameters<typeof ask>[1] = {}) {
  const answers = await Promise.all(Array.from({ length: requests }, () => ask(port, options)));
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
