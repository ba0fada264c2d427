/**
 * A TLS connection whose records land in buffers of ours.
 *
 * Node decrypts all that one read of the socket has brought, record by record, and no pause or false stops it before
 * that: up to {@link BURST_BYTES} more may come. And where a record lands is settled when the one before it has landed.
 * So:
 *
 * - A short record, and one that has come alone, is delivered at once from the scratch, which all connections share.
 * - A full one that others have come with, those that follow before it has been delivered, and one that comes while the
 *   handler has paused are **kept**: in a buffer of the connection's own, one behind another, so that they are one piece.
 *   They are delivered with the last of them, as far as that can be told, or in the next turn of the loop, or when the
 *   buffer is full, or before the peer's end.
 * - After the last of them the buffer is given back, if nothing of it is lent: so the next burst, of whichever
 *   connection, lands where the cache of the processor is warm.
 * - Nothing ever lands on what is kept or lent. Where a burst begins with less than {@link BURST_BYTES} behind it, it
 *   goes on at the front if all before it is free, else in a second buffer; the first one is given back when it is free.
 * - With no buffer to be had it is copied, and the socket rests until the copies are delivered.
 */
import { HEAD_ROOM } from '../transport.ts';
import type { BufferReader, ReadBuffer } from './read-buffers.ts';
import { TlsConnection } from './tls-connection.ts';

/** The longest record: Node decrypts into a buffer of this size. */
const RECORD_BYTES = 16 * 1024;
/** One read of the socket, and what was left of the one before: five records. */
const BURST_BYTES = 5 * RECORD_BYTES;
/** What a record has besides its cleartext, with the ciphers that are offered. */
const OVERHEAD_BYTES = 22;
const OVERHEAD_BYTES_OF_1_2 = 29;
/** Ciphertext that may be left when all records are open: ones that only change keys, the first bytes of the next. */
const MOST_LEFT = 64;

/** Bytes that were read and not delivered. */
interface Kept {
  readonly bytes: Buffer;
  readonly start: number;
  end: number;
  /** Null: a copy. */
  readonly source: ReadBuffer | null;
}

export class TlsOnreadConnection extends TlsConnection implements BufferReader {
  /** Where the next record lands. */
  #landing: ReadBuffer = this.host.buffers.scratch;
  #at = HEAD_ROOM;
  /** The buffer before that, while it is lent or something of it is kept. */
  #former: ReadBuffer | null = null;
  #kept: Kept[] = [];
  #isReading = false;
  #isDue = false;
  /** Ciphertext that cleartext has come of. */
  #opened = 0;
  /** Of each record; 0: not known yet. */
  #overhead = 0;
  /** The least that the ciphertext was ever ahead of that: what the handshake and tickets took. */
  #leastAhead = Infinity;

  /** A record of `count` bytes has landed. False: stop reading. */
  read(count: number): boolean {
    if (this.isClosed) return false;
    this.#isReading = true;
    this.noteRead();
    const isLast = this.#isLast(count);
    if (this.#landing.isScratch) this.#readScratch(count, isLast);
    else this.#readOwn(count, isLast);
    this.#isReading = false;
    // Closed by its handler, it still gets the other records of this burst: not on top of what it has lent.
    if (this.isClosed) this.host.buffers.landNext(this.host.buffers.scratch);
    else if (this.#kept.length > 0) this.#deliverSoon();
    return this.#mayRead();
  }

  /**
   * Whether no other record has come with this one, as far as that can be told from how much ciphertext there was. Where
   * it errs, bytes are delivered sooner or a turn later.
   */
  #isLast(count: number): boolean {
    if (this.#overhead === 0)
      this.#overhead = this.facts.tls?.version === 'TLSv1.2' ? OVERHEAD_BYTES_OF_1_2 : OVERHEAD_BYTES;
    this.#opened += count + this.#overhead;
    const ahead = this.cipherRead - this.#opened;
    // One that comes alone is all that there is, mostly.
    const isAlone = count < RECORD_BYTES && this.#kept.length === 0;
    if (isAlone || ahead < this.#leastAhead) this.#leastAhead = ahead;
    return ahead - this.#leastAhead <= MOST_LEFT;
  }

  #readScratch(count: number, isLast: boolean): void {
    const { bytes } = this.#landing;
    if ((isLast || count < RECORD_BYTES) && !this.isPaused && this.#kept.length === 0) {
      this.deliver(bytes, HEAD_ROOM, HEAD_ROOM + count);
      return;
    }
    const own = this.host.buffers.take(this);
    if (own === null) {
      const copy = Buffer.allocUnsafeSlow(count);
      bytes.copy(copy, 0, HEAD_ROOM, HEAD_ROOM + count);
      this.#kept.push({ bytes: copy, start: 0, end: count, source: null });
      return;
    }
    bytes.copy(own.bytes, HEAD_ROOM, HEAD_ROOM, HEAD_ROOM + count);
    this.#keep(own, HEAD_ROOM, count);
    this.#landAt(own, HEAD_ROOM + count);
  }

  #readOwn(count: number, isLast: boolean): void {
    const own = this.#landing;
    const at = this.#at;
    const isFirst = this.#kept.length === 0;
    if (!this.isPaused && (isLast || (isFirst && count < RECORD_BYTES))) {
      if (isFirst) {
        this.deliver(own.bytes, at, at + count);
      } else {
        this.#keep(own, at, count);
        this.deliverKept();
      }
      if (this.isClosed) return;
      if (this.#kept.length === 0) this.#moveOn(own, at + count, isLast);
      else this.#goOn(own, at + count);
      return;
    }
    this.#keep(own, at, count);
    if (isFirst && own.bytes.length - at - count < BURST_BYTES) this.#beginElsewhere(own, at, count);
    else this.#goOn(own, at + count);
  }

  /** Nothing of it is kept. `isOver`: nor has more come with it. */
  #moveOn(own: ReadBuffer, at: number, isOver: boolean): void {
    if (own.loans > 0) {
      if (own.bytes.length - at >= BURST_BYTES) this.#landAt(own, at);
      else this.#landElsewhere(own);
    } else if (isOver && this.#former === null) {
      this.#landing = this.host.buffers.scratch;
      this.host.buffers.release(own);
      this.#landAt(this.#landing, HEAD_ROOM);
    } else {
      this.#landAt(own, HEAD_ROOM);
    }
  }

  /** Behind what is kept. */
  #goOn(own: ReadBuffer, at: number): void {
    if (own.bytes.length - at >= RECORD_BYTES) {
      this.#landAt(own, at);
      return;
    }
    this.deliverKept();
    if (this.isClosed) return;
    if (this.#kept.length === 0) this.#moveOn(own, at, false);
    else this.#landElsewhere(own);
  }

  /** The first record of a burst has little room behind it. */
  #beginElsewhere(own: ReadBuffer, at: number, count: number): void {
    const isFree = own.loans === 0;
    const next = isFree ? own : this.#takeNext();
    if (next === null) {
      this.#goOn(own, at + count);
      return;
    }
    own.bytes.copy(next.bytes, HEAD_ROOM, at, at + count);
    this.#kept = [];
    this.#keep(next, HEAD_ROOM, count);
    if (!isFree) this.#former = own;
    this.#landAt(next, HEAD_ROOM + count);
  }

