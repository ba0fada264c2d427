/**
 * What an exchange and a codec say to each other. A client connection carries one exchange at a time
 * (HTTP/1.1) or many (HTTP/2), and so does an upstream connection; back-pressure, end, trailers, abort and
 * reset are said in these words, and each codec says them in its own protocol.
 *
 * Bytes follow the ownership rule of `net/transport.ts`. Heads and small bodies are gathered: a codec may keep
 * what it was given until `flush`, which ends every burst of calls made from one read.
 */
import type { Fault } from '../core/errors.ts';
import type { RequestHead, ResponseHead } from './head.ts';

/** The client's side of one exchange, implemented by a codec's server session. */
export interface ClientStream {
  /** The peer, and where it connected to. */
  readonly remoteAddress: string;
  readonly localPort: number;
  /** `http` or `https`. */
  readonly scheme: string;
  /** HTTP version of this client's request: 10, 11 or 20. */
  readonly isBlocked: boolean;
  /** 1xx other than 101. */
  sendInformational(head: ResponseHead): void;
  /**
   * The final head. `extra` are header lines of ours. `hasBody` is false for HEAD, 204, 304: then the
   * framing lines pass and no body follows. `close` asks that the connection ends after this message.
   */
  sendHead(head: ResponseHead, extra: string, hasBody: boolean, close: boolean): void;
  /** False: borrowed until `onClientDrain`. */
  sendBody(buffer: Buffer, start: number, end: number): boolean;
  /** The message is complete. `trailers` are header lines, `''` without any. */
  sendEnd(trailers: string): void;
  flush(): void;
  /** The response broke: the client must see it as broken (connection closed, no final chunk). */
  abort(): void;
  /** Answers with an error of ours and closes where the request is not finished (lingering). Only before `sendHead`. */
  sendFault(fault: Fault, requestId: string, extra: string, wantsJson: boolean, isHead: boolean): void;
  /** Stops and goes on reading the request's body. */
  pauseBody(): void;
  resumeBody(): void;
  /** The exchange reads no more of the request body: it is to be discarded, and the connection ends after the answer. */
  discardBody(): void;
  /** Turns the connection into a tunnel after a 101: `head` goes out, bytes pass as they are from now on, both ways. */
  upgrade(head: ResponseHead, extra: string): void;
  /** Half-close of a tunnel. */
  endTunnel(): void;
}

/** What an exchange hears from its client. */
export interface ClientEvents {
  onRequest(head: RequestHead): void;
  onRequestBody(buffer: Buffer, start: number, end: number): void;
  onRequestEnd(trailers: string): void;
  /** End of the burst of one read. */
  onRequestFlush(): void;
  onClientDrain(): void;
  /** FIN: of a tunnel, its half-close; of a request in flight, a cancel unless the listener allows half-close. */
  onClientEnd(): void;
  /** The client is gone, by RST or because its message broke. */
  onClientGone(): void;
  /** The request broke in its body (bad chunk, too large …): answer while that is possible. */
  onRequestBroken(fault: Fault): void;
}

/** The endpoint's side of one attempt, implemented by a codec's client session. */
export interface UpstreamStream {
  /** Whether this connection carried a message before. */
  readonly isReused: boolean;
  readonly isBlocked: boolean;
  /** `extra` are header lines of ours. Nothing has been written before this call. */
  sendHead(head: RequestHead, target: string, authority: string, extra: string): void;
  /** False: borrowed until `onUpstreamDrain`. */
  sendBody(buffer: Buffer, start: number, end: number): boolean;
  sendEnd(trailers: string): void;
  flush(): void;
  pauseBody(): void;
  resumeBody(): void;
  /** Gives the attempt up: the connection is reset, its endpoint sees the request as broken. */
  abort(): void;
  endTunnel(): void;
}

/** What an attempt hears from its upstream connection. */
export interface UpstreamEvents {
  /** The connection is there (at once where it is a reused one); the request may be sent. */
  onUpstreamReady(stream: UpstreamStream): void;
  onInformational(head: ResponseHead): void;
  onResponse(head: ResponseHead): void;
  onResponseBody(buffer: Buffer, start: number, end: number): void;
  /** After this the connection belongs to its pool again, or is closed. */
  onResponseEnd(trailers: string): void;
  onResponseFlush(): void;
  onUpstreamDrain(): void;
  /** FIN within a tunnel. */
  onUpstreamEnd(): void;
  /** The attempt failed: why, and whether anything of the response had been seen is the exchange's to know. */
  onUpstreamFailed(failure: UpstreamFailure): void;
}

/** Why an attempt failed; the last one is never the endpoint's fault. */
export type UpstreamFailure =
  | 'refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'reset'
  | 'closed'
  | 'bad-response'
  | 'unexpected-upgrade'
  | 'queue-timeout'
  | 'local-resources';
