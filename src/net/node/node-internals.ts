/**
 * The only file that knows the inside of Node's servers, and what sockets of all kinds have in common. What those are made
 * of is known by `handle-internals.ts`, their streams by `stream-internals.ts`, sockets for datagrams by
 * `dgram-internals.ts`.
 */
import type net from 'node:net';
import type { PlainSocket } from './plain-socket.ts';

/**
 * The high-water mark of writing: never reached, so that Node schedules no `'drain'` ticks. Back-pressure is what
 * writes return. Reading has none where reads land in our buffers, since nothing is pushed into the stream.
 */
export const NO_MARK = 2 ** 30;

/** Called after every read for the next landing buffer; undefined keeps the current one. */
export type NextLanding = () => Uint8Array | undefined;

interface WritingHandle {
  readonly fd?: number;
  /** Bytes given to libuv, and those of them that it has yet to give to the kernel. */
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

interface ServerHandle {
  listen?(backlog: number): number;
  setNoDelay?(enable: boolean): number;
}

/**
 * A failed write marks the reading side as failed as well, and a failed side emits no `'end'`. This takes the mark
 * away, so that what the peer had sent before, and its FIN, are still read.
 */
export function forgetReadError(socket: PlainSocket): void {
  const { _readableState: state } = socket as unknown as { _readableState?: { errored: Error | null } };
  if (state !== undefined) state.errored = null;
}

/**
 * What a socket's handle knows of its descriptor, of bytes that the kernel has taken, and of those that wait for that;
 * null if there is no handle any more.
 */
export function writesOf(socket: PlainSocket): { fd: number; handedOver: number; waiting: number } | null {
  const { _handle: handle } = socket as unknown as { _handle: WritingHandle | null };
  if (handle?.bytesWritten === undefined || handle.writeQueueSize === undefined) return null;
  const { writeQueueSize: waiting } = handle;
  return { fd: handle.fd ?? -1, handedOver: handle.bytesWritten - waiting, waiting };
}

/** Accepted sockets inherit TCP_NODELAY from the listening one, and it outlives the socket's way to another thread. */
export const canInheritNoDelay = process.platform === 'linux';

/** Spares each accepted socket a call. */
export function inheritNoDelay(server: net.Server): void {
  const { _handle: handle } = server as unknown as { _handle: ServerHandle | null };
  if (handle?.setNoDelay?.(true) !== 0) throw new Error('TCP_NODELAY cannot be set on this listening socket');
}

/** A server that comes out of a `MessagePort` has listened anew with Node's default backlog of 511; this sets it back. */
export function restoreBacklog(server: net.Server, backlog: number): void {
  const { _handle: handle } = server as unknown as { _handle: ServerHandle | null };
  handle?.listen?.(backlog);
}