  /** In another buffer: this one is full of what is lent or kept. */
  #landElsewhere(own: ReadBuffer): void {
    const next = this.#takeNext();
    if (next !== null) {
      this.#former = own;
      this.#landAt(next, HEAD_ROOM);
      return;
    }
    this.#leave(own);
    this.#landAt(this.host.buffers.scratch, HEAD_ROOM);
  }

  #takeNext(): ReadBuffer | null {
    return this.#former === null ? this.host.buffers.take(this) : null;
  }

  /** It is not landed in any more. What is kept of it is copied, so that it can go where it is lent from. */
  #leave(own: ReadBuffer): void {
    this.#kept = this.#kept.map((kept) => {
      if (kept.source !== own) return kept;
      const bytes = Buffer.from(kept.bytes.subarray(kept.start, kept.end));
      return { bytes, start: 0, end: bytes.length, source: null };
    });
    this.host.buffers.release(own);
  }

  #landAt(buffer: ReadBuffer, at: number): void {
    this.#landing = buffer;
    this.#at = at;
    this.host.buffers.landNext(buffer, at);
  }

  #keep(source: ReadBuffer, start: number, count: number): void {
    const last = this.#kept.at(-1);
    if (last?.source === source && last.end === start) last.end += count;
    else this.#kept.push({ bytes: source.bytes, start, end: start + count, source });
  }

  // ——— delivering what is kept

  #deliverSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(deliverKept, this);
  }

  /** In the next turn of the loop. */
  onDue(): void {
    this.#isDue = false;
    if (this.isClosed) return;
    this.deliverHeld();
    if (this.#mayRead()) this.#readOn();
  }

  protected override deliverKept(): boolean {
    while (this.#kept.length > 0 && !this.isPaused && !this.isClosed) {
      const { bytes, start, end, source } = this.#kept.shift() as Kept;
      this.deliver(bytes, start, end);
      if (source !== null && source === this.#former) this.#giveFormerBack();
    }
    return this.#kept.length === 0;
  }

  #giveFormerBack(): void {
    const former = this.#former;
    if (former === null || former.loans > 0 || this.#kept.some(({ source }) => source === former)) return;
    this.#former = null;
    this.host.buffers.release(former);
  }

  onBufferFree(): void {
    this.#giveFormerBack();
    if (!this.#isReading && this.#mayRead()) this.#readOn();
  }

  // ——— reading and not reading

  /** Nothing is read while something is lent, whether or not the handler has paused, nor while copies wait. */
  #mayRead(): boolean {
    if (this.isPaused || this.isClosed || this.hasEnded || !this.isConnected || this.#landing.loans > 0) return false;
    if (this.#former !== null && this.#former.loans > 0) return false;
    return !this.#landing.isScratch || this.#kept.length === 0;
  }

  #readOn(): void {
    this.tlsSocket?.read(0);
  }

  protected override startReading(): void {
    if (this.#kept.length > 0 || this.isEndHeld) this.#deliverSoon();
    if (!this.#isReading && this.#mayRead()) this.#readOn();
  }

  protected override stopReading(): void {
    if (!this.#isReading && this.isConnected) this.tlsSocket?.pause();
  }

  protected override releaseBuffer(): void {
    this.#kept = [];
    const { scratch } = this.host.buffers;
    const own = this.#landing;
    const former = this.#former;
    this.#landing = scratch;
    this.#former = null;
    if (own !== scratch) this.host.buffers.release(own);
    if (former !== null) this.host.buffers.release(former);
  }
}

function deliverKept(connection: TlsOnreadConnection): void {
  connection.onDue();
}
