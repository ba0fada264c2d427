/** What is known of the inside of Node's TLS sockets. */
import type net from 'node:net';
import type tls from 'node:tls';

/** The socket that a TLS socket speaks over. */
export function underlying(socket: tls.TLSSocket): net.Socket {
  const { _parent: parent } = socket as unknown as { _parent: net.Socket | null };
  if (parent === null) throw new Error('this TLS socket has no socket of its own');
  return parent;
}

interface ServingTlsSocket {
  readonly _handle: { receive?(bytes: Uint8Array): void } | null;
  _releaseControl?(): boolean;
}

/** Whether a TLS socket can speak to a client without a `tls.Server`, and tell of errors. */
export function canServeDirectly({ TLSSocket }: typeof tls): boolean {
  return typeof (TLSSocket.prototype as unknown as ServingTlsSocket)._releaseControl === 'function';
}

/**
 * The handshake is over: errors of TLS are told by `'error'` from now on. A `tls.Server` does this, and a client. False: it
 * was over before.
 */
export function releaseControl(socket: tls.TLSSocket): boolean {
  return (socket as unknown as ServingTlsSocket)._releaseControl?.() === true;
}

/** Gives TLS what was read from the socket before, which it copies. */
export function receiveHeld(socket: tls.TLSSocket, raw: net.Socket, held: Buffer): void {
  const { _handle: handle } = socket as unknown as ServingTlsSocket;
  // The way there is without: TLS reads the stream first.
  if (handle?.receive === undefined) raw.unshift(Buffer.from(held));
  else handle.receive(held);
}
