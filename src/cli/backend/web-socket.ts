/** `/ws` of a mock server: every message comes back. */
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

export function createEchoServer(): WebSocketServer {
  return new WebSocketServer({ noServer: true, perMessageDeflate: false });
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
