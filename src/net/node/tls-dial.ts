/**
 * Speaks TLS to endpoints: one context for all connections of a pool (one for each would cost half a millisecond more
 * a connect), and the sessions that were earned under it. A session that goes on is not verified again, so none leaves
 * the client that it was earned by, nor the address and name that it was earned for.
 */
import net from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { TlsClient, TlsClientOptions, TlsDial } from '../tls.ts';
import type { Connection, ConnectionHandler, DialOptions } from '../transport.ts';
import type { ConnectionHost } from './connection-host.ts';
import { outliveFailedWrites } from './socket-events.ts';
import type { DiallingClient } from './tls-engine.ts';
import { NodeTlsInfo } from './tls-info.ts';
import { createTlsConnection, speakOver } from './tls-open.ts';
import type { NodeTlsConnection } from './tls-open.ts';
import { TlsSessions } from './tls-sessions.ts';
import { createClientContext } from './tls-client-context.ts';
import { nodeTls } from './tls-settings.ts';

/** Names that are remembered: clients may choose them. */
const MOST_MET = 1024;

/** Throws at the first dial where OpenSSL does not accept what it is given. */
export function createTlsClient(options: TlsClientOptions): TlsClient {
  return new NodeTlsClient(options);
}

class NodeTlsClient implements DiallingClient {
  readonly role = 'client';
  readonly #options: TlsClientOptions;
  readonly #sessions = new TlsSessions();
  readonly #met = new Set<string>();
  #context: SecureContext | null = null;

  constructor(options: TlsClientOptions) {
    this.#options = options;
  }

  dial(options: DialOptions, dial: TlsDial, handler: ConnectionHandler, host: ConnectionHost): Connection {
    this.#context ??= createClientContext(this.#options);
    const raw = new net.Socket({ allowHalfOpen: true, noDelay: true });
    const connection = createTlsConnection(raw, false, handler, host);
    const place = 'path' in options ? options.path : `${options.host} ${options.port}`;
    raw.on('error', (error) => connection.onRawError(error));
    raw.on('close', () => connection.onRawClose());
    const name = dial.name === '' ? addressOf(options) : dial.name;
    raw.on('connect', () => {
      if (dial.preface !== undefined) raw.write(dial.preface, 'latin1');
      this.#connected(raw, connection, place, name, host);
    });
    connection.isUnix = 'path' in options;
    raw.connect('path' in options ? { path: options.path } : { host: options.host, port: options.port });
    return connection;
  }

  hasMet(name: string): boolean {
    return this.#met.has(name);
  }

  #remember(name: string): void {
    if (this.#met.has(name)) return;
    this.#met.add(name);
    if (this.#met.size <= MOST_MET) return;
    for (const oldest of this.#met) {
      this.#met.delete(oldest);
      return;
    }
  }

  /** The TCP connect is done: the handshake begins. */
  #connected(
    raw: net.Socket,
    connection: NodeTlsConnection,
    place: string,
    name: string,
    engine: ConnectionHost,
  ): void {
    if (connection.isClosed) return;
    const { isVerified, alpn } = this.#options;
    const key = `${place} ${name}`;
    const session = this.#sessions.take(key);
    const socket = nodeTls().connect({
      socket: raw,
      secureContext: this.#context as SecureContext,
      rejectUnauthorized: isVerified,
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      // What Node verifies, and keeps sessions by. An address is not asked for by name (RFC 6066, 3).
      host: name,
      ...(net.isIP(name) === 0 ? { servername: name } : {}),
      ...(session === undefined ? {} : { session }),
    });
    speakOver(socket, connection, engine);
    outliveFailedWrites(socket);
    // Before Node looks at it, and lets it go where it is refused. (The other form, of X509Certificate, may be asked for
    // only after that: it leaves Node 24 without the names.)
    socket.prependListener('secure', () => {
      if (!socket.isSessionReused()) connection.show(name, socket.getPeerCertificate());
    });
    socket.on('secureConnect', () => {
      this.#remember(name);
      connected(connection, socket);
    });
    socket.on('session', (earned) => {
      if (!connection.isClosed) this.#sessions.keep(key, earned);
    });
  }
}

/** What is verified where nobody says a name. */
function addressOf(options: DialOptions): string {
  return 'path' in options ? 'localhost' : options.host;
}

/** The handshake is over, and the endpoint is verified. */
function connected(connection: NodeTlsConnection, socket: TLSSocket): void {
  if (connection.isClosed) return;
  const { alpnProtocol } = socket;
  const alpn = typeof alpnProtocol === 'string' ? alpnProtocol : '';
  connection.facts = { ...connection.facts, scheme: 'https', alpn, tls: new NodeTlsInfo(socket, null) };
  connection.onConnect();
}
