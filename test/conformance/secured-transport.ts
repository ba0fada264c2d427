/** An engine all of whose connections speak TLS, and the wrapping that makes peers of the suite speak it as well. */
import tls from 'node:tls';
import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import type { AnyTransportOptions } from '../../src/net/node/create-transport.ts';
import { createTlsClient } from '../../src/net/node/tls-dial.ts';
import { createTlsProfile } from '../../src/net/node/tls-profile.ts';
import { NOBODY } from '../../src/net/nobody.ts';
import type { TlsClient, TlsFailure, TlsHandshake, TlsProfile, TlsVersion } from '../../src/net/tls.ts';
import type {
  AcceptedConnection,
  Connection,
  ConnectionHandler,
  DialOptions,
  HandshakeHandler,
  Listener,
  ListenOptions,
  Transport,
} from '../../src/net/transport.ts';
import { createSelfSigned } from '../support/self-signed.ts';
import type { Wrapping } from '../support/segmented-socket.ts';
import type { CreateTransport } from './transport-stage.ts';

export const pair = createSelfSigned('localhost', '127.0.0.1');

/** What a listener of the suite takes its clients with. */
export function testProfile(): TlsProfile {
  return createTlsProfile({
    certificates: [{ chain: pair.cert, key: pair.key }],
    minVersion: 'TLSv1.2',
    alpn: ['http/1.1'],
    handshakeTimeoutMs: 10_000,
    sessionScope: 'suite',
    clientPolicy: null,
  });
}

export function testClient(): TlsClient {
  return createTlsClient({ ca: pair.cert, isVerified: true, minVersion: 'TLSv1.2', alpn: ['http/1.1'] });
}

class SecuredTransport implements Transport {
  readonly name: string;
  readonly failures: TlsFailure[] = [];
  readonly #inner: Transport;
  readonly #profile = testProfile();
  readonly #client = testClient();

  constructor(options: AnyTransportOptions) {
    this.#inner = createNodeTransport(options);
    this.name = `${this.#inner.name} with TLS`;
  }

  listen(options: ListenOptions, accept: (connection: AcceptedConnection) => ConnectionHandler): Promise<Listener> {
    return this.#inner.listen(options, (connection) => ({
      ...NOBODY,
      // As a stage does that looks at the hello: what has been read so far is handed over.
      onBytes: (buffer, start, end) => {
        const held = Buffer.from(buffer.subarray(start, end));
        const onFailed = (failure: TlsFailure): void => void this.failures.push(failure);
        this.secure(connection, held, this.#profile, { onSecured: accept, onFailed });
      },
    }));
  }

  dial(options: DialOptions, handler: ConnectionHandler): Connection {
    return this.#inner.dial({ ...options, tls: { client: this.#client, name: 'localhost' } }, handler);
  }

  secure(
    connection: AcceptedConnection,
    held: Buffer | null,
    profile: TlsProfile,
    handler: HandshakeHandler,
  ): TlsHandshake {
    return this.#inner.secure(connection, held, profile, handler);
  }
}

/** Peers that speak this version and no other. */
function wrappingOf(version: TlsVersion): Wrapping {
  const settings = { minVersion: version, maxVersion: version };
  const secureContext = tls.createSecureContext({ ...pair, ...settings });
  return {
    client: (socket) => {
      const wrapped = tls.connect({ socket, ca: pair.cert, servername: 'localhost', ...settings });
      wrapped.on('error', () => {});
      return wrapped;
    },
    // At once, since a client may leave before its handshake is over here.
    server: (socket) => new tls.TLSSocket(socket, { isServer: true, secureContext }),
  };
}

export function securedTransport(version: TlsVersion, options: Omit<AnyTransportOptions, 'onFault'>): CreateTransport {
  const create = (onFault: AnyTransportOptions['onFault']): Transport => new SecuredTransport({ ...options, onFault });
  return Object.assign(create, { wrapping: wrappingOf(version) });
}
