/**
 * `/ws` of a mock server: every message comes back. It uses the package `ws`, which is installed only by those who need
 * it.
 */
import type { WebSocket, WebSocketServer } from 'ws';
import { importOptional } from '../machine/optional-package.ts';

/** What a client gets where it is not installed, and what stderr says. */
export const WITHOUT_WS = '/ws needs the package ws, which is not installed: npm install ws';

/** As a CommonJS module, which is what `importOptional` finds. */
interface Ws {
  readonly WebSocketServer: typeof WebSocketServer;
}

/** Resolves to null where the package `ws` is not installed. */
export async function createEchoServer(): Promise<WebSocketServer | null> {
  const module = await importOptional<{ readonly default: Ws }>('ws');
  return module === null ? null : new module.default.WebSocketServer({ noServer: true, perMessageDeflate: false });
}

/** One message at a time: what the client does not take back keeps us from reading more of it. */
export function echoMessages(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => {
    socket.pause();
    socket.send(data, { binary: isBinary }, () => socket.resume());
  });
  // A client that breaks the protocol or leaves: `close` follows, there is nothing to add.
  socket.on('error', () => {});
}
