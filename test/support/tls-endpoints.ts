/** Endpoints that speak TLS, a balancer in front of them, and clients that speak plain HTTP to it. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { BalancerEvents, BalancerOptions } from '../../src/runtime/balancer.ts';
import { tempFolder } from './access-log.ts';
import { configOf, runBalancer } from './running-balancer.ts';
import type { RunningBalancer } from './running-balancer.ts';
import { createSelfSigned } from './self-signed.ts';

/** What endpoints show where nothing else is said. */
export const SERVER = createSelfSigned('a.test', 'b.test', '127.0.0.1');
/** What is shown to endpoints. */
export const CLIENT = createSelfSigned('client.test');

export interface TlsEndpoint {
  readonly port: number;
  /** What came: SNI, Host, path, how manieth request of its connection. */
  readonly seen: string[];
}

/** Answers `well`. */
export async function startTlsEndpoint(
  t: TestContext,
  options: https.ServerOptions = SERVER,
  answer: http.RequestListener = (_request, response) => void response.end('well'),
): Promise<TlsEndpoint> {
  const seen: string[] = [];
  const counts = new WeakMap<net.Socket, number>();
  const server = https.createServer(options, (request, response) => {
    const { socket } = request;
    const { servername } = socket as unknown as { readonly servername: string | false };
    counts.set(socket, (counts.get(socket) ?? 0) + 1);
    seen.push(`${servername || '-'} ${request.headers.host ?? '-'} ${request.url ?? ''} ${counts.get(socket) ?? 0}`);
    answer(request, response);
  });
  const port = await listenLocally(t, server);
  t.after(() => server.closeAllConnections());
  return { port, seen };
}

export async function listenLocally(t: TestContext, server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as net.AddressInfo).port;
}

/** Files of a test: its endpoints' certificate, and what is shown to them. */
export interface TlsFiles {
  readonly folder: string;
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
  write(name: string, text: string): string;
}

export function tlsFiles(t: TestContext): TlsFiles {
  const folder = tempFolder(t);
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    folder,
    write,
    ca: write('ca.pem', SERVER.cert),
    clientCert: write('client.pem', CLIENT.cert),
    clientKey: write('client.key', CLIENT.key),
  };
}

/** `pool`: its keys but the endpoints. */
export function poolConfig(ports: readonly number[], pool: string, more = ''): string {
  const endpoints = ports.map((port) => `127.0.0.1:${port}`).join(', ');
  return `listeners: { web: 127.0.0.1:0 }
threads: 1
pools: { web: { endpoints: [${endpoints}], ${pool} } }
accessLog: off
${more}`;
}

export interface PoolBalancer extends RunningBalancer {
  readonly certificateEvents: BalancerEvents['certificate'][0][];
  readonly failureEvents: BalancerEvents['failure'][0][];
  /** With other endpoints, or other keys of the pool. */
  reload(ports: readonly number[], pool: string): Promise<unknown>;
}

export async function runPool(
  t: TestContext,
  ports: readonly number[],
  pool: string,
  more = '',
  options: BalancerOptions = {},
): Promise<PoolBalancer> {
  const certificateEvents: PoolBalancer['certificateEvents'] = [];
  const failureEvents: PoolBalancer['failureEvents'] = [];
  const running = await runBalancer(poolConfig(ports, pool, more), options, (balancer) => {
    balancer.on('failure', (event) => failureEvents.push(event));
    balancer.on('certificate', (event) => certificateEvents.push(event));
  });
  t.after(() => running.balancer.close({ force: true }));
  const reload: PoolBalancer['reload'] = (endpoints, keys) =>
    running.balancer.reload(configOf(poolConfig(endpoints, keys, more)));
  return { ...running, certificateEvents, failureEvents, reload };
}

export interface PlainAnswer {
  readonly status: number;
  readonly body: string;
  /** Of Fairlead's own answers. */
  readonly error: string;
  readonly isWhole: boolean;
}

/** On a connection of its own. */
export function askPlain(port: number, host = 'a.test', method = 'GET', body = ''): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, agent: false, headers: { host } }, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => (text += chunk));
      const end = (isWhole: boolean): void =>
        resolve({
          status: response.statusCode ?? 0,
          body: text,
          error: String(response.headers['fairlead-error'] ?? ''),
          isWhole,
        });
      response.on('end', () => end(true));
      response.on('error', () => end(false));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** What counts against an endpoint. */
export function blameOf({ balancer }: RunningBalancer, endpoint = 0): { failures: number; lastFailure: string } {
  const { failures: count, health } = balancer.stats().pools[0].endpoints[endpoint];
  return { failures: count, lastFailure: health.lastFailure };
}
