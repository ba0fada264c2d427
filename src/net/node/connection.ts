/** A {@link Connection} over a `net.Socket`: all but the reading, in which the two engines differ. */
import type net from 'node:net';
import { UNIX_PEER } from '../../core/unix-address.ts';
import type { AcceptedConnection, CloseReason, ConnectionFacts, ConnectionHandler, PeerState } from '../transport.ts';
import { CLOSED_AT_END, CLOSED_LOCALLY, closeReasonOf } from './close-reason.ts';
import type { ConnectionHost } from './connection-host.ts';
import { forgetReadError, writesOf } from './node-internals.ts';
import { readBufferOf } from './read-buffers.ts';
import type { ReadBuffer } from './read-buffers.ts';
import type { SocketWatcher } from './socket-table.ts';

/**
 * Payloads up to this are written as one string together with the text before them: Node copies a latin1 string to
 * its stack and writes it from there, which is cheaper than making a subarray and pinning it.
 */
const TEXT_BYTES = 4096;

export abstract class NodeConnection implements AcceptedConnection, SocketWatcher {
  handler: ConnectionHandler;
  isBlocked = false;
  isClosed = false;
  hasEnded = false;
  bytesRead = 0;
  takenBytes = -1;
  isLooking = false;
  peerState: PeerState = 'there';
  /** Set by the transport: it has no addresses, no reset, and no line in the tables of the system. */
  isUnix = false;
  /** Set by the transport if it knows the port without asking the system; 0: the system has to be asked. */
  knownLocalPort = 0;
  protected isPaused = false;
  readonly socket: net.Socket;
  protected readonly host: ConnectionHost;
  /** Called when the connection is gone, before the handler is. */
  readonly #onGone: (() => void) | null;
  #isConnected: boolean;
  #hasFinished = false;
  /** The peer takes no more bytes; what it had sent before is still being read. */
  #hasWriteFailed = false;
  #reason: CloseReason | null = null;
  /** Text that waits for `uncork`; null while not corked. */
  #gathered: string | null = null;
  /** Buffers that the pending writes borrow from, an entry for each loan. */
  #loans: ReadBuffer[] | null = null;
  #onFlushed: ((error?: Error | null) => void) | null = null;
  #facts: ConnectionFacts | null = null;
  #remoteAddress: string | null = null;
  #localAddress: string | null = null;

  constructor(
    socket: net.Socket,
    isConnected: boolean,
    handler: ConnectionHandler,
    host: ConnectionHost,
    onGone: (() => void) | null,
  ) {
    this.socket = socket;
    this.#isConnected = isConnected;
    this.handler = handler;
    this.host = host;
    this.#onGone = onGone;
  }

  /** Begins or goes on; never delivers before it returns. */
  protected abstract startReading(): void;
  /** Nothing is delivered after this returns. */
  protected abstract stopReading(): void;
  /** The socket is gone: no read lands any more. */
  protected abstract releaseBuffer(): void;

