/** What a server of the drill listens with: plain HTTP, or HTTPS. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';

export interface ServerListener {
  readonly server: Server;
  /** Cuts a connection as a lost process would. */
  readonly reset: (socket: Socket) => void;
}

/** `pem`: a file with chain and key; undefined: plain HTTP. */
export function createListener(pem: string | undefined, onRequest: RequestListener): ServerListener {
  if (pem === undefined) return { server: createServer(onRequest), reset: (socket) => void socket.resetAndDestroy() };
  const keys = readFileSync(pem);
  const server = createSecureServer({ cert: keys, key: keys }, onRequest);
  // A socket of TLS cannot be reset, the one below it can; they have the same peer.
  const below = new Map<number | undefined, Socket>();
  server.on('connection', (socket) => {
    const port = socket.remotePort;
    below.set(port, socket);
    socket.on('close', () => {
      if (below.get(port) === socket) below.delete(port);
    });
  });
  return { server, reset: ({ remotePort }) => void below.get(remotePort)?.resetAndDestroy() };
}
