/**
 * The buffers that reads land in. All connections of a transport that are idle or read little share one scratch
 * buffer; one that reads much has a buffer of its own, from a last-in-first-out pool, so that it is warm in the cache.
 *
 * Node keeps the address of a landing buffer until the next read on that connection replaces it. So the scratch can
 * never be exchanged or lent to a pending write, and a connection changes buffers only at the end of a read.
 */
import { HEAD_ROOM } from '../transport.ts';

/** A read lands in at most this much of the scratch. */
export const SCRATCH_BYTES = 64 * 1024;
/** A read lands in at most this much of a connection's own buffer. */
export const OWN_BYTES = 128 * 1024;
/** Own buffers of a transport that may be out at a time; connections beyond stay on the scratch and copy. */
export const MAX_OWN_BUFFERS = 256;
/** Own buffers kept for the next connection. */
const MAX_POOLED_BUFFERS = 32;

const OWNER = Symbol('owner');
/** A Buffer that knows its record, so that a writer can tell where its bytes come from. */
interface OwnedBuffer extends Buffer {
  [OWNER]?: ReadBuffer;
}

/** The connection that reads into a buffer, as far as the buffer's release concerns it. */
export interface BufferReader {
  /** The buffer is not lent any more: reads may land in it again. */
  onBufferFree(): void;
}

/** One buffer that reads land in, behind {@link HEAD_ROOM}. */
export class ReadBuffer {
  readonly bytes: Buffer;
  /** The part that a read may fill. */
  readonly landing: Buffer;
  readonly isScratch: boolean;
  /** Pending writes that borrow from it. While there are any, nothing may be read into it. */
  loans = 0;
  /**
   * The connection that reads into it; null for the scratch, in the pool, and if its reader has gone while it was lent.
   */
  reader: BufferReader | null = null;

  constructor(size: number, isScratch: boolean) {
    this.bytes = Buffer.allocUnsafeSlow(HEAD_ROOM + size);
    this.landing = this.bytes.subarray(HEAD_ROOM);
    this.isScratch = isScratch;
    (this.bytes as OwnedBuffer)[OWNER] = this;
  }
}

/** The record of a buffer that a connection read into, undefined for any other Buffer. */
export function readBufferOf(buffer: Buffer): ReadBuffer | undefined {
  return (buffer as OwnedBuffer)[OWNER];
}

export class ReadBuffers {
  readonly scratch = new ReadBuffer(SCRATCH_BYTES, true);
  readonly #pool: ReadBuffer[] = [];
  readonly #maxOut: number;
  #out = 0;
  /** What the read that has just been handled leaves for `nextLanding`. */
  #next: Uint8Array | undefined = undefined;

  /** `maxOut`: own buffers out at a time. */
  constructor(maxOut: number) {
    this.#maxOut = maxOut;
  }

  /** Own buffers in use. */
  get outCount(): number {
    return this.#out;
  }

  /** A buffer for one reader, or for one pending copy (`null`); null where too many are out. */
  take(reader: BufferReader | null): ReadBuffer | null {
    if (this.#out >= this.#maxOut) return null;
    this.#out += 1;
    const buffer = this.#pool.pop() ?? new ReadBuffer(OWN_BYTES, false);
    buffer.reader = reader;
    return buffer;
  }

  /** Its reader or writer does not need it any more; it goes back once nothing is lent. */
  release(buffer: ReadBuffer): void {
    buffer.reader = null;
    if (buffer.loans === 0) this.#giveBack(buffer);
  }

  /** A pending write that borrowed from it is over. */
  endLoan(buffer: ReadBuffer): void {
    buffer.loans -= 1;
    if (buffer.loans > 0) return;
    if (buffer.reader === null) this.#giveBack(buffer);
    else buffer.reader.onBufferFree();
  }

  /** The connection that was just read from goes on with this buffer, from `at` on. */
  landNext(buffer: ReadBuffer, at = HEAD_ROOM): void {
    this.#next = at === HEAD_ROOM ? buffer.landing : buffer.bytes.subarray(at);
  }

  /** The buffer generator of every socket: Node asks it right after each read; undefined keeps the buffer there is. */
  readonly nextLanding = (): Uint8Array | undefined => {
    const next = this.#next;
    this.#next = undefined;
    return next;
  };

  #giveBack(buffer: ReadBuffer): void {
    this.#out -= 1;
    if (this.#pool.length < MAX_POOLED_BUFFERS) this.#pool.push(buffer);
  }
}
