/**
 * A {@link Connection} over a TLS socket: writing and ending. Reading is left to those that extend it.
 *
 * **Writes.** OpenSSL copies what it is given at once, so it is given one write at a time, of at most
 * {@link MOST_AT_ONCE} bytes, and what comes meanwhile waits here: of a peer that reads slowly no more is in memory than
 * that write and what is lent. Every write of a TLS socket looks unfinished to Node until the next turn of the loop, so
 * what plain connections do to learn when all has left, an empty write, would cost more than a request.
 *
 * **Ends.** A TLS socket that is just destroyed looks to its peer as if somebody had cut what it was sent. So `close`
 * says the end first, where the kernel takes it at once.
 *
 * **Truncation.** Node does not tell the end of TLS from a bare FIN. But the former is bytes on the wire: where none
 * have come since the last cleartext, and that was in an earlier turn of the loop, the peer has not said its end.
 */
import type net from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { CloseReason } from '../transport.ts';
import { CLOSED_TRUNCATED, closeReasonOf } from './close-reason.ts';
import { TEXT_BYTES } from './connection.ts';
import { forgetReadError, writesOf } from './node-internals.ts';
import { readBufferOf } from './read-buffers.ts';
import type { ReadBuffer } from './read-buffers.ts';
import { SocketConnection } from './socket-connection.ts';
import { tlsReasonOf } from './tls-reason.ts';
import { tlsWatch } from './tls-watch.ts';
import type { WatchedTls } from './tls-watch.ts';

/** OpenSSL copies so much at once, and nothing else runs on this thread while it is encrypted. */
const MOST_AT_ONCE = 128 * 1024;
/** Text that may wait before its writer has to wait as well. */
const MOST_TEXT = 16 * 1024;

/** Bytes that wait to be given to OpenSSL. */
interface Waiting {
  readonly bytes: Buffer;
  at: number;
  /** Lent by a connection; null: a copy, or the caller's own. */
  readonly source: ReadBuffer | null;
}

export abstract class TlsConnection extends SocketConnection implements WatchedTls {
  declare readonly socket: net.Socket;
  /** Null until there is something to speak TLS over. */
  protected tlsSocket: TLSSocket | null = null;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Something that OpenSSL was given has not left. */
  #isWriting = false;
  #hasWriteFailed = false;
  /** The socket has been told to say the end. */
  #hasSaidEnd = false;
  #isClosing = false;
  /** Cleartext given to OpenSSL so far. */
  #given = 0;
  /** Ciphertext read up to the last cleartext, and the turn of the loop that this was in. */
  protected cipherRead = 0;
  #readTurn = 0;
  /** The peer's end, and that of the socket, wait for a handler that has paused. */
  protected isEndHeld = false;
  #isCloseHeld = false;
  #onWritten: ((error?: Error | null) => void) | null = null;

  /** What the peer has shown in a handshake that is not over. */
  #shown = '';

  /** From now on. */
  speakOver(socket: TLSSocket): void {
    this.tlsSocket = socket;
    this.noteRead();
    tlsWatch.add(this);
  }

  /** Delivers what was read before, unless the handler has paused. Returns whether nothing of it is left. */
  protected abstract deliverKept(): boolean;

  // ——— writing

  protected override writeText(text: string): boolean {
    if (text === '') return !this.isBlocked;
    if (!this.#mayWrite(text.length)) {
      this.#keep(Buffer.from(text, 'latin1'), null, MOST_TEXT);
      return this.#pump();
    }
    this.#begin(text.length).write(text, 'latin1', this.#whenWritten);
    return true;
  }

