/**
 * Connects a socket's events to its connection. The listeners are shared functions that find the connection on the
 * socket, so that no socket needs closures.
 */
import net from 'node:net';

const CONNECTION = Symbol('connection');

/** A connection, as the events of its socket concern it. */
export interface SocketListener {
  onConnect(): void;
  onEnd(): void;
  onError(error: Error): void;
  onClose(): void;
  onWriteFailed(error: Error): boolean;
}

interface TiedSocket extends net.Socket {
  [CONNECTION]: SocketListener;
}

interface OnreadSocket extends net.Socket {
  [CONNECTION]: { read(count: number): boolean };
}

interface DataSocket extends net.Socket {
  [CONNECTION]: { read(chunk: Buffer): void };
}

export function tie(socket: net.Socket, connection: SocketListener): void {
  (socket as TiedSocket)[CONNECTION] = connection;
  socket.on('end', onEnd);
  socket.on('error', onError);
  socket.on('close', onClose);
}

/** For connections that read what the stream emits. The socket has to be tied to one already. */
export function tieData(socket: net.Socket): void {
  socket.on('data', onData);
}

/** What is read goes to somebody else from now on. */
export function untieData(socket: net.Socket): void {
  socket.removeListener('data', onData);
}

/**
 * For dialled sockets. An endpoint may answer before it has read a request, and close: then our next write fails, and
 * Node destroys the socket at once, with the answer unread in it. Here a failed write ends only the writing.
 */
export function outliveFailedWrites(socket: net.Socket): void {
  socket.destroy = destroyUnlessWriteFailed;
}

function destroyUnlessWriteFailed(this: net.Socket, error?: Error): net.Socket {
  const isWrite = error !== undefined && 'syscall' in error && error.syscall === 'write';
  if (isWrite && (this as TiedSocket)[CONNECTION].onWriteFailed(error)) return this;
  return net.Socket.prototype.destroy.call(this, error);
}

/**
 * For sockets whose peers reset them a lot. Node asks every error for its stack, and to write one down costs more than
 * the rest of a close; that of an error of the system begins in Node and says nothing.
 */
export function spareStacks(socket: net.Socket): void {
  socket.destroy = destroyWithoutStack;
}

function destroyWithoutStack(this: net.Socket, error?: Error): net.Socket {
  if (error !== undefined && 'syscall' in error) error.stack = error.message;
  return net.Socket.prototype.destroy.call(this, error);
}

/** The `onread` callback. */
export function onRead(this: net.Socket, count: number): boolean {
  return (this as OnreadSocket)[CONNECTION].read(count);
}

export function onConnect(this: net.Socket): void {
  (this as TiedSocket)[CONNECTION].onConnect();
}

function onData(this: net.Socket, chunk: Buffer): void {
  (this as DataSocket)[CONNECTION].read(chunk);
}

function onEnd(this: net.Socket): void {
  (this as TiedSocket)[CONNECTION].onEnd();
}

function onError(this: net.Socket, error: Error): void {
  (this as TiedSocket)[CONNECTION].onError(error);
}

/**
 * The last event. A stream of Node has a function that lives until all memory is looked through for garbage, and with it
 * lives the stream: what hangs on it would be copied by every smaller collection before, which costs a good part of a
 * short connection.
 */
function onClose(this: net.Socket): void {
  const connection = (this as TiedSocket)[CONNECTION];
  (this as TiedSocket)[CONNECTION] = GONE;
  // Those that are yet to hear of this event do so all the same.
  this.removeAllListeners();
  this.on('error', ignore);
  connection.onClose();
}

/** An error of a socket that has closed concerns nobody. */
function ignore(): void {}

const GONE: SocketListener = {
  onConnect: ignore,
  onEnd: ignore,
  onError: ignore,
  onClose: ignore,
  onWriteFailed: () => false,
};
