/**
 * One end of a connection whose other end is an object in this thread. Nothing happens within a call: bytes and ends
 * come when the transport has them delivered. Writes never wait.
 */
import { HEAD_ROOM } from '../net/transport.ts';
import type {
  AcceptedConnection,
  CloseReason,
  ConnectionFacts,
  ConnectionHandler,
  PeerState,
} from '../net/transport.ts';

/** The other end: hears what has left here, in order. */
export interface MemoryPeer {
  onText(text: string): void;
  /** Our FIN. */
  onEnd(): void;
  /** The connection is gone, by a reset or after both ends. */
  onGone(): void;
}

/** What the transport does for its connections. */
export interface Deliveries {
  /** Does it later, in order. */
  later(deliver: () => void): void;
  /** Calls into our own code, whose exceptions cost the connection. */
  guarded(connection: MemoryConnection, enter: () => void): void;
  closed(connection: MemoryConnection): void;
}

/** The longest read of the data plane. */
const READ_BYTES = 65_536;

export class MemoryConnection implements AcceptedConnection {
  handler: ConnectionHandler;
  facts: ConnectionFacts;
  isClosed = false;
  hasEnded = false;
  bytesRead = 0;
  readonly isBlocked = false;
  readonly isTruncated = false;
  readonly takenBytes = -1;
  readonly untakenBytes = 0;
  readonly isLooking = false;
  /** Known by a look, whether or not anything is read. */
  peerState: PeerState = 'there';
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress = '127.0.0.1';
  readonly localPort: number;
  readonly #deliveries: Deliveries;
  readonly #peer: MemoryPeer;
  #gathered: string | null = null;
  #hasFinished = false;
  #isGone = false;
  #isPaused = false;
  /** What has arrived and waits to be read. */
  readonly #arrivals: (() => void)[] = [];

  constructor(
    deliveries: Deliveries,
    peer: MemoryPeer,
    handler: ConnectionHandler,
    ends: { readonly remoteAddress: string; readonly remotePort: number; readonly localPort: number },
  ) {
    this.#deliveries = deliveries;
    this.#peer = peer;
    this.handler = handler;
    this.remoteAddress = ends.remoteAddress;
    this.remotePort = ends.remotePort;
    this.localPort = ends.localPort;
    const peerAddress = { address: ends.remoteAddress, port: ends.remotePort };
    this.facts = { scheme: 'http', alpn: '', serverName: '', peer: peerAddress, localPort: ends.localPort, tls: null };
  }

  // ——— what the other end does

  arrive(text: string): void {
    this.#arrived(() => {
      for (let at = 0; at < text.length; at += READ_BYTES) this.#read(text.slice(at, at + READ_BYTES));
    });
  }

  arriveEnd(): void {
    if (this.peerState === 'there') this.peerState = 'ended';
    this.#arrived(() => {
      if (this.isClosed || this.hasEnded) return;
      this.hasEnded = true;
      this.#deliveries.guarded(this, () => this.handler.onEnd());
      if (this.#hasFinished) this.#close({ kind: 'end', code: '' });
    });
  }

  arriveReset(): void {
    this.peerState = 'gone';
    this.#arrived(() => this.#close({ kind: 'reset', code: 'ECONNRESET' }));
  }

  /** The connect has come to its end. */
  connected(): void {
    this.#arrived(() => {
      if (!this.isClosed) this.#deliveries.guarded(this, () => this.handler.onConnect());
    });
  }

  refused(): void {
    this.#deliveries.later(() => this.#close({ kind: 'refused', code: 'ECONNREFUSED' }));
  }

  #arrived(deliver: () => void): void {
    this.#arrivals.push(deliver);
    this.#deliveries.later(() => this.#takeArrivals());
  }

  #takeArrivals(): void {
    while (!this.#isPaused) {
      const deliver = this.#arrivals.shift();
      if (deliver === undefined) return;
      deliver();
    }
  }

  #read(text: string): void {
    if (this.isClosed) return;
    const buffer = Buffer.allocUnsafe(HEAD_ROOM + text.length);
    buffer.latin1Write(text, HEAD_ROOM);
    this.bytesRead += text.length;
    this.#deliveries.guarded(this, () => this.handler.onBytes(buffer, HEAD_ROOM, buffer.length));
  }

  // ——— for its owner

  write(text: string): boolean {
    if (this.#gathered !== null) this.#gathered += text;
    else this.#send(text);
    return true;
  }

  writeBytes(buffer: Buffer, start: number, end: number): boolean {
    return this.write(buffer.latin1Slice(start, end));
  }

  writeHead(text: string, buffer: Buffer, start: number, end: number): boolean {
    return this.write(text + buffer.latin1Slice(start, end));
  }

  cork(): void {
    this.#gathered ??= '';
  }

  uncork(): boolean {
    const text = this.#gathered ?? '';
    this.#gathered = null;
    this.#send(text);
    return true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#deliveries.later(() => this.#takeArrivals());
  }

  look(): void {}

  end(): void {
    if (this.isClosed || this.#hasFinished) return;
    this.uncork();
    this.#hasFinished = true;
    this.#deliveries.later(() => this.#peer.onEnd());
    if (this.hasEnded) this.#deliveries.later(() => this.#close({ kind: 'end', code: '' }));
  }

  reset(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#deliveries.later(() => this.#close({ kind: 'local', code: '' }));
  }

  close(): void {
    if (this.isClosed) return;
    this.uncork();
    this.reset();
  }

  /** Its owner is gone. */
  cut(): void {
    this.#isGone = true;
    this.isClosed = true;
    this.#peer.onGone();
  }

  #send(text: string): void {
    if (text === '' || this.isClosed || this.#hasFinished) return;
    this.#deliveries.later(() => this.#peer.onText(text));
  }

  #close(reason: CloseReason): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.isClosed = true;
    this.#deliveries.closed(this);
    this.#peer.onGone();
    this.#deliveries.guarded(this, () => this.handler.onClose(reason));
  }
}
