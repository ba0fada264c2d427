/**
 * A {@link Connection} to a peer that is an object in this thread. Nothing happens within a call: bytes, drains and
 * ends come in turns that the transport deals out. A write may find the way blocked at random; then it borrows, as
 * the ownership rule lets it, and the bytes are read only when the way is free again.
 */
import type {
  AcceptedConnection,
  CloseReason,
  ConnectionFacts,
  ConnectionHandler,
} from '../../../src/net/transport.ts';
import type { InMemoryTransport } from './in-memory-transport.ts';
import type { ReadBuffer } from './read-buffers.ts';

/** The other end of a connection. It hears what has left here, in order, and answers by `arrive`. */
export interface Remote {
  onText(text: string): void;
  /** Our FIN, or that the connection was closed in peace. */
  onEnd(): void;
  onReset(): void;
}

interface PendingWrite {
  readonly text: string;
  readonly buffer: Buffer | null;
  readonly start: number;
  readonly end: number;
}

type End = 'none' | 'end' | 'reset';

const LOCAL: CloseReason = { kind: 'local', code: '' };
const ENDED: CloseReason = { kind: 'end', code: '' };
const RESET: CloseReason = { kind: 'reset', code: 'ECONNRESET' };

export class InMemoryConnection implements AcceptedConnection {
  handler: ConnectionHandler;
  isBlocked = false;
  isClosed = false;
  hasEnded = false;
  bytesRead = 0;
  readonly isTruncated = false;
  readonly takenBytes = -1;
  readonly untakenBytes = 0;
  readonly isLooking = false;
  readonly peerState = 'there';
  facts: ConnectionFacts;
  readonly remoteAddress: string;
  readonly remotePort = 50_000;
  readonly localAddress = '127.0.0.1';
  readonly localPort = 8080;
  readonly #transport: InMemoryTransport;
  readonly #remote: Remote;
  /** How probable it is that a write finds the way blocked. */
  readonly #blockChance: number;
  #isConnected: boolean;
  #isPaused = false;
  #hasFinished = false;
  #isGone = false;
  #reason: CloseReason | null = null;
  #gathered: string | null = null;
  #pending: PendingWrite[] = [];
  #loans: ReadBuffer[] = [];
  /** The read whose bytes are lent: nothing more is read until they are back. */
  #lent: ReadBuffer | null = null;
  #arriving: Buffer[] = [];
  #arrivingEnd: End = 'none';
  #leaving = '';
  #leavingEnd: End = 'none';

  constructor(
    transport: InMemoryTransport,
    remote: Remote,
    handler: ConnectionHandler,
    remoteAddress: string,
    isConnected: boolean,
    blockChance: number,
  ) {
    this.#transport = transport;
    this.#remote = remote;
    this.handler = handler;
    this.remoteAddress = remoteAddress;
    const peer = { address: remoteAddress, port: this.remotePort };
    this.facts = { scheme: 'http', alpn: '', serverName: '', peer, localPort: this.localPort, tls: null };
    this.#isConnected = isConnected;
    this.#blockChance = blockChance;
  }

  // ——— the peer's side

  /** Bytes on their way to the handler, one read unless they are too many for one. */
  arrive(bytes: Buffer): void {
    const { maxBytes } = this.#transport.buffers;
    for (let at = 0; at < bytes.length; at += maxBytes) this.#arriving.push(bytes.subarray(at, at + maxBytes));
  }

