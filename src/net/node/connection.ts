/** A {@link Connection} over plain TCP: all but the reading, in which the two engines differ. */
import type net from 'node:net';
import { NOBODY } from '../nobody.ts';
import { closeReasonOf } from './close-reason.ts';
import { forgetReadError } from './node-internals.ts';
import type { OnFlushed } from './plain-socket.ts';
import { readBufferOf } from './read-buffers.ts';
import { SocketConnection } from './socket-connection.ts';

/**
 * Payloads up to this are written as one string together with the text before them: Node copies a latin1 string to
 * its stack and writes it from there, which is cheaper than making a subarray and pinning it.
 */
export const TEXT_BYTES = 4096;

/** Lets a connection hear of the events of a socket; see `socket-events.ts`. */
export type Tie = (socket: net.Socket, connection: NodeConnection) => void;

export abstract class NodeConnection extends SocketConnection {
  /** The peer takes no more bytes; what it had sent before is still being read. */
  #hasWriteFailed = false;
  #isGivenAway = false;
  #onFlushed: OnFlushed | null = null;

  end(): void {
    if (this.#hasWriteFailed) this.close();
    if (this.isClosed || this.hasFinished) return;
    this.uncork();
    this.hasFinished = true;
    // Behind the peer's FIN nothing more can come: closing sends ours, and a shutdown before it would be for nothing.
    if (this.hasEnded && !this.isBlocked) this.socket.destroy();
    else this.socket.end();
  }

  reset(): void {
    if (this.isClosed) return;
    this.closeLocally();
    // Node delays a reset until the connect is done. And libuv refuses one while a shutdown is under way, after which
    // the socket would never close; but by then everything has been handed to the kernel, so closing is enough.
    const isShuttingDown = this.hasFinished && !this.socket.writableFinished && this.socket.writableLength === 0;
    const canReset = !this.isUnix && !this.socket.connecting && !isShuttingDown && !this.#hasWriteFailed;
    if (!canReset) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  close(): void {
    if (this.isClosed) return;
    this.uncork();
    this.closeLocally();
    this.socket.destroy();
  }

  override onConnect(): void {
    super.onConnect();
    // Node starts to read after this event unless told not to.
    if (this.isPaused && !this.isClosed) this.socket.pause();
  }

  override onEnd(): void {
    super.onEnd();
    if (this.#hasWriteFailed && !this.isClosed) this.close();
  }

  override onClose(): void {
    if (this.#isGivenAway) this.handler = NOBODY;
    super.onClose();
  }

  /** A write failed. True: the socket lives on until its end has been read. */
  onWriteFailed(error: Error): boolean {
    if (this.isClosed || this.hasEnded) return false;
    this.reason ??= closeReasonOf(error, this.isConnected);
    this.#hasWriteFailed = true;
    this.hasFinished = true;
    this.endLoans();
    forgetReadError(this.socket);
    return true;
  }

  onError(error: unknown): void {
    this.reason ??= closeReasonOf(error, this.isConnected);
    this.isClosed = true;
  }

  /** Gives the socket to somebody else, before anything was written. Only the end of it is heard of from now on. */
  giveAway(tie: Tie): net.Socket {
    this.#isGivenAway = true;
    this.pause();
    this.isClosed = true;
    this.releaseBuffer();
    return this.letGo(tie);
  }

  /** Returns the socket, whose reads reach its stream from now on, and nobody here. `tie`: if it has not been tied yet. */
  protected abstract letGo(tie: Tie): net.Socket;

  protected override writeText(text: string): boolean {
    if (text === '') return !this.isBlocked;
    // Text that has to wait may be a rope of thousands of pieces, which costs many times its length.
    if (this.isBlocked) this.socket.write(Buffer.from(text, 'latin1'));
    else this.socket.write(text, 'latin1');
    return this.socket.writableLength === 0 ? true : this.block();
  }

  protected override writeBoth(
    text: string,
    buffer: Buffer,
    start: number,
    end: number,
    mayOverwrite: boolean,
  ): boolean {
    if (end - start <= TEXT_BYTES) return this.writeText(text + buffer.latin1Slice(start, end));
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
    if (source !== undefined) this.borrow(source);
    return this.block();
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
      if (isKept && !hasLeft) this.borrow(copy);
      this.host.buffers.release(copy);
    }
    return hasLeft ? true : this.block();
  }

  /** An empty write behind all that is pending tells when that has left; there is one at a time. */
  protected block(): false {
    if (this.isBlocked) return false;
    this.isBlocked = true;
    this.socket.write('', 'latin1', (this.#onFlushed ??= (error) => this.#flushed(error)));
    return false;
  }

  #flushed(error: Error | null | undefined): void {
    if (this.isClosed || error) return;
    if (this.socket.writableLength > 0) {
      // More was written meanwhile. After our FIN no empty write is possible, but there is an event.
      if (this.hasFinished) this.socket.once('finish', this.#onFlushed!);
      else this.socket.write('', 'latin1', this.#onFlushed!);
      return;
    }
    this.drained();
  }
}
