/**
 * The byte stream behind one interface. `net/` is the only room that knows what a socket is made of;
 * codecs and exchanges see a {@link Connection}. An engine is a folder in `net/` that implements
 * {@link Transport} and passes `test/conformance/transport.ts`.
 *
 * **Ownership.** Bytes given to `onBytes` are borrowed until it returns; a handler that needs them longer copies them.
 * `writeBytes` and `writeHead` return true when all of it has left or been copied. False means: the bytes stay borrowed
 * until `onDrain`; the reader of the other side pauses and its buffer is not reused until then.
 */
import type { ProxyTls } from './proxy-protocol/tlvs.ts';
import type { TlsDial, TlsFailure, TlsHandshake, TlsInfo, TlsProfile } from './tls.ts';

/** Bytes kept free in front of the read position of every read buffer, for a rewritten head. */
export const HEAD_ROOM = 2048;

/** Why a connection ended, or could not be made. */
export type CloseKind =
  /** Both sides have finished: FIN sent and received. */
  | 'end'
  /** The peer reset the connection (ECONNRESET, EPIPE). */
  | 'reset'
  /** We closed or reset it ourselves. */
  | 'local'
  /** Connect failed: nobody listens (ECONNREFUSED; of a unix socket ENOENT as well). */
  | 'refused'
  /** Connect failed: no way there, the kernel's own time limit (EHOSTUNREACH, ENETUNREACH, ETIMEDOUT), or the backlog of a unix socket is full (EAGAIN). */
  | 'unreachable'
  /** Connect failed for want of something of ours (EMFILE, ENFILE, EADDRNOTAVAIL, ENOMEM, EACCES): never the peer's fault. */
  | 'ours'
  /** The handshake, the peer's certificate or a record of TLS was not right; `code` says what. */
  | 'tls'
  /** Both sides have finished, but the peer without the end that TLS has: somebody may have cut what it sent. */
  | 'truncated'
  /** Anything else the system reported. */
  | 'error';

export interface CloseReason {
  readonly kind: CloseKind;
  /** The system's error code where there was one, e.g. `ECONNRESET`; of `tls` that of Node or OpenSSL. */
  readonly code: string;
  /** Of a certificate that was refused: what was expected and what it has, for the log. It comes from the peer. */
  readonly detail?: string;
}

/** `ended`: the peer has sent FIN; `gone`: it has reset the connection. */
export type PeerState = 'there' | 'ended' | 'gone';

/** An address at one end of a connection. */
export interface EndAddress {
  /** In its shortest form: `::ffff:a.b.c.d` reads `a.b.c.d`. */
  readonly address: string;
  readonly port: number;
}

/** What a PROXY header has said of a client's connection, besides who the peer is. Texts are latin1, `''`: not said. */
export interface ProxiedFacts {
  /** Where the client connected to, at the proxy in front. */
  readonly destination: EndAddress;
  /** The name that it asked for, in TLS mostly. */
  readonly authority: string;
  /** What the proxy in front calls the connection. */
  readonly uniqueId: string;
  /** The protocol agreed on in TLS, there. */
  readonly alpn: string;
  /** How the client came to it by TLS; null: it did not, as far as it says. */
  readonly tls: ProxyTls | null;
}

/** What is known of a connection besides its bytes. */
export interface ConnectionFacts {
  /** What the client's bytes came over: plain TCP or TLS; of a client behind a proxy, as its PROXY header says. */
  readonly scheme: 'http' | 'https';
  /** The protocol that the two sides agreed on in TLS (`h2`), `''` without. */
  readonly alpn: string;
  /** The name that the client asked for in TLS (SNI), in lower case, `''` without. */
  readonly serverName: string;
  /** The client: the other end of the connection, or the address that a PROXY header names. By a unix socket: `unix`, port 0. */
  readonly peer: EndAddress;
  /** The port that the peer connected to, by the same source; 0: a unix socket. */
  readonly localPort: number;
  /** Null: not over TLS. */
  readonly tls: TlsInfo | null;
  /** Left out: the peer is the other end of the connection. */
  readonly proxied?: ProxiedFacts;
}

/** The events of a connection. Every call is made under the transport's guard. */
export interface ConnectionHandler {
  /** A dialled connection is established, and where it speaks TLS the peer is verified. Never called for accepted ones. */
  onConnect(): void;
  /**
   * Bytes arrived in `buffer[start, end)`, borrowed until this returns. `start` is at least {@link HEAD_ROOM} where the
   * engine owns its buffers; only `writeHead` builds on that, and checks it. Not called after our `reset` or `close`.
   */
  onBytes(buffer: Buffer, start: number, end: number): void;
  /** Everything written has left; a borrowed buffer is free again. Called only after a write returned false. */
  onDrain(): void;
  /** The peer sent FIN; our side can still write. */
  onEnd(): void;
  /** The connection is gone. Called exactly once, last, also for a connect that failed; never from within a call of ours. */
  onClose(reason: CloseReason): void;
  /** Our own code threw inside one of the calls above. Answer if that is still possible, then let go of the connection. */
  onFault(error: unknown): void;
}

