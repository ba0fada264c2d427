/**
 * Writes one message after another to a connection: the head is kept until the first body bytes or the flush,
 * so that both leave in one write; small chunks of one read are gathered the same way.
 */
import type { Connection } from '../net/transport.ts';
import { chunkHead, lastChunk } from './chunk-encoder.ts';

/** Chunks up to this size are gathered as text, which costs a copy and saves a write. */
const GATHER_BYTES = 4096;
/** Gathered text is written at this length at the latest. */
const GATHER_LIMIT = 16384;

export class MessageWriter {
  readonly connection: Connection;
  #pending = '';
  #isChunked = false;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Begins a message. */
  head(text: string, isChunked: boolean): void {
    this.#pending = this.#pending === '' ? text : this.#pending + text;
    this.#isChunked = isChunked;
  }

  /** False: the bytes stay borrowed until the connection's `onDrain`. */
  body(buffer: Buffer, start: number, end: number): boolean {
    if (this.#isChunked) return this.#chunk(buffer, start, end);
    const text = this.#pending;
    if (text === '') return this.connection.writeBytes(buffer, start, end);
    this.#pending = '';
    return this.connection.writeHead(text, buffer, start, end);
  }

  #chunk(buffer: Buffer, start: number, end: number): boolean {
    const size = end - start;
    const text = this.#pending + chunkHead(size);
    if (size <= GATHER_BYTES) {
      this.#pending = `${text}${buffer.latin1Slice(start, end)}\r\n`;
      if (this.#pending.length < GATHER_LIMIT) return !this.connection.isBlocked;
      return this.flush();
    }
    // The chunk's last CRLF goes with whatever comes next: the next chunk's size, the end, or the flush.
    this.#pending = '\r\n';
    return this.connection.writeHead(text, buffer, start, end);
  }

  /** Ends the message; `trailers` are lost where the body is not chunked. */
  end(trailers: string): void {
    if (this.#isChunked) this.#pending += lastChunk(trailers);
    this.#isChunked = false;
  }

  flush(): boolean {
    const text = this.#pending;
    if (text === '') return !this.connection.isBlocked;
    this.#pending = '';
    return this.connection.write(text);
  }

  /** The head has not been written yet, so nothing of the message has left. (Chunks never begin like this.) */
  get holdsHead(): boolean {
    return this.#pending.startsWith('HTTP/');
  }

  /** Forgets what has not left: the message is broken. */
  drop(): void {
    this.#pending = '';
    this.#isChunked = false;
  }
}
