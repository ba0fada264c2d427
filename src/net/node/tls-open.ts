/** Makes connections of TLS sockets, with reads that land in our buffers where the engine does that. */
import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ConnectionHandler } from '../transport.ts';
import type { ConnectionHost } from './connection-host.ts';
import { landReads } from './stream-internals.ts';
import { onRead, tie, tieData } from './socket-events.ts';
import { TlsDataConnection } from './tls-data-connection.ts';
import { TlsOnreadConnection } from './tls-onread-connection.ts';

export type NodeTlsConnection = TlsOnreadConnection | TlsDataConnection;

/** `isConnected`: the handshake is over. */
export function createTlsConnection(
  raw: net.Socket,
  isConnected: boolean,
  handler: ConnectionHandler,
  host: ConnectionHost,
): NodeTlsConnection {
  const Kind = host.landsTls ? TlsOnreadConnection : TlsDataConnection;
  return new Kind(raw, isConnected, handler, host, null);
}

/** From now on the connection speaks over this socket. */
export function speakOver(socket: TLSSocket, connection: NodeTlsConnection, { buffers }: ConnectionHost): void {
  connection.speakOver(socket);
  tie(socket, connection);
  if (connection instanceof TlsOnreadConnection)
    landReads(socket, buffers.scratch.landing, onRead, buffers.nextLanding);
  else tieData(socket);
}
