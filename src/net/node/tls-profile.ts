/**
 * Speaks TLS to clients. A profile has one context, made for the first of them, since it costs 0.3 ms and 37 KiB. Where
 * it takes a `tls.Server` (see `tls-direct.ts`) that one never listens: accepted sockets are given to it as if it had
 * accepted them.
 */
import type { X509Certificate } from 'node:crypto';
import type net from 'node:net';
import type { Server, TLSSocket, TlsOptions } from 'node:tls';
import type { TlsClientPolicy, TlsHandshake, TlsProfile, TlsProfileOptions } from '../tls.ts';
import { canServeDirectly, underlying } from './stream-internals.ts';
import { DirectTls } from './tls-direct.ts';
import { tie } from './socket-events.ts';
import type { GivenConnection, SecuringProfile } from './tls-engine.ts';
import { CIPHERS, SERVER_GROUPS, contextCertificates, nodeCrypto, nodeTls } from './tls-settings.ts';
import type { AskedClients } from './tls-info.ts';
import { ServerHandshake } from './tls-server-handshake.ts';

const HANDSHAKE = Symbol('handshake');

interface GivenSocket extends net.Socket {
  /** Null once it has succeeded: the socket lives on. */
  [HANDSHAKE]: ServerHandshake | null;
}

/** Throws at the first `secure` of a connection where OpenSSL does not accept what it is given. */
export function createTlsProfile(options: TlsProfileOptions): TlsProfile {
  return new NodeTlsProfile(options);
}

class NodeTlsProfile implements SecuringProfile {
  readonly role = 'server';
  readonly tie = tie;
  readonly #options: TlsProfileOptions;
  /** Null: clients are asked for no certificate. */
  readonly #asked: AskedClients | null;
  #opener: DirectTls | ServerTls | null = null;

  constructor(options: TlsProfileOptions) {
    this.#options = options;
    this.#asked = options.clientPolicy === null ? null : new Authorities(options.clientPolicy.ca);
  }

  secure(socket: net.Socket, held: Buffer | null, given: GivenConnection): TlsHandshake {
    const opener = (this.#opener ??= createOpener(this.#options));
    const handshake = new ServerHandshake(socket, given, this.#asked);
    // A client that leaves within its handshake has left; afterwards it may end its side alone.
    socket.allowHalfOpen = false;
    opener.begin(socket, held, handshake);
    return handshake;
  }
}

/** Read when somebody asks for the first chain, which most never do. */
class Authorities implements AskedClients {
  readonly #pem: string;
  #certificates: readonly X509Certificate[] | null = null;

  constructor(pem: string) {
    this.#pem = pem;
  }

  get authorities(): readonly X509Certificate[] {
    return (this.#certificates ??= this.#read());
  }

  #read(): readonly X509Certificate[] {
    const { X509Certificate } = nodeCrypto();
    return (this.#pem.match(CERTIFICATES) ?? []).map((text) => new X509Certificate(text));
  }
}

const CERTIFICATES = /-----BEGIN [^-]*CERTIFICATE-----[^-]*-----END [^-]*CERTIFICATE-----/g;

class ServerTls {
  readonly #server: Server;

  constructor(options: TlsProfileOptions) {
    this.#server = createServer(options);
  }

  begin(socket: net.Socket, held: Buffer | null, handshake: ServerHandshake): void {
    (socket as GivenSocket)[HANDSHAKE] = handshake;
    if (held !== null && held.length > 0) socket.unshift(Buffer.from(held));
    this.#server.emit('connection', socket);
  }
}

function createOpener(options: TlsProfileOptions): DirectTls | ServerTls {
  const { clientPolicy, ocsp, alpn, handshakeTimeoutMs } = options;
  if (clientPolicy !== null || ocsp !== undefined || !canServeDirectly(nodeTls())) return new ServerTls(options);
  return new DirectTls(serverOptions(options), alpn, handshakeTimeoutMs);
}

function createServer(options: TlsProfileOptions): Server {
  const server = nodeTls().createServer(serverOptions(options));
  server.on('secureConnection', onSecured);
  server.on('tlsClientError', onFailed);
  const { ocsp } = options;
  if (ocsp !== undefined) server.on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, ocsp));
  return server;
}

function serverOptions(options: TlsProfileOptions): TlsOptions {
  const { minVersion, alpn, handshakeTimeoutMs, clientPolicy, ticketKeys } = options;
  const { SSL_OP_NO_RENEGOTIATION, SSL_OP_NO_TICKET } = nodeCrypto().constants;
  return {
    ...contextCertificates(options.certificates),
    minVersion,
    ciphers: CIPHERS,
    honorCipherOrder: true,
    ecdhCurve: SERVER_GROUPS,
    secureOptions: SSL_OP_NO_RENEGOTIATION | (clientPolicy?.needsChain === true ? SSL_OP_NO_TICKET : 0),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    handshakeTimeout: handshakeTimeoutMs,
    sessionIdContext: sessionContext(options.sessionScope, clientPolicy),
    ...(ticketKeys === undefined ? {} : { ticketKeys }),
    // Nobody is judged by them: without this Node would read those of the system, and OpenSSL look in them for issuers.
    ...(clientPolicy === null ? { ca: [] } : clientOptions(clientPolicy)),
  };
}

/** Node lets through a certificate that fails where it is not required; here it never does: see `onSecured`. */
function clientOptions({ ca, crls = [], isRequired }: TlsClientPolicy): TlsOptions {
  return { requestCert: true, rejectUnauthorized: isRequired, ca, ...(crls.length === 0 ? {} : { crl: [...crls] }) };
}

/** Tickets of another context are not accepted: with equal keys one earned under another policy would be. */
function sessionContext(scope: string, policy: TlsClientPolicy | null): string {
  const hash = nodeCrypto().createHash('sha256');
  const parts = policy === null ? [scope] : [scope, String(policy.isRequired), policy.ca, ...(policy.crls ?? [])];
  // With their lengths, so that no two lists read the same.
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('latin1').slice(0, 16);
}

function onSecured(socket: TLSSocket): void {
  const raw = underlying(socket) as GivenSocket;
  const handshake = raw[HANDSHAKE];
  raw[HANDSHAKE] = null;
  handshake?.succeeded(socket);
}

function onFailed(error: Error, socket: TLSSocket): void {
  (underlying(socket) as GivenSocket)[HANDSHAKE]?.failed(error, socket);
}
