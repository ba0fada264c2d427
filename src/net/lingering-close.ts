/**
 * Closing a connection whose peer may still be sending. A plain close answers bytes that nobody reads with RST, and
 * that RST overtakes our answer: measured with a 413 during uploads, 164 to 177 of 200 answers were lost, and none
 * this way (nginx's `lingering_close`; RFC 9112 9.6).
 */
import { Timer } from './timer-wheel.ts';
import type { TimerWheel } from './timer-wheel.ts';
import type { CloseReason, Connection, ConnectionHandler } from './transport.ts';

export interface LingerOptions {
  /** Bytes still read and thrown away. Default 256 KiB. */
  readonly maxBytes?: number;
  /** How long the peer has to send its FIN. Default 5000. */
  readonly ms?: number;
}

const MAX_BYTES = 256 * 1024;
const MAX_MS = 5000;

/**
 * FIN after what was written; then reads and throws away until the peer's FIN, `maxBytes` or `ms`, and closes. Takes
 * the connection over: its handler is not called any more. `onClosed` is called last, once.
 */
export function lingerClose(
  connection: Connection,
  wheel: TimerWheel,
  options: LingerOptions = {},
  onClosed: (reason: CloseReason) => void = () => {},
): void {
  const linger = new LingeringClose(connection, wheel, options.maxBytes ?? MAX_BYTES, onClosed);
  connection.handler = linger;
  wheel.arm(linger, options.ms ?? MAX_MS);
  connection.end();
  connection.resume();
}

class LingeringClose extends Timer implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #wheel: TimerWheel;
  readonly #onClosed: (reason: CloseReason) => void;
  #bytesLeft: number;

  constructor(connection: Connection, wheel: TimerWheel, maxBytes: number, onClosed: (reason: CloseReason) => void) {
    super();
    this.#connection = connection;
    this.#wheel = wheel;
    this.#bytesLeft = maxBytes;
    this.#onClosed = onClosed;
  }

  onConnect(): void {}

  onBytes(_buffer: Buffer, start: number, end: number): void {
    this.#bytesLeft -= end - start;
    if (this.#bytesLeft < 0) this.#connection.close();
  }

  onDrain(): void {}

  /** With our FIN out as well, the connection closes by itself. */
  onEnd(): void {}

  onClose(reason: CloseReason): void {
    this.#wheel.disarm(this);
    this.#onClosed(reason);
  }

  override onTimeout(): void {
    this.#connection.close();
  }

  override onFault(): void {
    this.#connection.reset();
  }
}
