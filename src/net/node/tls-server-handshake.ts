/** A client's handshake, from the hello to a connection that takes the place of the accepted one. */
import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { NOBODY } from '../nobody.ts';
import type { TlsFailure, TlsHandshake } from '../tls.ts';
import type { GivenConnection } from './tls-engine.ts';
import { NodeTlsInfo } from './tls-info.ts';
import type { AskedClients } from './tls-info.ts';
import { createTlsConnection, speakOver } from './tls-open.ts';
import { tlsFailureOf } from './tls-reason.ts';

/** As OpenSSL says it in a whole handshake. */
const OLD_CERTIFICATE: TlsFailure = Object.freeze({ reason: 'certificate-rejected', code: 'CERT_HAS_EXPIRED' });
const CLIENT_LEFT = Object.assign(new Error('the client has closed'), { code: 'ECONNRESET' });

export class ServerHandshake implements TlsHandshake {
  readonly #raw: net.Socket;
  readonly #given: GivenConnection;
  readonly #asked: AskedClients | null;
  #isOver = false;

  /** `asked` null: the client is asked for no certificate. */
  constructor(raw: net.Socket, given: GivenConnection, asked: AskedClients | null) {
    this.#raw = raw;
    this.#given = given;
    this.#asked = asked;
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#raw.destroy();
  }

  succeeded(socket: TLSSocket): void {
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    // Node refuses a bad certificate only where one is required.
    if (socket.authorizationError !== null && socket.getPeerX509Certificate() !== undefined) {
      this.failed(null, socket);
      return;
    }
    if (this.#hasOldCertificate(socket)) {
      this.#fail(OLD_CERTIFICATE, socket);
      return;
    }
    this.#isOver = true;
    socket.allowHalfOpen = true;
    const { facts, localPort, isUnix, handler, host } = this.#given;
    const connection = createTlsConnection(this.#raw, true, NOBODY, host);
    connection.knownLocalPort = localPort;
    connection.isUnix = isUnix;
    speakOver(socket, connection, host);
    const alpn = socket.alpnProtocol === false || socket.alpnProtocol === null ? '' : socket.alpnProtocol;
    const serverName = facts.serverName === '' ? nameOf(socket) : facts.serverName;
    connection.facts = { ...facts, scheme: 'https', alpn, serverName, tls: new NodeTlsInfo(socket, this.#asked) };
    host.clock.enter();
    try {
      connection.handler = handler.onSecured(connection);
    } catch (error) {
      host.guard.report(error);
      connection.reset();
    }
    host.clock.leave();
    connection.begin();
  }

  /**
   * A session that goes on is not verified again, and earns the next one by that: without end, for a client that keeps
   * coming back.
   */
  #hasOldCertificate(socket: TLSSocket): boolean {
    if (this.#asked === null || !socket.isSessionReused()) return false;
    const certificate = socket.getPeerX509Certificate();
    return certificate !== undefined && certificate.validToDate.getTime() < this.#given.host.clock.wallTime();
  }

  failed(error: Error | null, socket: TLSSocket): void {
    this.#fail(tlsFailureOf(error, socket.authorizationError), socket);
  }

  #fail(failure: TlsFailure, socket: TLSSocket): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // Node has told the client what is wrong; where only the time was over, it leaves the socket as it is.
    if (!socket.destroyed) socket.destroy();
    this.#tell(failure);
  }

  /** It is gone: where nothing has failed, the client has closed. */
  closed(socket: TLSSocket): void {
    if (!this.#isOver) this.failed(CLIENT_LEFT, socket);
  }

  #tell(failure: TlsFailure): void {
    const { handler, host } = this.#given;
    host.clock.enter();
    try {
      handler.onFailed(failure);
    } catch (error) {
      host.guard.report(error);
    }
    host.clock.leave();
  }
}

function nameOf(socket: TLSSocket & { readonly servername?: unknown }): string {
  return typeof socket.servername === 'string' ? socket.servername.toLowerCase() : '';
}
