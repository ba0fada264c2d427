/** Servers and clients on unix sockets, for tests. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder that is gone when the test ends. */
export function socketFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'fl-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface UnixServer {
  readonly path: string;
  /** `unix:/path` */
  readonly address: string;
  readonly server: http.Server;
  /** Stops at once; the file goes. */
  stop(): Promise<void>;
}

export async function startUnixServer(
  t: TestContext,
  path: string,
  handler: http.RequestListener,
): Promise<UnixServer> {
  const server = http.createServer(handler);
  server.listen(path);
  await once(server, 'listening');
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  t.after(stop);
  return { path, address: `unix:${path}`, server, stop };
}

/** What came back: `200 hello`, or the code of what went wrong. */
export function getOver(socketPath: string, path = '/', options: http.RequestOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    const request = http.get({ socketPath, path, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (text: string) => (body += text));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** Whether somebody listens there: the file of a socket is there a moment before. */
export function isOpen(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
