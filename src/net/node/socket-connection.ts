/**
 * What every {@link Connection} over a socket of Node has, whatever it writes and reads with: addresses and facts, text
 * that is gathered, and the guarded way from an event of the socket to the handler.
 */
import { UNIX_PEER } from '../../core/unix-address.ts';
import { NOBODY } from '../nobody.ts';
import type { AcceptedConnection, CloseReason, ConnectionFacts, ConnectionHandler, PeerState } from '../transport.ts';
import { CLOSED_AT_END, CLOSED_LOCALLY } from './close-reason.ts';
import type { ConnectionHost } from './connection-host.ts';
import { writesOf } from './node-internals.ts';
import type { PlainSocket } from './plain-socket.ts';
import type { ReadBuffer } from './read-buffers.ts';
import type { SocketWatcher } from './socket-table.ts';

export abstract class SocketConnection implements AcceptedConnection, SocketWatcher {
  handler: ConnectionHandler;
  isBlocked = false;
  isClosed = false;
  hasEnded = false;
  isTruncated = false;
  bytesRead = 0;
  takenBytes = -1;
  untakenBytes = 0;
  isLooking = false;
  peerState: PeerState = 'there';
  /** Set by the transport: it has no addresses, no reset, and no line in the tables of the system. */
  isUnix = false;
  /** Set by the transport if it knows the port without asking the system; 0: the system has to be asked. */
  knownLocalPort = 0;
  protected isPaused = false;
  /** The socket of the system: addresses, descriptor. */
  socket: PlainSocket;
  protected readonly host: ConnectionHost;
  protected isConnected: boolean;
  /** Our FIN is asked for. */
  protected hasFinished = false;
  protected reason: CloseReason | null = null;
  /** Text that waits for `uncork`; null while not corked. */
  protected gathered: string | null = null;
  /** Buffers that the pending writes borrow from, an entry for each loan. */
  protected loans: ReadBuffer[] | null = null;
  /** Called when the connection is gone, before the handler is. */
  readonly #onGone: (() => void) | null;
  #facts: ConnectionFacts | null = null;
  #remoteAddress: string | null = null;
  #localAddress: string | null = null;

  constructor(
    socket: PlainSocket,
    isConnected: boolean,
    handler: ConnectionHandler,
    host: ConnectionHost,
    onGone: (() => void) | null,
  ) {
    this.socket = socket;
    this.isConnected = isConnected;
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
  /** Returns what `write` does. */
  protected abstract writeText(text: string): boolean;
  /** `mayOverwrite`: what lies in front of `start` is used up. */
  protected abstract writeBoth(
    text: string,
    buffer: Buffer,
    start: number,
    end: number,
    mayOverwrite: boolean,
  ): boolean;
  abstract end(): void;
  abstract reset(): void;
  abstract close(): void;

  get facts(): ConnectionFacts {
    if (this.#facts !== null) return this.#facts;
    const peer = { address: this.remoteAddress, port: this.remotePort };
    this.#facts = { scheme: 'http', alpn: '', serverName: '', peer, localPort: this.localPort, tls: null };
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
    if (this.isClosed || this.hasFinished) return true;
    if (this.gathered !== null) {
      this.gathered += text;
      return !this.isBlocked;
    }
    return this.writeText(text);
  }

  writeBytes(buffer: Buffer, start: number, end: number): boolean {
    if (this.isClosed || this.hasFinished) return true;
    let text = '';
    if (this.gathered !== null) {
      text = this.gathered;
      this.gathered = '';
    }
    return this.writeBoth(text, buffer, start, end, false);
  }

  writeHead(text: string, buffer: Buffer, start: number, end: number): boolean {
    if (this.isClosed || this.hasFinished) return true;
    let all = text;
    if (this.gathered !== null) {
      all = this.gathered + text;
      this.gathered = '';
    }
    return this.writeBoth(all, buffer, start, end, true);
  }

  cork(): void {
    this.gathered ??= '';
  }

  uncork(): boolean {
    const text = this.gathered;
    this.gathered = null;
    if (text === null || text === '' || this.isClosed || this.hasFinished) return !this.isBlocked;
    return this.writeText(text);
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
    if (!this.isLooking) this.#found(writes.handedOver, writes.waiting);
  }

  onListed(unsent: number, state: PeerState): void {
    this.isLooking = false;
    if (this.isClosed) return;
    this.peerState = state;
    const writes = writesOf(this.socket);
    if (writes !== null) this.#found(writes.handedOver - unsent, writes.waiting + unsent);
  }

  #found(taken: number, waiting: number): void {
    this.takenBytes = this.takenOf(taken, waiting);
    this.untakenBytes = this.untakenOf(waiting);
  }

  /** Reads what an accepted connection brings, once it has a handler. */
  begin(): void {
    if (!this.isPaused && !this.isClosed) this.startReading();
  }

  /** Connection established (dialled ones). */
  onConnect(): void {
    this.isConnected = true;
    if (this.isClosed) return;
    this.host.clock.enter();
    try {
      this.handler.onConnect();
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
  }

  /** The socket is gone; the last event. */
  onClose(): void {
    this.isClosed = true;
    this.isBlocked = false;
    this.releaseBuffer();
    this.endLoans();
    this.#onGone?.();
    this.host.clock.enter();
    try {
      this.handler.onClose(this.reason ?? CLOSED_AT_END);
    } catch (error) {
      this.host.guard.caught(error, this.handler);
    }
    this.host.clock.leave();
    // As with the socket: see `socket-events.ts`.
    this.handler = NOBODY;
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

  /** All that was written has left. */
  protected drained(): void {
    this.isBlocked = false;
    this.endLoans();
    this.host.clock.enter();
    try {
      this.handler.onDrain();
    } catch (error) {
      this.fault(error);
    }
    this.host.clock.leave();
  }

  /** Bytes of ours that the peer has taken, of `taken` that have gone over the socket while `waiting` have yet to. */
  protected takenOf(taken: number, _waiting: number): number {
    return taken;
  }

  /** Bytes of ours that the peer has yet to take, of which `waiting` have been given to the socket. */
  protected untakenOf(waiting: number): number {
    return waiting;
  }

  /** Our own code threw while it handled an event of this connection. */
  protected fault(error: unknown): void {
    if (!this.host.guard.caught(error, this.handler)) this.reset();
  }

  protected closeLocally(): void {
    this.reason ??= CLOSED_LOCALLY;
    this.isClosed = true;
    this.gathered = null;
  }

  protected borrow(source: ReadBuffer): void {
    source.loans += 1;
    (this.loans ??= []).push(source);
  }

  protected endLoans(): void {
    const { loans } = this;
    if (loans === null) return;
    this.loans = null;
    for (const source of loans) this.host.buffers.endLoan(source);
  }
}

function shortAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
