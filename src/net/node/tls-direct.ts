/**
 * TLS on accepted sockets without a `tls.Server` in between, which would cost each handshake a timer of the socket, a
 * dozen listeners, and the way of the hello through the socket's stream. Only a server says whether a certificate of a
 * client is good, and asks for what is stapled; so this is for profiles that do neither.
 */
import type net from 'node:net';
import type { SecureContext, TLSSocket, TLSSocketOptions, TlsOptions } from 'node:tls';
import { receiveHeld, releaseControl } from './stream-internals.ts';
import { spareStacks } from './socket-events.ts';
import type { ServerHandshake } from './tls-server-handshake.ts';
import { nodeTls } from './tls-settings.ts';

const HANDSHAKE = Symbol('handshake');
const TIMEOUT = Symbol('timeout');

interface DirectSocket extends TLSSocket {
  /** Null once it is done: nothing of it is kept. */
  [HANDSHAKE]: ServerHandshake | null;
  [TIMEOUT]: NodeJS.Timeout;
}

export class DirectTls {
  readonly #options: TLSSocketOptions & { readonly secureContext: SecureContext };
  readonly #timeoutMs: number;

  /** Throws where OpenSSL does not accept what it is given. */
  constructor(options: TlsOptions, alpn: readonly string[], timeoutMs: number) {
    this.#options = {
      isServer: true,
      requestCert: false,
      rejectUnauthorized: false,
      secureContext: nodeTls().createSecureContext(options),
      ...(alpn.length === 0 ? {} : { ALPNProtocols: alpnList(alpn) }),
    };
    this.#timeoutMs = timeoutMs;
  }

  /** `held`: what was read from it, borrowed until this returns. */
  begin(raw: net.Socket, held: Buffer | null, handshake: ServerHandshake): void {
    const { TLSSocket: Socket } = nodeTls();
    const socket = new Socket(raw, this.#options) as DirectSocket;
    socket[HANDSHAKE] = handshake;
    socket[TIMEOUT] = setTimeout(onTimeout, this.#timeoutMs, socket).unref();
    spareStacks(socket);
    socket.on('secure', onSecure);
    // Of errors before the handshake is over, the socket's own and those of the one below, only this tells.
    socket.on('_tlsError', onFailed);
    socket.on('close', onClose);
    if (held !== null && held.length > 0) receiveHeld(socket, raw, held);
  }
}

/** As it is on the wire. */
function alpnList(protocols: readonly string[]): Buffer {
  return Buffer.concat(protocols.flatMap((name) => [Buffer.from([name.length]), Buffer.from(name, 'latin1')]));
}

/** Also when a client that wanted to begin anew has been refused. */
function onSecure(this: DirectSocket): void {
  clearTimeout(this[TIMEOUT]);
  if (this.destroyed || !releaseControl(this)) return;
  const handshake = this[HANDSHAKE];
  this[HANDSHAKE] = null;
  handshake?.succeeded(this);
}

function onFailed(this: DirectSocket, error: Error): void {
  clearTimeout(this[TIMEOUT]);
  this[HANDSHAKE]?.failed(error, this);
}

/** Without an error, the peer has closed. */
function onClose(this: DirectSocket): void {
  clearTimeout(this[TIMEOUT]);
  this[HANDSHAKE]?.closed(this);
}

function onTimeout(socket: DirectSocket): void {
  const error = new Error('the handshake has taken too long');
  socket[HANDSHAKE]?.failed(Object.assign(error, { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }), socket);
}
