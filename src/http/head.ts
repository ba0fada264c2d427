/**
 * The currency between codecs: a message head as one latin1 string of header lines in HTTP/1 form
 * (`Name: value\r\n`, names in lower case when they come from HTTP/2), hop-by-hop lines and those the
 * exchange writes itself already out, plus the few fields everybody needs.
 */

/** How a body is delimited. */
export const BODY_NONE = 0;
/** By Content-Length. */
export const BODY_LENGTH = 1;
/** By chunks in HTTP/1.1, by the end of the stream in HTTP/2; trailers may follow. */
export const BODY_CHUNKED = 2;
/** By the end of the connection (responses of HTTP/1.0 servers and `Connection: close`). */
export const BODY_UNTIL_CLOSE = 3;
export type BodyKind = 0 | 1 | 2 | 3;

export class RequestHead {
  method = '';
  /** The target as it goes to the endpoint: origin form (`/a?b`), or `*`. An absolute form has been reduced to its origin form. */
  target = '';
  /** 10 or 11; 20 once HTTP/2 is there. */
  version = 11;
  /** Host as the client sent it, `''` where an HTTP/1.0 request has none. */
  authority = '';
  /** Host in its normal form: lower case, no port, no final dot; an IPv6 address keeps its brackets. */
  host = '';
  /**
   * Every header line that passes untouched, in order. Not in it: Host, hop-by-hop lines and what
   * Connection names, Transfer-Encoding, Expect: 100-continue, X-Forwarded-*, Client-Cert and its chain,
   * Forwarded and X-Request-Id (their values are in the fields below). Content-Length, Via, Cookie and
   * all others are.
   */
  lines = '';
  bodyKind: BodyKind = BODY_NONE;
  /** Bytes, where `bodyKind` is BODY_LENGTH, else 0. */
  contentLength = 0;
  /** The client waits for 100 before it sends the body. */
  expectsContinue = false;
  /** The protocol asked for by Upgrade together with Connection: upgrade, in lower case, else `''`. Listed ones are the route's to allow. */
  upgrade = '';
  /** Whether the client's side may stay open after this exchange (version and Connection). */
  keepAlive = true;
  /** `TE: trailers` was sent. */
  acceptsTrailers = false;
  /** The client's own values, `''` where absent; several lines joined by `, `. */
  forwardedFor = '';
  forwardedProto = '';
  forwardedHost = '';
  forwardedPort = '';
  forwarded = '';
  /** Lines of all other `X-Forwarded-` names but X-Forwarded-Tls-*, as they came: they pass only where the peer is trusted. */
  forwardedOthers = '';
  /** X-Request-Id where it is valid (1 to 128 of `[A-Za-z0-9._~+/=-]`, one line), else `''`. */
  requestId = '';
}

export class ResponseHead {
  status = 200;
  /** Reason phrase as it came, `''` where there is none. */
  reason = '';
  version = 11;
  /** Every header line that passes untouched, in order; without hop-by-hop lines, what Connection names, and Transfer-Encoding. */
  lines = '';
  bodyKind: BodyKind = BODY_NONE;
  contentLength = 0;
  /** It has no body, and yet its framing lines announce one: answers to HEAD do, and a 204 that is wrong. */
  announcesContent = false;
  /** Whether the upstream connection may be used again after this message. */
  keepAlive = true;
  /** `Keep-Alive: timeout=N` in ms, 0 without one. */
  keepAliveTimeoutMs = 0;
  /** Upgrade of a 101, in lower case, else `''`. */
  upgrade = '';
  hasDate = false;
  /** For the codec that sends this head on: its text as it went out last time, `''` when anything of this object was changed. */
  encoded = '';
  /** The route and the codec it was made for, as one object (`Route.http1Heads`). */
  encodedFor: object | null = null;
  /** No endpoint sent it. */
  isOurs = false;
  /** `text/event-stream` or `application/grpc…`: the long idle time applies. */
  isEventStream = false;
  /** What a route makes of it, and which of its steps did; null: nobody so far. */
  rewritten: ResponseHead | null = null;
  rewrittenBy: object | null = null;

  /** The same with other lines, and apart from it: what is remembered of this one stays. */
  changed(lines: string): ResponseHead {
    const other = new ResponseHead();
    Object.assign(other, this, { lines, encoded: '', encodedFor: null, rewritten: null, rewrittenBy: null });
    return other;
  }
}
