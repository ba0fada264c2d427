/** A connection whose reads land in buffers of ours. */
import { HEAD_ROOM } from '../transport.ts';
import type { ConnectionHandler } from '../transport.ts';
import { NodeConnection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';
import type { PlainSocket } from './plain-socket.ts';
import type { BufferReader, ReadBuffer } from './read-buffers.ts';

/** A read above this moves its connection to a buffer of its own. */
const BIG_READ_BYTES = 16 * 1024;
/** So many reads up to {@link BIG_READ_BYTES} in a row move it back to the scratch. */
const SMALL_READS = 8;

export abstract class LandingConnection extends NodeConnection implements BufferReader {
  #buffer: ReadBuffer;
  #isDelivering = false;
  #smallReads = 0;

  constructor(
    socket: PlainSocket,
    isConnected: boolean,
    handler: ConnectionHandler,
    host: ConnectionHost,
    onGone: (() => void) | null,
  ) {
    super(socket, isConnected, handler, host, onGone);
    this.#buffer = host.buffers.scratch;
  }

  /** A read of `count` bytes has landed. False: stop reading. */
  read(count: number): boolean {
    const buffer = this.#buffer;
    this.#isDelivering = true;
    this.deliver(buffer.bytes, HEAD_ROOM, HEAD_ROOM + count);
    this.#isDelivering = false;
    if (this.isClosed) return false;
    this.#chooseBuffer(buffer, count);
    // Nothing may be read into a lent buffer, whether or not the handler has paused; `onBufferFree` resumes reading.
    return !this.isPaused && this.#buffer.loans === 0;
  }

  onBufferFree(): void {
    if (!this.isPaused && !this.isClosed && !this.hasEnded) this.startReading();
  }

  protected override startReading(): void {
    if (!this.#isDelivering && this.#buffer.loans === 0) this.socket.read(0);
  }

  protected override stopReading(): void {
    if (!this.#isDelivering && !this.socket.connecting) this.socket.pause();
  }

  protected override releaseBuffer(): void {
    const buffer = this.#buffer;
    if (buffer.isScratch) return;
    this.#buffer = this.host.buffers.scratch;
    this.host.buffers.release(buffer);
  }

  #chooseBuffer(buffer: ReadBuffer, count: number): void {
    if (buffer.isScratch) {
      if (count <= BIG_READ_BYTES) return;
      const own = this.host.buffers.take(this);
      if (own === null) return;
      this.#smallReads = 0;
      this.#buffer = own;
      this.host.buffers.landNext(own);
    } else if (count > BIG_READ_BYTES) {
      this.#smallReads = 0;
    } else if (++this.#smallReads >= SMALL_READS && buffer.loans === 0) {
      this.releaseBuffer();
      this.host.buffers.landNext(this.host.buffers.scratch);
    }
  }
}
