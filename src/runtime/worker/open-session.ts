/** Gives an accepted connection, whose stages are over, to the codec that it speaks. */
import type { ListenerSpec } from '../../core/snapshot.ts';
import { ClientConnection } from '../../http/client-connection.ts';
import type { ServerHost, ServerSession } from '../../http/server-host.ts';
import { Http1ServerSession } from '../../http1/server-session.ts';
import type { Connection, ConnectionHandler } from '../../net/transport.ts';

/** Returns who hears of the connection from now on. HTTP/1.1 is what a client speaks that names no protocol. */
export function openSession(
  connection: Connection,
  listener: ListenerSpec,
  host: ServerHost,
): ConnectionHandler & ServerSession {
  return new Http1ServerSession(connection, new ClientConnection(listener, connection.facts, connection), host);
}