  get facts(): ConnectionFacts {
    if (this.#facts !== null) return this.#facts;
    const peer = { address: this.remoteAddress, port: this.remotePort };
    this.#facts = { scheme: 'http', alpn: '', serverName: '', peer, localPort: this.localPort };
    return this.#facts;
  }

  set facts(facts: ConnectionFacts) {
    this.#facts = facts;
  }

  get remoteAddress(): string {
    return (this.#remoteAddress ??= this.isUnix ? UNIX_PEER : shortAddress(this.socket.remoteAddress));
  }

  get remotePort(): number {
    return this.socket.remotePort ?? 0;
  }

  get localAddress(): string {
    return (this.#localAddress ??= this.isUnix ? UNIX_PEER : shortAddress(this.socket.localAddress));
  }

  get localPort(): number {
    return this.knownLocalPort || (this.socket.localPort ?? 0);
  }

  write(text: string): boolean {
    if (this.isClosed || this.#hasFinished) return true;
    if (this.#gathered !== null) {
      this.#gathered += text;
      return !this.isBlocked;
    }
    return this.#writeText(text);
  }

  writeBytes(buffer: Buffer, start: number, end: number): boolean {
    if (this.isClosed || this.#hasFinished) return true;
    let text = '';
    if (this.#gathered !== null) {
      text = this.#gathered;
      this.#gathered = '';
    }
    return this.#writeBoth(text, buffer, start, end, false);
  }

  writeHead(text: string, buffer: Buffer, start: number, end: number): boolean {
    if (this.isClosed || this.#hasFinished) return true;
    let all = text;
    if (this.#gathered !== null) {
      all = this.#gathered + text;
      this.#gathered = '';
    }
    return this.#writeBoth(all, buffer, start, end, true);
  }

  cork(): void {
    this.#gathered ??= '';
  }

  uncork(): boolean {
    const text = this.#gathered;
    this.#gathered = null;
    if (text === null || text === '' || this.isClosed || this.#hasFinished) return !this.isBlocked;
    return this.#writeText(text);
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    if (!this.isClosed && !this.hasEnded) this.stopReading();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (!this.isClosed && !this.hasEnded) this.startReading();
  }

  look(): void {
    if (this.isClosed) return;
    const writes = writesOf(this.socket);
    if (writes === null) return;
    this.isLooking = !this.isUnix && writes.fd >= 0 && this.host.sockets.ask(writes.fd, this);
    if (!this.isLooking) this.takenBytes = writes.handedOver;
  }

  onListed(unsent: number, state: PeerState): void {
    this.isLooking = false;
    if (this.isClosed) return;
    this.peerState = state;
    const writes = writesOf(this.socket);
    if (writes !== null) this.takenBytes = writes.handedOver - unsent;
  }

  end(): void {
    if (this.#hasWriteFailed) this.close();
    if (this.isClosed || this.#hasFinished) return;
    this.uncork();
    this.#hasFinished = true;
    this.socket.end();
  }

  reset(): void {
    if (this.isClosed) return;
    this.#closeLocally();
    // Node delays a reset until the connect is done. And libuv refuses one while a shutdown is under way, after which
    // the socket would never close; but by then everything has been handed to the kernel, so closing is enough.
    const isShuttingDown = this.#hasFinished && !this.socket.writableFinished && this.socket.writableLength === 0;
    const canReset = !this.isUnix && !this.socket.connecting && !isShuttingDown && !this.#hasWriteFailed;
    if (!canReset) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  close(): void {
    if (this.isClosed) return;
    this.uncork();
    this.#closeLocally();
    this.socket.destroy();
  }

  /** Reads what an accepted connection brings, once it has a handler. */
  begin(): void {
    if (!this.isPaused && !this.isClosed) this.startReading();
  }

  /** Connection established (dialled ones). */
  onConnect(): void {
    this.#isConnected = true;
    if (this.isClosed) return;
    this.host.clock.enter();
    try {
      this.handler.onConnect();
    } catch (error) {
      this.fault(error);
    }
    this.host.clock.leave();
    // Node starts to read after this event unless told not to.
    if (this.isPaused) this.socket.pause();
  }

  /** Bytes have been read; the handler may use the engine's buffer until this returns. */
  protected deliver(buffer: Buffer, start: number, end: number): void {
    if (this.isClosed) return;
    this.bytesRead += end - start;
    this.host.clock.enter();
    try {
      this.handler.onBytes(buffer, start, end);
    } catch (error) {
      this.fault(error);
    }
    this.host.clock.leave();
  }

  /** The peer's FIN. */
  onEnd(): void {
    if (this.isClosed || this.hasEnded) return;
    this.hasEnded = true;
    this.host.clock.enter();
    try {
      this.handler.onEnd();
    } catch (error) {
      this.fault(error);
    }
    this.host.clock.leave();
    if (this.#hasWriteFailed && !this.isClosed) this.close();
  }

  /** A write failed. True: the socket lives on until its end has been read. */
  onWriteFailed(error: Error): boolean {
    if (this.isClosed || this.hasEnded) return false;
    this.#reason ??= closeReasonOf(error, this.#isConnected);
    this.#hasWriteFailed = true;
    this.#hasFinished = true;
    this.#endLoans();
    forgetReadError(this.socket);
    return true;
  }

  onError(error: unknown): void {
    this.#reason ??= closeReasonOf(error, this.#isConnected);
    this.isClosed = true;
  }

  /** The socket is gone; the last event. */
  onClose(): void {
    this.isClosed = true;
    this.isBlocked = false;
    this.releaseBuffer();
    this.#endLoans();
    this.#onGone?.();
    this.host.clock.enter();
    try {
      this.handler.onClose(this.#reason ?? CLOSED_AT_END);
    } catch (error) {
      this.host.guard.caught(error, this.handler);
    }
    this.host.clock.leave();
  }

  /** Our own code threw while it handled an event of this connection. */
  protected fault(error: unknown): void {
    if (!this.host.guard.caught(error, this.handler)) this.reset();
  }

  #closeLocally(): void {
    this.#reason ??= CLOSED_LOCALLY;
    this.isClosed = true;
    this.#gathered = null;
  }

  #writeText(text: string): boolean {
    if (text === '') return !this.isBlocked;
    // Text that has to wait may be a rope of thousands of pieces, which costs many times its length.
    if (this.isBlocked) this.socket.write(Buffer.from(text, 'latin1'));
    else this.socket.write(text, 'latin1');
    return this.socket.writableLength === 0 ? true : this.#block();
  }

  /** `mayOverwrite`: what lies in front of `start` is used up. */
  #writeBoth(text: string, buffer: Buffer, start: number, end: number, mayOverwrite: boolean): boolean {
    if (end - start <= TEXT_BYTES) return this.#writeText(text + buffer.latin1Slice(start, end));
    const source = readBufferOf(buffer);
    if (source?.isScratch === true) return this.#writeCopy(text, buffer, start, end);
    const room = text.length;
    if (room === 0) {
      this.socket.write(buffer.subarray(start, end));
    } else if (mayOverwrite && room <= start && source?.loans === 0) {
      buffer.latin1Write(text, start - room, room);
      this.socket.write(buffer.subarray(start - room, end));
    } else {
      this.socket.cork();
      this.socket.write(text, 'latin1');
      this.socket.write(buffer.subarray(start, end));
      this.socket.uncork();
    }
    if (this.socket.writableLength === 0) return true;
    if (source !== undefined) this.#borrow(source);
    return this.#block();
  }

  /** For bytes in the scratch, which is never lent: they leave from a buffer taken for this one write. */
  #writeCopy(text: string, buffer: Buffer, start: number, end: number): boolean {
    const total = text.length + end - start;
    const copy = this.host.buffers.take(null);
    const isKept = copy !== null && total <= copy.bytes.length;
    const bytes = isKept ? copy.bytes : Buffer.allocUnsafeSlow(total);
    bytes.latin1Write(text, 0, text.length);
    buffer.copy(bytes, text.length, start, end);
    this.socket.write(bytes.subarray(0, total));
    const hasLeft = this.socket.writableLength === 0;
    if (copy !== null) {
      if (isKept && !hasLeft) this.#borrow(copy);
      this.host.buffers.release(copy);
    }
    return hasLeft ? true : this.#block();
  }

  #borrow(source: ReadBuffer): void {
    source.loans += 1;
    (this.#loans ??= []).push(source);
  }

  #endLoans(): void {
    const loans = this.#loans;
    if (loans === null) return;
    this.#loans = null;
    for (const source of loans) this.host.buffers.endLoan(source);
  }

  /** An empty write behind all that is pending tells when that has left; there is one at a time. */
  #block(): false {
    if (this.isBlocked) return false;
    this.isBlocked = true;
    this.socket.write('', 'latin1', (this.#onFlushed ??= (error) => this.#flushed(error)));
    return false;
  }

  #flushed(error: Error | null | undefined): void {
    if (this.isClosed || error) return;
    if (this.socket.writableLength > 0) {
      // More was written meanwhile. After our FIN no empty write is possible, but there is an event.
      if (this.#hasFinished) this.socket.once('finish', this.#onFlushed!);
      else this.socket.write('', 'latin1', this.#onFlushed!);
      return;
    }
    this.isBlocked = false;
    this.#endLoans();
    this.host.clock.enter();
    try {
      this.handler.onDrain();
    } catch (fault) {
      this.fault(fault);
    }
    this.host.clock.leave();
  }
}

function shortAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
