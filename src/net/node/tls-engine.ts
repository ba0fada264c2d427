/** What the transport asks of a profile and of a client, whose code is loaded only by what makes them. */
import type net from 'node:net';
import type { TlsClient, TlsDial, TlsHandshake, TlsProfile } from '../tls.ts';
import type { Connection, ConnectionFacts, ConnectionHandler, DialOptions, HandshakeHandler } from '../transport.ts';
import type { Tie } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';

/** What is known of an accepted connection, and for whom the secured one is. */
export interface GivenConnection {
  readonly facts: ConnectionFacts;
  readonly localPort: number;
  readonly isUnix: boolean;
  readonly handler: HandshakeHandler;
  readonly host: ConnectionHost;
}

export interface SecuringProfile extends TlsProfile {
  /** Who hears of the end of the socket that `secure` takes. */
  readonly tie: Tie;
  /** Takes a socket whose reads reach the stream again; `held` was read from it. */
  secure(socket: net.Socket, held: Buffer | null, given: GivenConnection): TlsHandshake;
}

export interface DiallingClient extends TlsClient {
  dial(options: DialOptions, tls: TlsDial, handler: ConnectionHandler, host: ConnectionHost): Connection;
}
