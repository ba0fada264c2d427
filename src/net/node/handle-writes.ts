/**
 * Writes past the stream of a socket. A stream asks a dozen questions about every write before it hands it to its handle,
 * which returns 0 for what has left at once, as nearly everything does. What of it has to wait goes on in libuv, in front
 * of what is written to the stream from then on.
 */
import net from 'node:net';
import { systemError } from './system-error.ts';

export interface HandleWrites {
  /**
   * Writes latin1 text or bytes to a socket that is connected and has nothing pending. Returns 0: all of it has left, or
   * the socket is destroyed; a positive number: some of it waits; a negative one: the system's error, and nothing has left.
   * A later error destroys the socket, as that of a write to the stream does.
   */
  write(socket: net.Socket, data: string | Uint8Array): number;
  /** Destroys the socket for what `write` has returned, not before the caller has returned: so does a stream. */
  fail(socket: net.Socket, status: number): void;
}

/** A write of which some has yet to leave. Node keeps it until all has. */
interface WriteRequest {
  oncomplete?: (this: WriteRequest, status: number) => void;
  socket?: net.Socket;
  /** What is being written, so that it stays. */
  data?: string | Uint8Array;
  /** A number: it was over before `oncomplete` was there. */
  readonly writeStatus?: number | null;
}

interface WritingHandle {
  /** Return 0: it has left; another number: the system's error. Null: they make the request if they need one. */
  writeLatin1String(request: null, text: string): number | WriteRequest;
  writeBuffer(request: null, bytes: Uint8Array): number | WriteRequest;
}

const WAITS = 1;

/** Null: handles of this Node do not take writes in this way, as far as can be seen without a connection. */
export const handleWrites: HandleWrites | null = takesWrites() ? { write, fail } : null;

/** Looks what a stream gives to its handle, which has to be what we would give: other arguments may end the process. */
function takesWrites(): boolean {
  const given: unknown[][] = [];
  const take = (...all: unknown[]): number => {
    given.push(all);
    return 0;
  };
  const handle = { writeLatin1String: take, writeBuffer: take, close: () => {} };
  const text = 'fairlead';
  const bytes = Buffer.from(text);
  try {
    const options: object = { handle, readable: false };
    const socket = new net.Socket(options);
    socket.write(text, 'latin1');
    socket.write(bytes);
    socket.destroy();
  } catch {
    return false;
  }
  const [first, second] = given;
  return given.length === 2 && isWrite(first, text) && isWrite(second, bytes);
}

function isWrite(given: readonly unknown[], data: unknown): boolean {
  return given.length === 2 && given[0] === null && given[1] === data;
}

function write(socket: net.Socket, data: string | Uint8Array): number {
  const { _handle: handle } = socket as unknown as { _handle: WritingHandle | null };
  if (handle === null) return 0;
  const result = typeof data === 'string' ? handle.writeLatin1String(null, data) : handle.writeBuffer(null, data);
  return typeof result === 'number' ? result : wait(result, socket, data);
}

function wait(request: WriteRequest, socket: net.Socket, data: string | Uint8Array): number {
  if (typeof request.writeStatus === 'number') return request.writeStatus;
  request.socket = socket;
  request.data = data;
  request.oncomplete = onWritten;
  return WAITS;
}

function onWritten(this: WriteRequest, status: number): void {
  if (status < 0) this.socket?.destroy(systemError(status, 'write'));
}

function fail(socket: net.Socket, status: number): void {
  process.nextTick(destroy, socket, systemError(status, 'write'));
}

function destroy(socket: net.Socket, error: Error): void {
  socket.destroy(error);
}
