/**
 * A socket without a stream: what a connection needs of one, over Node's handle. A `net.Socket` is made for whoever reads
 * and writes streams; its states, listeners, closures and ticks are most of what a connection costs that carries little.
 * Node's own `onread` reads for this one, which is why it answers to some names of streams.
 */
import type { DialAddress } from '../transport.ts';
import type { HandleRequest, Requester, SocketHandle, WriteRequest } from './handle-types.ts';
import { HandleOwner, parts } from './handle-owner.ts';
import type { NextLanding } from './node-internals.ts';
import type { OnFlushed, PlainSocket } from './plain-socket.ts';
import { systemError } from './system-error.ts';

/** Few bytes are copied faster than they are made a string, or a view of their own. */
export const MOST_COPIED = 512;
/** What leaves from here has left when the write returns, or keeps it. */
let copies = Buffer.allocUnsafeSlow(MOST_COPIED);
/** The beginnings of it, by their length. */
let views: (Uint8Array | undefined)[] = [];

export class HandleSocket extends HandleOwner implements PlainSocket, Requester {
  writableFinished = false;
  writableLength = 0;
  /** A failed write ends only the writing, where the listener says so. */
  readonly #outlivesWrites: boolean;
  /** Nothing is to be read once it is connected. */
  #isPaused = false;
  #hasEnded = false;
  #isEnding = false;
  #isShutting = false;
  /** Writes of which something has yet to leave. */
  #pending = 0;
  #isCorked = false;
  /** Written while corked, or before the connect was done: each with its encoding. */
  #held: unknown[] | null = null;
  #onAllLeft: OnFlushed | null = null;
  #onFinish: (() => void) | null = null;

  constructor(handle: SocketHandle, landing: Uint8Array, next: NextLanding, outlivesWrites: boolean) {
    super(handle, landing, next);
    this.#outlivesWrites = outlivesWrites;
  }

  /** The listener is called later, also where it fails at once. */
  connect(address: DialAddress): void {
    const handle = this._handle;
    if (handle === null) return;
    this.connecting = true;
    const isUnix = 'path' in address;
    const request = isUnix ? new parts.unix.Request() : new parts.tcp.Request();
    request.socket = this;
    request.oncomplete = onConnected;
    let status: number | undefined;
    if (isUnix) status = handle.connect(request, address.path);
    else if (!address.host.includes(':')) status = handle.connect(request, address.host, address.port);
    else status = handle.connect6?.(request, address.host, address.port);
    if (status !== undefined && status !== 0) process.nextTick(connected, this, status);
  }

