/** A balancer that logs into a file, before an endpoint that does whatever a path asks for. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runBalancer } from './running-balancer.ts';
import type { RunningBalancer } from './running-balancer.ts';
import { until } from './until.ts';

/** A line as JSON has it. */
export type Logged = Readonly<Record<string, unknown>> & { readonly path?: string };

export interface LoggedBalancer extends RunningBalancer {
  readonly file: string;
  readonly folder: string;
  /** Of the endpoint. */
  readonly endpoint: number;
  /** Lines of the file, once there are so many. */
  lines(count: number): Promise<readonly Logged[]>;
}

export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

export function readLines(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

/**
 * `/ok` answers hello; `/fail` 500; `/late` after 500 ms; `/cut` breaks its answer off; `/unix` has lone LF in its head;
 * `/stream` never ends its answer; `/never` does not answer.
 */
export async function startObedientEndpoint(t: TestContext): Promise<number> {
  const server = http.createServer((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/never')) return;
    request.resume();
    request.on('end', () => {
      if (path.startsWith('/fail')) response.writeHead(500).end();
      else if (path.startsWith('/unix')) request.socket.end('HTTP/1.1 200 OK\nContent-Length: 0\n\n');
      else if (path.startsWith('/stream')) response.write('begun');
      else if (path.startsWith('/late')) setTimeout(() => response.end('late'), 500);
      else if (path.startsWith('/cut')) {
        response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
      } else response.end('hello');
    });
  });
  server.on('upgrade', (_request, socket: net.Socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export interface LoggedOptions {
  readonly threads?: number;
  /** Further keys of `accessLog`, in YAML's flow style: `level: warn, sample: 0`. */
  readonly accessLog?: string;
  /** Further keys of the file's map: `rotate: { size: 4KiB }`. */
  readonly file?: string;
  /** Routes in YAML's flow style; default: one, `web`, to the pool. */
  readonly routes?: string;
  /** Further lines of the config. */
  readonly more?: string;
}

export function loggedConfig(endpoint: number, file: string, options: LoggedOptions): string {
  const { threads = 1, accessLog = '', routes = '[{ name: web, pool: web }]', more = '' } = options;
  const target = `{ file: ${JSON.stringify(file)}${options.file === undefined ? '' : `, ${options.file}`} }`;
  return [
    `threads: ${threads}`,
    'listeners: { web: "127.0.0.1:0" }',
    `accessLog: { to: ${target}${accessLog === '' ? '' : `, ${accessLog}`} }`,
    `routes: ${routes}`,
    `pools: { web: ["127.0.0.1:${endpoint}"] }`,
    more,
  ].join('\n');
}

export async function runLogged(t: TestContext, options: LoggedOptions = {}): Promise<LoggedBalancer> {
  const folder = tempFolder(t);
  const file = join(folder, 'logs', 'access.log');
  const endpoint = await startObedientEndpoint(t);
  const running = await runBalancer(loggedConfig(endpoint, file, options));
  t.after(() => running.balancer.close({ force: true }));
  const lines = async (count: number): Promise<readonly Logged[]> => {
    await until(
      () => readLines(file).length >= count,
      () => `${count} lines: ${readLines(file).join('\n')}`,
    );
    return readLines(file).map((line) => JSON.parse(line) as Logged);
  };
  return { ...running, file, folder, endpoint, lines };
}

/** Sends bytes on a connection of their own and reads until it closes. */
export async function exchange(port: number, bytes: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1').setEncoding('latin1');
  let answer = '';
  socket.on('data', (text: string) => (answer += text)).on('error', () => {});
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return answer;
}

export function get(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: Shop.Example\r\nConnection: close\r\n${more}\r\n`;
}
