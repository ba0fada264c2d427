/**
 * The catalogue of every error that Fairlead answers itself. The code is sent as `Fairlead-Error` and goes into the
 * access log and the counters, so that a 502 of ours can be told from one of a server.
 */
export interface Fault {
  /** Reason code, kebab-case, documented in docs/errors.md. */
  readonly code: string;
  readonly status: number;
  /** One short sentence for a person. */
  readonly text: string;
}

function fault(status: number, code: string, text: string): Fault {
  return Object.freeze({ code, status, text });
}

/** The reason of an exchange whose client left; there is nobody to answer. */
export const CLIENT_CLOSED = 'client-closed';
/** The reasons of exchanges whose client sent less of its body than `slowClients` allows … */
export const BODY_TOO_SLOW = 'body-too-slow';
/** … or took less of its answer: it sees its connection reset. */
export const CLIENT_TOO_SLOW = 'client-too-slow';
/** Why a connection is refused before it has a protocol. */
export const BAD_PROXY_HEADER = 'bad-proxy-header';
/** Beside a reason, or in its place: a further attempt could have followed, but the retry budget was spent. */
export const BUDGET_SPENT = 'budget-spent';
/** In the place of a reason: a sticky client was bound to another endpoint … */
export const STICKY_MOVED = 'sticky-moved';
/** … or was served by another one this once, since its own was full. */
export const STICKY_SPILLED = 'sticky-spilled';
/** In the place of a reason: its route redirects. */
export const REDIRECTED = 'redirect';
/** In the place of a reason: a browser has asked whether it may send a request. */
export const PREFLIGHT = 'preflight';
/** In the place of a reason: a limit on trial would have refused it. */
export const WOULD_LIMIT = 'would-limit';
/** In the place of a reason: a middleware of its route has answered. */
export const ANSWERED_BY_MIDDLEWARE = 'middleware';
/** What is said of exchanges that have nothing wrong with them but what their status says. */
export const REMARKS: ReadonlySet<string> = new Set([
  BUDGET_SPENT,
  STICKY_MOVED,
  STICKY_SPILLED,
  REDIRECTED,
  PREFLIGHT,
  WOULD_LIMIT,
  ANSWERED_BY_MIDDLEWARE,
]);

