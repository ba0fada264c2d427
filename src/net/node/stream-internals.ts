/**
 * The only file that knows the inside of Node's streams over sockets.
 *
 * Node reads into a buffer of ours, instead of a fresh one for every read, when a socket is made with the option
 * `onread`. Accepted sockets are made by `net.Server`, which has no such option; so the three fields that the option
 * sets are set here afterwards, and `useUserBuffer` of the handle is called, once only: every call stacks another
 * listener on the native stream. Buffers change through the generator alone. `probe.ts` tests that all of this still
 * holds.
 */
import net from 'node:net';
import type tls from 'node:tls';
import type { NextLanding } from './node-internals.ts';

/** Called with the socket as `this`; false stops reading. */
export type OnRead = (this: net.Socket, count: number) => boolean;
interface Internals {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

interface StreamHandle {
  useUserBuffer?(buffer: Uint8Array): void;
}

const internals = findInternals();

function findInternals(): Internals | null {
  const socket = new net.Socket();
  const symbols = new Map(Object.getOwnPropertySymbols(socket).map((symbol) => [symbol.description, symbol]));
  const buffer = symbols.get('kBuffer');
  const callback = symbols.get('kBufferCb');
  const generator = symbols.get('kBufferGen');
  if (buffer === undefined || callback === undefined || generator === undefined) return null;
  return { buffer, callback, generator };
}

/** Whether this Node has what {@link landReads} needs, as far as can be seen without a connection. */
export function canLandReads(): boolean {
  return internals !== null;
}

/** Makes every read of an accepted socket, which must not have read yet, land in our buffers. */
export function landReads(socket: net.Socket, landing: Uint8Array, onRead: OnRead, next: NextLanding): void {
  const fields = socket as unknown as Record<symbol, unknown>;
  const { _handle: handle } = socket as unknown as { _handle: StreamHandle | null };
  if (internals === null || handle?.useUserBuffer === undefined) throw new Error('no user buffers in this Node');
  fields[internals.buffer] = landing;
  fields[internals.callback] = onRead;
  fields[internals.generator] = next;
  handle.useUserBuffer(landing);
}

/** The same for a socket of ours, through the public option. `connect` asks `next` for the first buffer before it returns. */
export function landingSocket(options: net.SocketConstructorOpts, onRead: OnRead, next: NextLanding): net.Socket {
  return new net.Socket({ ...options, onread: { buffer: next as () => Uint8Array, callback: onRead } });
}

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

/**
 * Takes {@link landReads} back, so that what is read reaches the stream again, or whoever has put himself on the handle.
 * Also within the call of `onRead`.
 */
export function stopLanding(socket: net.Socket): void {
  const fields = socket as unknown as Record<symbol, unknown>;
  if (internals === null) return;
  fields[internals.buffer] = null;
  fields[internals.callback] = null;
  fields[internals.generator] = null;
}