  protected override writeBoth(
    text: string,
    buffer: Buffer,
    start: number,
    end: number,
    mayOverwrite: boolean,
  ): boolean {
    if (end - start <= TEXT_BYTES) return this.writeText(text + buffer.latin1Slice(start, end));
    const room = text.length;
    const total = room + end - start;
    const source = readBufferOf(buffer);
    if (!this.#mayWrite(total)) {
      if (room > 0) this.#keep(Buffer.from(text, 'latin1'), null, MOST_TEXT);
      const bytes = buffer.subarray(start, end);
      // The scratch is never lent.
      if (source?.isScratch === true) this.#keep(Buffer.from(bytes), null, 0);
      else this.#keep(bytes, source ?? null, 0);
      return this.#pump();
    }
    const socket = this.#begin(total);
    if (room === 0) {
      socket.write(buffer.subarray(start, end), this.#whenWritten);
    } else if (mayOverwrite && room <= start && source?.loans === 0) {
      buffer.latin1Write(text, start - room, room);
      socket.write(buffer.subarray(start - room, end), this.#whenWritten);
    } else {
      // Side by side, in one record.
      socket.cork();
      socket.write(text, 'latin1');
      socket.write(buffer.subarray(start, end), this.#whenWritten);
      socket.uncork();
    }
    return true;
  }

  /** OpenSSL can be given so many bytes now. */
  #mayWrite(bytes: number): boolean {
    return !this.#isWriting && this.isConnected && this.#waiting.length === 0 && bytes <= MOST_AT_ONCE;
  }

  #begin(bytes: number): TLSSocket {
    this.#isWriting = true;
    this.#given += bytes;
    return this.tlsSocket as TLSSocket;
  }

  get #whenWritten(): (error?: Error | null) => void {
    return (this.#onWritten ??= (error) => this.#written(error));
  }

  /** Puts bytes behind what waits. `most`: if more than that waits, so does the writer. */
  #keep(bytes: Buffer, source: ReadBuffer | null, most: number): void {
    this.#waiting.push({ bytes, at: 0, source });
    this.#waitingBytes += bytes.length;
    if (source !== null) source.loans += 1;
    if (this.#waitingBytes > most || !this.isConnected) this.isBlocked = true;
  }

  #pump(): boolean {
    if (!this.#isWriting && this.isConnected) this.#writeWaiting();
    return !this.isBlocked;
  }

  /** Gives OpenSSL the first of what waits, in one write. */
  #writeWaiting(): void {
    const waiting = this.#waiting;
    let left = Math.min(this.#waitingBytes, MOST_AT_ONCE);
    this.#waitingBytes -= left;
    const socket = this.#begin(left);
    socket.cork();
    let used = 0;
    while (left > 0) {
      const next = waiting[used];
      const { bytes, at, source } = next;
      next.at = Math.min(bytes.length, at + left);
      left -= next.at - at;
      const piece = at === 0 && next.at === bytes.length ? bytes : bytes.subarray(at, next.at);
      if (left > 0) socket.write(piece);
      else socket.write(piece, this.#whenWritten);
      if (next.at < bytes.length) break;
      used += 1;
      if (source !== null) (this.loans ??= []).push(source);
    }
    waiting.splice(0, used);
    socket.uncork();
    // They have been copied.
    this.endLoans();
  }

  /** What OpenSSL was given has left. */
  #written(error: Error | null | undefined): void {
    this.#isWriting = false;
    if (this.isClosed) {
      if (this.#isClosing) this.#sayEndAndClose();
      return;
    }
    if (error) return;
    if (this.#waiting.length > 0) {
      this.#writeWaiting();
      return;
    }
    if (this.isBlocked) this.drained();
    this.#sayEndIfDue();
  }

  /** The connection is established: what was written before leaves. */
  override onConnect(): void {
    super.onConnect();
    if (this.isClosed) return;
    if (this.isPaused) this.stopReading();
    if (this.#waiting.length > 0) this.#pump();
    else this.#sayEndIfDue();
  }

  #dropWaiting(): void {
    const dropped = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { source } of dropped) if (source !== null) this.host.buffers.endLoan(source);
  }

  /** Counted in ciphertext while some of it has yet to go, which is a little more. */
  protected override takenOf(taken: number, waiting: number): number {
    return waiting === 0 && !this.#isWriting ? this.#given : taken;
  }

  protected override untakenOf(waiting: number): number {
    return waiting + this.#waitingBytes;
  }

  // ——— ending

  end(): void {
    if (this.#hasWriteFailed) this.close();
    if (this.isClosed || this.hasFinished) return;
    this.uncork();
    this.hasFinished = true;
    this.#sayEndIfDue();
  }

  #sayEndIfDue(): void {
    if (!this.hasFinished || this.isClosed || this.#hasSaidEnd) return;
    if (!this.isConnected || this.#waiting.length > 0) return;
    this.#hasSaidEnd = true;
    this.tlsSocket?.end();
  }

  reset(): void {
    if (this.isClosed) return;
    this.#closeLocally();
    const { socket } = this;
    // As with plain connections.
    const isShuttingDown = this.#hasSaidEnd && this.tlsSocket?.writableFinished === false;
    const canReset = !this.isUnix && !socket.connecting && !isShuttingDown && !this.#hasWriteFailed;
    if (!canReset) socket.destroy();
    else socket.resetAndDestroy();
  }

  close(): void {
    if (this.isClosed) return;
    this.uncork();
    this.#closeLocally();
    if (!this.isConnected || this.#hasWriteFailed || this.#isStuck) {
      this.socket.destroy();
      return;
    }
    this.#isClosing = true;
    if (!this.#isWriting) this.#sayEndAndClose();
  }

  #closeLocally(): void {
    this.closeLocally();
    this.#dropWaiting();
    if (this.#isCloseHeld) setImmediate(finish, this);
  }

  #sayEndAndClose(): void {
    this.#hasSaidEnd = true;
    this.tlsSocket?.destroySoon();
    setImmediate(destroyIfStuck, this);
  }

  /** The kernel has not taken all that it was given: it would not take the end either. */
  get #isStuck(): boolean {
    const writes = writesOf(this.socket);
    return writes === null || writes.waiting > 0;
  }

  destroyIfStuck(): void {
    if (this.#isStuck) this.socket.destroy();
  }

  // ——— what the sockets tell

  override onEnd(): void {
    if (this.isClosed || this.hasEnded || !this.isConnected) return;
    if (!this.isEndHeld) {
      this.isTruncated = this.socket.bytesRead === this.cipherRead && this.host.turns.count !== this.#readTurn;
    }
    const isAllRead = this.deliverKept();
    if (this.isClosed) return;
    this.isEndHeld = !isAllRead || this.isPaused;
    if (this.isEndHeld) return;
    // The reset was told to a write: what is read behind it is no FIN.
    if (this.#hasWriteFailed && this.reason?.code === 'ECONNRESET') {
      this.close();
      return;
    }
    super.onEnd();
    if (this.#hasWriteFailed && !this.isClosed) this.close();
  }

  /** The handler goes on after a pause: hears of what came meanwhile, if it does not pause again. */
  protected deliverHeld(): void {
    if (!this.deliverKept() || this.isPaused || this.isClosed) return;
    if (this.isEndHeld) this.onEnd();
    if (this.#isCloseHeld && !this.isClosed && !this.isEndHeld) this.finish();
  }

  onError(error: unknown): void {
    this.reason ??= this.isConnected ? reasonOf(error) : tlsReasonOf(error, this.#shown);
    this.isClosed = true;
    // Of a bad record Node only tells.
    this.tlsSocket?.destroy();
  }

  /** Of a connect without TLS so far; later errors are told by the TLS socket as well. */
  onRawError(error: unknown): void {
    if (this.tlsSocket !== null) return;
    this.reason ??= closeReasonOf(error, false);
    this.isClosed = true;
  }

  onRawClose(): void {
    if (this.tlsSocket === null) this.finish();
  }

  /** What an endpoint that is called `name` has shown: it is said where it is refused. */
  show(name: string, shown: Partial<PeerCertificate>): void {
    const { subjectaltname, subject, issuer, valid_to: until } = shown;
    const found = subjectaltname ?? `CN=${String(subject?.CN)}`;
    this.#shown = `expected ${name}, found ${found} of ${String(issuer?.CN ?? issuer?.O)} until ${String(until)}`;
  }

  /** A write failed. True: the socket lives on until its end has been read. */
  onWriteFailed(error: Error): boolean {
    if (this.isClosed || this.hasEnded || !this.isConnected) return false;
    this.reason ??= closeReasonOf(error, true);
    this.#hasWriteFailed = true;
    this.hasFinished = true;
    this.#dropWaiting();
    forgetReadError(this.tlsSocket as TLSSocket);
    return true;
  }

  override onClose(): void {
    this.#isCloseHeld = !this.isClosed && (this.isEndHeld || !this.deliverKept());
    if (!this.#isCloseHeld) this.finish();
  }

  /** The last event. */
  finish(): void {
    this.#isCloseHeld = false;
    if (this.isTruncated) this.reason ??= CLOSED_TRUNCATED;
    this.#dropWaiting();
    tlsWatch.delete(this);
    super.onClose();
  }

  get silentBytes(): number {
    return this.socket.bytesRead - this.cipherRead;
  }

  endSilent(): void {
    this.tlsSocket?.destroy(Object.assign(new Error('records without content'), { code: 'ERR_TLS_EMPTY_RECORDS' }));
  }

  /** Cleartext has come, or the handshake is over. */
  protected noteRead(): void {
    this.cipherRead = this.socket.bytesRead;
    this.#readTurn = this.host.turns.note();
  }
}

/** Of an error after the handshake. */
function reasonOf(error: unknown): CloseReason {
  const reason = closeReasonOf(error, true);
  return reason.kind === 'error' && !(error instanceof Error && 'syscall' in error) ? tlsReasonOf(error) : reason;
}

function destroyIfStuck(connection: TlsConnection): void {
  connection.destroyIfStuck();
}

function finish(connection: TlsConnection): void {
  connection.finish();
}
