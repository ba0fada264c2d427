/**
 * Datagrams behind one interface, as `transport.ts` is for streams. A datagram that is handed over belongs to whoever
 * gets it: nothing lands on it later.
 */
import type { CloseReason } from './transport.ts';

/** Where a datagram came from, as the system writes it, and where an answer goes. */
export interface DatagramPeer {
  readonly address: string;
  readonly port: number;
}

export interface DatagramListenOptions {
  /** `''`: every address. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Other sockets of this user may have the address as well; the system keeps each sender at one of them. */
  readonly reusePort: boolean;
}

/** Hears of a socket that takes datagrams from everybody. */
export interface DatagramListenerEvents {
  onDatagram(datagram: Buffer, peer: DatagramPeer): void;
  /** One that was taken by `send` could not be sent after all. */
  onUnsent(): void;
  /** Our own code threw in one of these; it has been reported already. */
  onFault(error: unknown): void;
}

/** A socket that takes datagrams from everybody. */
export interface DatagramListener {
  readonly port: number;
  /** False: it is dropped, since too many wait to be sent already, or nobody can be answered at port 0. */
  send(datagram: Buffer, to: DatagramPeer): boolean;
  /** What has arrived and was not read yet is lost. */
  close(): void;
}

/** Hears of a socket that exchanges datagrams with one peer. */
export interface DatagramFlowEvents {
  /** Datagrams can be sent. */
  onOpen(): void;
  onDatagram(datagram: Buffer): void;
  /**
   * It could not be opened, the peer refuses (told by ICMP: an earlier datagram was refused), or this one could not be
   * sent. It stays open unless `onOpen` has not come yet. `unsent`: has not been sent; null: no one in particular.
   */
  onError(reason: CloseReason, unsent: Buffer | null): void;
  /** Our own code threw in one of these; it has been reported already. */
  onFault(error: unknown): void;
}

/** A socket that exchanges datagrams with one peer; of others it hears nothing. */
export interface DatagramFlow {
  /** False: too many wait to be sent already, and this one is dropped. */
  send(datagram: Buffer): boolean;
  /** Nothing is heard of it any more. */
  close(): void;
}

export interface Datagrams {
  /** Rejects with the system's error. */
  listen(options: DatagramListenOptions, events: DatagramListenerEvents): Promise<DatagramListener>;
  /** `host`: a numeric address. What comes of it is told later. */
  connect(to: { readonly host: string; readonly port: number }, events: DatagramFlowEvents): DatagramFlow;
}
