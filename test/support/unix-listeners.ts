/** A balancer that listens on unix sockets, and who else may be at their paths. */
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { SocketChange } from '../../src/runtime/control/unix-listeners.ts';
import { startHttpServer } from './http-server.ts';
import { pauseLane, runBalancer } from './running-balancer.ts';
import type { RunningBalancer } from './running-balancer.ts';
import { getOver, socketFolder } from './unix-server.ts';

/** Answers `hello`; `/held` is answered when it is let go. */
async function startEndpoint(t: TestContext): Promise<{ port: number; letGo: () => void; held: () => number }> {
  const waiting: (() => void)[] = [];
  const port = await startHttpServer(t, (request, response) => {
    if (request.url === '/held') waiting.push(() => response.end('held'));
    else response.end('hello');
  });
  return { port, held: () => waiting.length, letGo: () => waiting.splice(0).forEach((answer) => answer()) };
}

export interface Served extends RunningBalancer {
  readonly folder: string;
  readonly endpoint: Awaited<ReturnType<typeof startEndpoint>>;
  readonly socketChanges: SocketChange[];
  path(name: string): string;
  /** A config with these listeners: `web: { address: 'unix:%/web.sock' }`; `%` is the folder. */
  text(listeners: string, more?: string): string;
}

export async function serve(t: TestContext, listeners: string, threads = 1, more = ''): Promise<Served> {
  const folder = socketFolder(t);
  const endpoint = await startEndpoint(t);
  const text = (written: string, extra = more): string =>
    `{ threads: ${threads}, listeners: { ${written.replaceAll('%', folder)} }, ${extra} pools: { web: ['127.0.0.1:${endpoint.port}'] } }`;
  const running = await runBalancer(text(listeners));
  t.after(() => running.balancer.close({ force: true }));
  const socketChanges: SocketChange[] = [];
  running.balancer.on('socket', (change) => socketChanges.push(change));
  return { ...running, folder, endpoint, socketChanges, text, path: (name) => join(folder, name) };
}

/** A listener of a config. */
export const WEB = `web: 'unix:%/web.sock'`;

/** Requests one after another on connections of their own, until it is stopped. */
export function startUnixLoad(path: string): { failures: string[]; done: () => number; stop: () => Promise<void> } {
  const failures: string[] = [];
  let [done, isStopped] = [0, false];
  const lane = async (): Promise<void> => {
    while (!isStopped) {
      const answer = await getOver(path);
      if (answer !== '200 hello') failures.push(answer);
      done++;
      await pauseLane();
    }
  };
  const lanes = [lane(), lane(), lane(), lane()];
  const stop = async (): Promise<void> => {
    isStopped = true;
    await Promise.all(lanes);
  };
  return { failures, done: () => done, stop };
}

/** A process that answers nobody. */
export async function listenAt(t: TestContext, path: string): Promise<net.Server> {
  const server = net.createServer((socket) => socket.destroy());
  server.listen(path);
  await once(server, 'listening');
  t.after(() => server.close());
  return server;
}
