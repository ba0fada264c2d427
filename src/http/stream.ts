/**
 * What an exchange and a codec say to each other. A client connection carries one exchange at a time
 * (HTTP/1.1) or many (HTTP/2), and so does an upstream connection; back-pressure, end, trailers, abort and
 * reset are said in these words, and each codec says them in its own protocol.
 *
 * Bytes follow the ownership rule of `net/transport.ts`. Heads and small bodies are gathered: a codec may keep
 * what it was given until `flush`, which ends every burst of calls made from one read.
 */
import type { Fault } from '../core/errors.ts';
import type { ClientConnection } from './client-connection.ts';
import type { RequestHead, ResponseHead } from './head.ts';
import type { OutgoingRequest } from './outgoing.ts';
import type { Route } from './routing.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Pool } from '../upstream/pool.ts';
import type { OwnedWaiter } from '../upstream/owner.ts';

/** The client's side of one exchange, implemented by a codec's server session. */
export interface ClientStream {
  /** The connection that it is a stream of, perhaps one of many. */
  readonly connection: ClientConnection;
  readonly isBlocked: boolean;
  /** As `look`, `takenBytes` and `untakenBytes` of a connection. */
  readonly takenBytes: number;
  readonly untakenBytes: number;
  look(): void;
  /** Something of the final response has left, or may have: from then on only `abort` can tell that it broke. */
  readonly hasBegun: boolean;
  /** 1xx other than 101. */
  sendInformational(head: ResponseHead): void;
  /**
   * The final head. `hasBody` is false for HEAD, 204, 304: then the framing lines pass and no body follows.
   * `close` asks that the connection ends after this message. What was made of a head is kept for its next time on the
   * same `route` alone, since the steps of another may make something else of it. `lines` go out with it this once.
   */
  sendHead(head: ResponseHead, hasBody: boolean, close: boolean, route: Route, lines: string): void;
  /** False: borrowed until `onClientDrain`. */
  sendBody(buffer: Buffer, start: number, end: number): boolean;
  /** The message is complete. `trailers` are header lines, `''` without any. */
  sendEnd(trailers: string): void;
  flush(): void;
  /** The response broke: the client must see it as broken (connection closed, no final chunk). */
  abort(): void;
  /** Answers with an error of ours and closes where the request is not finished (lingering). Only while `hasBegun` is false. */
  sendFault(fault: Fault, requestId: string, wantsJson: boolean, lines: string | null): void;
  /** Stops and goes on reading the request's body. */
  pauseBody(): void;
  resumeBody(): void;
  /** Turns the connection into a tunnel after a 101: `head` and `lines` go out, bytes pass as they are from now on, both ways. */
  upgrade(head: ResponseHead, lines: string): void;
  /** Half-close of a tunnel. */
  endTunnel(): void;
  /** The exchange is over and lets go of this stream; the connection may begin its next. The last call of an exchange. */
  done(): void;
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
  /** Our own code threw while it handled this exchange. */
  onOwnFault(): void;
}

/** The endpoint's side of one attempt, implemented by a codec's client session. */
export interface UpstreamStream {
  /** Whether this connection carried a message before. */
  readonly isReused: boolean;
  /** Some of a response has come, even if only the beginning of its head. */
  readonly hasAnswered: boolean;
  readonly isBlocked: boolean;
  /** As `look` and `takenBytes` of a connection. */
  readonly takenBytes: number;
  look(): void;
  /** Nothing has been written before this call. `requestId` is new each time, and so are `lines`, which go out behind. */
  sendHead(request: OutgoingRequest, requestId: string, lines: string): void;
  /** False: borrowed until `onUpstreamDrain`. */
  sendBody(buffer: Buffer, start: number, end: number): boolean;
  sendEnd(trailers: string): void;
  flush(): void;
  pauseBody(): void;
  resumeBody(): void;
  /** The exchange has what it wanted, both messages are complete: the connection goes back to its pool, or is closed where it cannot be used again. */
  release(): void;
  /** Gives the attempt up: the connection is reset, its endpoint sees the request as broken. No event follows. */
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
  /** The message is complete; `release` or `abort` of the stream is owed. */
  onResponseEnd(trailers: string): void;
  onResponseFlush(): void;
  onUpstreamDrain(): void;
  /** FIN within a tunnel. */
  onUpstreamEnd(): void;
  /**
   * The attempt failed. `hasAnswered`: some of a response had come, be it a part of its head or an interim one.
   * `detail`: the rule that a `bad-response` broke, the system's code where it has one (`ECONNREFUSED`), else `''`.
   */
  onUpstreamFailed(failure: UpstreamFailure, hasAnswered: boolean, detail: string): void;
  /** Our own code threw while it handled this attempt. */
  onOwnFault(): void;
}

/** Who takes the connections of a pool of HTTP endpoints. */
export interface HttpWaiter extends OwnedWaiter, UpstreamEvents {
  readonly owner: ClientConnection;
  /** Of the request. */
  readonly requestId: string;
  onOwnFault(): void;
}
export type HttpEndpoint = Endpoint<HttpWaiter>;
export type HttpPool = Pool<HttpWaiter>;

/** Why an attempt failed; the last one is never the endpoint's fault. */
export type UpstreamFailure =
  | 'refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'certificate-rejected'
  | 'tls-failed'
  | 'reset'
  | 'closed'
  | 'bad-response'
  | 'unexpected-upgrade'
  | 'queue-timeout'
  | 'local-resources';