export interface Connection {
  /** Called with the connection's events; can be replaced at any time (upgrade, lingering close, return to a pool). */
  handler: ConnectionHandler;
  /** Written by the engine, and by stages before a codec has the connection; see {@link AcceptedConnection}. */
  readonly facts: ConnectionFacts;
  /** The other end, whoever counts as the peer, in its shortest form: `::ffff:a.b.c.d` reads `a.b.c.d`. Of a unix socket: `unix`. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** True while bytes wait to leave (the last write returned false and `onDrain` has not come yet). */
  readonly isBlocked: boolean;
  /** True from our `reset`, `close` or the peer's reset on: writes are ignored. */
  readonly isClosed: boolean;
  /** True once the peer's FIN has been read. */
  readonly hasEnded: boolean;
  /**
   * Known when `onEnd` is called: the peer has ended without saying so in TLS, so that what it sent may not be all. A
   * doubt counts as no; always false without TLS.
   */
  readonly isTruncated: boolean;
  /** Bytes that the peer's system has taken, as the last `look` found; -1 before the first. */
  readonly takenBytes: number;
  /** Bytes given to it that the peer's system had yet to take, as the last `look` found; 0 before the first. */
  readonly untakenBytes: number;
  /** What the last `look` found is not there yet. */
  readonly isLooking: boolean;
  /** Whether the peer has left, as the last `look` found, be it behind bytes that nobody has read. */
  readonly peerState: PeerState;
  /** Bytes read since the connection began. */
  readonly bytesRead: number;
  /** Writes latin1 text. The text is always copied: false only says that it is time to wait for `onDrain`. */
  write(text: string): boolean;
  /** Writes bytes without copying them; see Ownership. */
  writeBytes(buffer: Buffer, start: number, end: number): boolean;
  /**
   * Writes latin1 text (a head, a chunk's size) and the bytes behind it, in one write where that is possible. May
   * overwrite `buffer` in front of `start` (head-room and what was read and used up). An engine whose reads land in
   * foreign buffers has no head-room there, and writes both parts side by side.
   */
  writeHead(text: string, buffer: Buffer, start: number, end: number): boolean;
  /**
   * Gathers text until `uncork` into one write. Bytes that are lent never wait for that: they leave at once,
   * with the text gathered before them.
   */
  cork(): void;
  /** Returns what `write` does. */
  uncork(): boolean;
  /** Stops reading at once. Whether a paused connection sees FIN or RST is not promised: most likely when it resumes. */
  pause(): void;
  resume(): void;
  /**
   * Looks up what the system knows of this connection, for a caller that has waited long: it may cost milliseconds in
   * another thread. What it finds is there a little later. An engine whose system tells nothing leaves `peerState`
   * `there`, and counts as taken what has left for the kernel.
   */
  look(): void;
  /** FIN after what is pending; reading goes on. */
  end(): void;
  /** RST now; what is pending is lost. A unix socket has none and closes. After this and `close` only `onClose` follows. */
  reset(): void;
  /** Closes now, after handing the kernel what it takes; use `end` where the peer should read everything. */
  close(): void;
}

/** A connection on which no protocol is spoken yet: a stage may replace the engine's facts by others. */
export interface AcceptedConnection extends Connection {
  facts: ConnectionFacts;
}

export interface TcpListenOptions {
  readonly host: string;
  readonly port: number;
  /** Several threads may listen on the address, the kernel spreads connections. */
  readonly reusePort: boolean;
  /** Default 4096 (the kernel bounds it by somaxconn). */
  readonly backlog?: number;
}

export interface UnixListenOptions {
  /** As in {@link DialAddress}. It must not be there yet, and goes when the listener closes, whoever it belongs to then. */
  readonly path: string;
  readonly backlog?: number;
}

export type ListenOptions = TcpListenOptions | UnixListenOptions;

/** A listening socket. */
export interface Listener {
  /** Of a unix socket its path. */
  readonly host: string;
  readonly port: number;
  /** It can be handed to another thread, and rest on the way. */
  readonly canMove: boolean;
  /** Connections of this listener that are open. */
  readonly connectionCount: number;
  /**
   * Stops accepting without closing (e.g. at the descriptor limit); connections wait in the backlog. One that cannot
   * rest accepts a few more, which wait unread, and closes the others.
   */
  pauseAccepting(): void;
  resumeAccepting(): void;
  /** Closes the listening socket; accepted connections live on. */
  close(): Promise<void>;
}

/** Where a connect goes. */
export type DialAddress =
  /** A numeric address: names are resolved by the control plane, never here. */
  | { readonly host: string; readonly port: number }
  /** A unix socket, as the system names it: a name without a file begins with NUL. */
  | { readonly path: string };

export type DialOptions = DialAddress & {
  /** Speaks TLS there. */
  readonly tls?: TlsDial;
};

/** What becomes of a client's handshake: one of the two is called, once. */
export interface HandshakeHandler {
  /** The connection that takes the place of the accepted one. Returns its handler. */
  onSecured(connection: AcceptedConnection): ConnectionHandler;
  /** It failed; the client has been told where that is possible, and the connection is closed. */
  onFailed(failure: TlsFailure): void;
}

export interface Transport {
  /** The engine's name, shown by `fairlead check`. */
  readonly name: string;
  /** Resolves once the socket listens, rejects with the system's error (EADDRINUSE …). `accept` returns the connection's handler. */
  listen(options: ListenOptions, accept: (connection: AcceptedConnection) => ConnectionHandler): Promise<Listener>;
  /** Begins a connect; `onConnect` or `onClose` of the handler follows, never before this returns. Writes before that are kept. */
  dial(options: DialOptions, handler: ConnectionHandler): Connection;
  /**
   * Speaks TLS on an accepted connection. `held` is what has been read from it so far, the beginning of the handshake,
   * borrowed until this returns; null: nothing. The connection is used up: nothing may be done with it any more, and it stays one of its listener's
   * until it has closed. The new one has its facts, with those of TLS; a server name that stands there already stays.
   * `onSecured` and `onFailed` come never before this returns.
   */
  secure(
    connection: AcceptedConnection,
    held: Buffer | null,
    profile: TlsProfile,
    handler: HandshakeHandler,
  ): TlsHandshake;
}

/** Called with what the guard caught: an exception in our own code inside a handler. */
export type FaultReporter = (error: unknown) => void;