  /** The peer's FIN, behind what is on its way. */
  arriveEnd(): void {
    if (this.#arrivingEnd === 'none') this.#arrivingEnd = 'end';
  }

  arriveReset(): void {
    this.#arrivingEnd = 'reset';
  }

  // ——— our side

  look(): void {}

  write(text: string): boolean {
    if (this.isClosed || this.#hasFinished) return true;
    if (this.#gathered !== null) {
      this.#gathered += text;
      return !this.isBlocked;
    }
    return this.#put(text, null, 0, 0);
  }

  writeBytes(buffer: Buffer, start: number, end: number): boolean {
    if (this.isClosed || this.#hasFinished) return true;
    return this.#put(this.#takeGathered(), buffer, start, end);
  }

  writeHead(text: string, buffer: Buffer, start: number, end: number): boolean {
    if (this.isClosed || this.#hasFinished) return true;
    this.#transport.buffers.spoilFront(buffer, start, text.length);
    return this.#put(this.#takeGathered() + text, buffer, start, end);
  }

  cork(): void {
    this.#gathered ??= '';
  }

  uncork(): boolean {
    const text = this.#gathered;
    this.#gathered = null;
    if (text === null || text === '' || this.isClosed || this.#hasFinished) return !this.isBlocked;
    return this.#put(text, null, 0, 0);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  end(): void {
    if (this.isClosed || this.#hasFinished) return;
    this.uncork();
    this.#hasFinished = true;
    if (this.#pending.length === 0) this.#leavingEnd = 'end';
  }

  reset(): void {
    if (this.isClosed) return;
    this.#leavingEnd = 'reset';
    this.#closeLocally();
  }

  close(): void {
    if (this.isClosed) return;
    this.uncork();
    // The kernel answers unread bytes with a reset; what it has not taken of ours is lost.
    this.#leavingEnd = this.#arriving.length > 0 || this.#pending.length > 0 ? 'reset' : 'end';
    this.#closeLocally();
  }

  #takeGathered(): string {
    const text = this.#gathered ?? '';
    if (this.#gathered !== null) this.#gathered = '';
    return text;
  }

  #put(text: string, buffer: Buffer | null, start: number, end: number): boolean {
    const isFree = this.#isConnected && !this.isBlocked;
    if (isFree && (this.#blockChance === 0 || !this.#transport.chance.is(this.#blockChance))) {
      this.#leaving += text;
      if (buffer !== null) this.#leaving += buffer.latin1Slice(start, end);
      return true;
    }
    this.#pending.push({ text, buffer, start, end });
    const loan = buffer === null ? null : this.#transport.buffers.lend(buffer);
    if (loan !== null) this.#loans.push(loan);
    this.isBlocked = true;
    return false;
  }

  #closeLocally(): void {
    this.isClosed = true;
    this.#reason ??= LOCAL;
    this.#gathered = null;
  }

  // ——— turns

  /** Whether there is anything for this connection to do. */
  get hasWork(): boolean {
    return this.#canLeave || this.#isGoing || this.#canArrive || this.#canConnect || this.#canDrain || this.#isCut;
  }

  /** Does one thing. */
  step(): void {
    const { chance } = this.#transport;
    if (this.#canConnect) this.#connect();
    else if (this.#canLeave && (this.#isGoing || chance.is(0.5))) this.#leave();
    else if (this.#canDrain && chance.is(0.5)) this.#drain();
    else if (this.#isGoing) this.#goAway();
    else if (this.#isCut) this.#cut();
    else if (this.#canArrive) this.#arrived();
    else if (this.#canDrain) this.#drain();
    else this.#leave();
  }

  get #canConnect(): boolean {
    return !this.#isConnected && !this.isClosed;
  }

  get #canLeave(): boolean {
    return this.#leaving !== '' || this.#leavingEnd !== 'none';
  }

  get #canDrain(): boolean {
    return this.isBlocked && this.#isConnected && !this.isClosed && this.#arrivingEnd !== 'reset';
  }

  get #canArrive(): boolean {
    if (this.#isPaused || this.isClosed || !this.#isConnected) return false;
    if (this.#lent !== null && this.#lent.loans > 0) return false;
    return this.#arriving.length > 0 || (this.#arrivingEnd === 'end' && !this.hasEnded);
  }

  /** The peer's reset is seen behind its bytes, or by a write. */
  get #isCut(): boolean {
    if (this.#arrivingEnd !== 'reset' || this.isClosed || !this.#isConnected) return false;
    return this.isBlocked || (!this.#isPaused && this.#arriving.length === 0);
  }

  /** Nothing is left but `onClose`. */
  get #isGoing(): boolean {
    if (this.#isGone) return false;
    return this.isClosed || (this.hasEnded && this.#hasFinished && this.#pending.length === 0);
  }

  #connect(): void {
    this.#isConnected = true;
    this.#guarded(() => this.handler.onConnect());
  }

  #leave(): void {
    const text = this.#leaving;
    this.#leaving = '';
    if (text !== '') this.#remote.onText(text);
    const end = this.#leavingEnd;
    this.#leavingEnd = 'none';
    if (end === 'end') this.#remote.onEnd();
    else if (end === 'reset') this.#remote.onReset();
  }

  #drain(): void {
    for (const { text, buffer, start, end } of this.#pending) {
      this.#leaving += text;
      if (buffer !== null) this.#leaving += buffer.latin1Slice(start, end);
    }
    this.#endLoans();
    this.isBlocked = false;
    if (this.#hasFinished) this.#leavingEnd = 'end';
    this.#guarded(() => this.handler.onDrain());
  }

  #arrived(): void {
    const bytes = this.#arriving.shift();
    if (bytes === undefined) {
      this.hasEnded = true;
      this.#guarded(() => this.handler.onEnd());
      return;
    }
    this.bytesRead += bytes.length;
    const { buffers } = this.#transport;
    const buffer = buffers.fill(bytes);
    const start = buffer.end - bytes.length;
    this.#guarded(() => this.handler.onBytes(buffer.bytes, start, start + bytes.length));
    this.#lent = buffer.loans > 0 ? buffer : null;
    buffers.delivered(buffer);
  }

  #cut(): void {
    this.isClosed = true;
    this.#reason = RESET;
  }

  #goAway(): void {
    this.#isGone = true;
    this.isClosed = true;
    this.isBlocked = false;
    this.#endLoans();
    this.#transport.gone(this);
    this.#guarded(() => this.handler.onClose(this.#reason ?? ENDED));
  }

  #endLoans(): void {
    const loans = this.#loans;
    this.#pending = [];
    this.#loans = [];
    for (const loan of loans) this.#transport.buffers.endLoan(loan);
  }

  #guarded(enter: () => void): void {
    try {
      enter();
    } catch (error) {
      this.#transport.onFault(error);
      try {
        this.handler.onFault(error);
      } catch (second) {
        this.#transport.onFault(second);
        this.reset();
      }
    }
  }
}
