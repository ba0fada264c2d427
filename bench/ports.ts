/**
 * Ports for servers that want a number in their config. Each is reserved by binding it, below the range the kernel
 * takes outgoing ports from (so that no connection of anybody sits on it in between), and released in the moment
 * its server starts. Whether it is ours that answers there is checked afterwards, by the token of the upstream.
 */
import { createServer } from 'node:net';
import type { Server } from 'node:net';

const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 200;

export interface ReservedPort {
  readonly port: number;
  /** Frees the port for its server. */
  release(): Promise<void>;
}

export async function reservePort(): Promise<ReservedPort> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const server = await bind(port);
    if (server !== null) {
      server.unref();
      return { port, release: () => new Promise((resolve) => server.close(() => resolve())) };
    }
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST} in ${TRIES} tries`);
}

function bind(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}
