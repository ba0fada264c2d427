/** What a connection without TLS needs of its socket: a `net.Socket` has all of it, and so has a `HandleSocket`. */

export type OnFlushed = (error?: Error | null) => void;

export interface PlainSocket {
  readonly connecting: boolean;
  /** Our FIN has left. */
  readonly writableFinished: boolean;
  /** Bytes that have yet to leave. */
  readonly writableLength: number;
  /** Undefined: the system does not know it, or not any more. */
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Reads from now on; what is read comes later. */
  read(count: 0): unknown;
  pause(): unknown;
  /** `onFlushed` of an empty text: all that was written before it has left. */
  write(text: string, encoding: 'latin1', onFlushed?: OnFlushed): unknown;
  write(bytes: Uint8Array): unknown;
  /** What is written until `uncork` leaves together. */
  cork(): void;
  uncork(): void;
  once(event: 'finish', onFinish: () => void): unknown;
  end(): unknown;
  destroy(): unknown;
  resetAndDestroy(): unknown;
}