  connected(status: number): void {
    const handle = this._handle;
    if (handle === null) return;
    if (status !== 0) {
      this.destroy(systemError(status, 'connect'));
      return;
    }
    this.connecting = false;
    handle.setNoDelay?.(true);
    this.writableLength = 0;
    this.#writeHeld();
    const onAllLeft = this.#onAllLeft;
    if (onAllLeft !== null) this.#whenAllLeft(onAllLeft);
    if (this.#isEnding) this.#shutdown();
    this.listener.onConnect();
    if (!this.#isPaused) this.read();
  }

  // ——— reading

  read(): void {
    const handle = this._handle;
    this.#isPaused = false;
    if (handle === null || this.connecting || this.#hasEnded || handle.reading === true) return;
    handle.reading = true;
    const status = handle.readStart();
    if (status !== 0) process.nextTick(destroy, this, systemError(status, 'read'));
  }

  pause(): void {
    const handle = this._handle;
    this.#isPaused = true;
    if (handle?.reading !== true) return;
    handle.reading = false;
    handle.readStop();
  }

  /** Node's `onread` gives null here for the end. */
  push(_end: null): void {
    if (this._handle === null || this.#hasEnded) return;
    this.#hasEnded = true;
    this.listener.onEnd();
    if (this.writableFinished) this.destroy();
  }

  // ——— writing

  write(data: string | Uint8Array, _encoding?: 'latin1', onFlushed?: OnFlushed): void {
    const handle = this._handle;
    if (handle === null) return;
    if (data.length === 0) {
      if (onFlushed !== undefined) this.#whenAllLeft(onFlushed);
    } else if (this.connecting || this.#isCorked) {
      if (this.connecting) this.writableLength += data.length;
      (this.#held ??= []).push(data, typeof data === 'string' ? 'latin1' : 'buffer');
    } else {
      const result = typeof data === 'string' ? handle.writeLatin1String(null, data) : handle.writeBuffer(null, data);
      if (result !== 0) this.#unfinished(result, data, data.length);
    }
  }

  /** Writes `source[start, end)`, 1 to {@link MOST_COPIED} bytes, which are the caller's again when it returns. */
  writeCopy(source: Buffer, start: number, end: number): void {
    const length = end - start;
    const view = (views[length] ??= copies.subarray(0, length));
    source.copy(copies, 0, start, end);
    const before = this.writableLength;
    this.write(view);
    if (this.writableLength === before) return;
    copies = Buffer.allocUnsafeSlow(MOST_COPIED);
    views = [];
  }

  cork(): void {
    this.#isCorked = true;
  }

  uncork(): void {
    this.#isCorked = false;
    if (!this.connecting) this.#writeHeld();
  }

  #writeHeld(): void {
    const held = this.#held;
    const handle = this._handle;
    this.#held = null;
    if (held === null || handle === null) return;
    let length = 0;
    for (let at = 0; at < held.length; at += 2) length += (held[at] as string | Uint8Array).length;
    const result = handle.writev(null, held, false);
    if (result !== 0) this.#unfinished(result, held, length);
  }

  #whenAllLeft(onAllLeft: OnFlushed): void {
    const isWaiting = this.#pending > 0 || this.connecting;
    this.#onAllLeft = isWaiting ? onAllLeft : null;
    if (!isWaiting) process.nextTick(onAllLeft);
  }

  /** `length`: of what was written, whatever of it has left. */
  #unfinished(result: number | WriteRequest, data: unknown, length: number): void {
    const status = typeof result === 'number' ? result : result.writeStatus;
    if (typeof status === 'number') {
      if (status < 0) process.nextTick(destroy, this, systemError(status, 'write'));
      return;
    }
    const request = result as WriteRequest;
    this.writableLength += length;
    this.#pending += 1;
    request.socket = this;
    request.data = data;
    request.bytes = length;
    request.oncomplete = onWritten;
  }

  written(length: number, status: number): void {
    this.writableLength -= length;
    this.#pending -= 1;
    if (status < 0) this.destroy(systemError(status, 'write'));
    if (status < 0 || this.#pending > 0 || this._handle === null) return;
    const onAllLeft = this.#onAllLeft;
    this.#onAllLeft = null;
    onAllLeft?.();
    if (this.#isEnding) this.#shutdown();
  }

  once(_event: 'finish', onFinish: () => void): void {
    this.#onFinish = onFinish;
  }

  end(): void {
    this.#isEnding = true;
    if (!this.connecting) this.#shutdown();
  }

  /** Not before all has left, so that until then a reset is possible. */
  #shutdown(): void {
    const handle = this._handle;
    if (this.#pending > 0 || this.#isShutting || handle === null) return;
    this.#isShutting = true;
    const request = new parts.ShutdownRequest();
    request.socket = this;
    request.oncomplete = onShutdown;
    const status = handle.shutdown(request);
    if (status !== 0) process.nextTick(finished, this, status);
  }

  finished(status: number): void {
    if (this._handle === null) return;
    if (status < 0) {
      this.destroy(systemError(status, 'shutdown'));
      return;
    }
    this.writableFinished = true;
    const onFinish = this.#onFinish;
    this.#onFinish = null;
    onFinish?.();
    if (this.#hasEnded) this.destroy();
  }

  destroy(error?: Error): void {
    if (this._handle === null) return;
    if (error !== undefined) {
      if (this.#outlivesWrites && isOfWrite(error) && this.listener.onWriteFailed(error)) return;
      this.listener.onError(error);
    }
    this.close();
  }

  override giveAway(): ReturnType<HandleOwner['giveAway']> {
    this.pause();
    return super.giveAway();
  }
}

function onConnected(this: HandleRequest, status: number): void {
  this.socket?.connected(status);
}

function onWritten(this: HandleRequest, status: number): void {
  this.socket?.written(this.bytes ?? 0, status);
}

function onShutdown(this: HandleRequest, status: number): void {
  this.socket?.finished(status);
}

function connected(socket: HandleSocket, status: number): void {
  socket.connected(status);
}

function finished(socket: HandleSocket, status: number): void {
  socket.finished(status);
}

function destroy(socket: HandleSocket, error: Error): void {
  socket.destroy(error);
}

function isOfWrite(error: Error): boolean {
  return 'syscall' in error && error.syscall === 'write';
}