export const FAULTS = Object.freeze({
  // ——— what the client sent
  badRequestLine: fault(400, 'bad-request-line', 'The request line is malformed.'),
  badVersion: fault(400, 'bad-version', 'The HTTP version is malformed.'),
  badTarget: fault(400, 'bad-target', 'The request target is malformed.'),
  badMethod: fault(400, 'bad-method', 'The method is malformed or too long.'),
  badHeader: fault(400, 'bad-header', 'A header line is malformed.'),
  badHost: fault(400, 'bad-host', 'The Host header is missing, repeated or malformed.'),
  badContentLength: fault(400, 'bad-content-length', 'The Content-Length is repeated or malformed.'),
  badTransferEncoding: fault(
    400,
    'bad-transfer-encoding',
    'The Transfer-Encoding is malformed or contradicts the message.',
  ),
  badConnection: fault(400, 'bad-connection', 'The Connection header is malformed.'),
  badUpgrade: fault(400, 'bad-upgrade', 'The upgrade request is malformed.'),
  badChunk: fault(400, 'bad-chunk', 'The chunked body is malformed.'),
  badTrailer: fault(400, 'bad-trailer', 'A trailer is malformed or not allowed.'),
  badPath: fault(400, 'bad-path', 'The path has a bad escape or leaves the root.'),
  plainHttpOnTls: fault(400, 'plain-http-on-tls', 'This port speaks HTTPS: ask it with https://.'),
  http2Preface: fault(400, 'http2-not-enabled', 'HTTP/2 is not enabled on this listener.'),
  requestTimeout: fault(408, 'request-timeout', 'The request was not received in time.'),
  bodyTooSlow: fault(408, BODY_TOO_SLOW, 'The request body came too slowly.'),
  originDenied: fault(403, 'origin-denied', 'Pages of this origin may not use it.'),
  misdirected: fault(421, 'misdirected-request', 'This host is not served on this connection: come by its own name.'),
  concurrencyLimited: fault(429, 'concurrency-limited', 'Too many requests at the same time: try again later.'),
  rateLimited: fault(429, 'rate-limited', 'Too many requests: try again later.'),
  payloadTooLarge: fault(413, 'payload-too-large', 'The request body is larger than this route allows.'),
  targetTooLong: fault(414, 'target-too-long', 'The request target is too long.'),
  expectationFailed: fault(417, 'expectation-failed', 'The expectation is not supported.'),
  headTooLarge: fault(431, 'head-too-large', 'The request head is too large.'),
  connectRefused: fault(405, 'connect-not-allowed', 'CONNECT is not allowed.'),
  unknownCoding: fault(501, 'unknown-coding', 'The transfer coding is not implemented.'),
  unknownVersion: fault(505, 'unknown-version', 'The HTTP version is not supported.'),
  // ——— who may come
  banned: fault(403, 'banned', 'This client is kept out for a time.'),
  denied: fault(403, 'denied', 'This client may not come here.'),
  // ——— routing
  noRoute: fault(404, 'no-route', 'No route matches this request.'),
  // ——— endpoints
  noEndpoint: fault(503, 'no-endpoint', 'No endpoint is available.'),
  decisionTimeout: fault(503, 'decision-timeout', 'A step of the route did not decide in time.'),
  queueTimeout: fault(503, 'queue-timeout', 'No place at an endpoint became free in time.'),
  heldTooLong: fault(503, 'held-too-long', 'No endpoint could be reached in time.'),
  breakerOpen: fault(503, 'breaker-open', 'Every endpoint of this pool has failed too often lately.'),
  queueShed: fault(503, 'queue-shed', 'Too many requests have waited for too long.'),
  queueFull: fault(503, 'queue-full', 'Too many requests wait already.'),
  connectFailed: fault(502, 'connect-failed', 'The endpoint could not be reached.'),
  connectTimeout: fault(504, 'connect-timeout', 'The endpoint did not accept the connection in time.'),
  certificateRejected: fault(502, 'certificate-rejected', 'The certificate of the endpoint is not accepted.'),
  tlsFailed: fault(502, 'tls-failed', 'TLS to the endpoint could not be set up.'),
  upstreamClosed: fault(502, 'upstream-closed', 'The endpoint closed the connection before it answered.'),
  upstreamReset: fault(502, 'upstream-reset', 'The endpoint reset the connection before it answered.'),
  badResponse: fault(502, 'bad-response', 'The endpoint sent a malformed response.'),
  unexpectedUpgrade: fault(502, 'unexpected-upgrade', 'The endpoint switched protocols without being asked.'),
  endpointRemoved: fault(502, 'endpoint-removed', 'The endpoint was removed before it had answered.'),
  deadline: fault(504, 'deadline', 'The time that the client gave for this request is over.'),
  responseTimeout: fault(504, 'response-timeout', 'The endpoint did not answer in time.'),
  upstreamWriteTimeout: fault(504, 'upstream-write-timeout', 'The endpoint did not take the request in time.'),
  // ——— ourselves
  memory: fault(503, 'memory', 'The proxy has no memory left to hold this request.'),
  ourResources: fault(503, 'local-resources', 'The proxy is out of a resource of its own.'),
  editTooLarge: fault(500, 'edit-too-large', 'What the proxy would add to this message is too large.'),
  middlewareFailed: fault(500, 'middleware-failed', 'A middleware of this route failed.'),
  middlewareTimeout: fault(500, 'middleware-timeout', 'A middleware of this route did not decide in time.'),
  internal: fault(500, 'internal', 'The proxy failed on this request.'),
});
