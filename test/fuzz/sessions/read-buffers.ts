/** Buffers that reads of the transport in memory land in. Whatever outlives its loan is overwritten, so that it shows. */
import { HEAD_ROOM } from '../../../src/net/transport.ts';

/** No text of HTTP has it, and a text that does is not what was sent. */
const POISON = 0xdd;
const READ_BYTES = 64 * 1024;

export class ReadBuffer {
  readonly bytes = Buffer.alloc(HEAD_ROOM + READ_BYTES, POISON);
  /** Pending writes that borrow from it. */
  loans = 0;
  isDelivering = false;
  /** What was read ends here. */
  end = HEAD_ROOM;
}

export class ReadBuffers {
  readonly #free: ReadBuffer[] = [];
  readonly #owners = new WeakMap<Buffer, ReadBuffer>();

  /** The most that one read delivers. */
  readonly maxBytes = READ_BYTES;

  /** A buffer with these bytes behind its head-room. */
  fill(bytes: Buffer): ReadBuffer {
    const buffer = this.#free.pop() ?? this.#make();
    buffer.isDelivering = true;
    buffer.end = HEAD_ROOM + bytes.copy(buffer.bytes, HEAD_ROOM);
    return buffer;
  }

  #make(): ReadBuffer {
    const buffer = new ReadBuffer();
    this.#owners.set(buffer.bytes, buffer);
    return buffer;
  }

  /** The handler has returned. */
  delivered(buffer: ReadBuffer): void {
    buffer.isDelivering = false;
    this.#reuse(buffer);
  }

  /** A pending write borrows from `bytes`; null where it is no read buffer. */
  lend(bytes: Buffer): ReadBuffer | null {
    const buffer = this.#owners.get(bytes) ?? null;
    if (buffer !== null) buffer.loans++;
    return buffer;
  }

  endLoan(buffer: ReadBuffer): void {
    buffer.loans--;
    this.#reuse(buffer);
  }

  /** Overwrites what `writeHead` may overwrite in front of the bytes it is given. */
  spoilFront(bytes: Buffer, start: number, room: number): void {
    const buffer = this.#owners.get(bytes);
    if (buffer?.loans === 0 && room <= start) bytes.fill(POISON, start - room, start);
  }

  #reuse(buffer: ReadBuffer): void {
    if (buffer.isDelivering || buffer.loans > 0) return;
    buffer.bytes.fill(POISON, HEAD_ROOM, buffer.end);
    this.#free.push(buffer);
  }
}
