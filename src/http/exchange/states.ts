/** The states of an exchange and the events that meet it; the table that joins them is in `table.ts`. */

export const STATES = [
  /** No request. */
  'idle',
  /** A step of the route decides later: the request waits for its word. */
  'deciding',
  /** Waits for a connection of its endpoint, which has `maxConnections` of them. */
  'waiting',
  /** Waits for its pool: for an endpoint to try, or for a place under `maxRequests`. */
  'held',
  /** An attempt dials its endpoint. */
  'connecting',
  /** The head has gone to the endpoint, the body follows. */
  'sending',
  /** The whole request has gone to the endpoint. */
  'awaiting',
  /** The last attempt failed, the next one waits for its backoff. */
  'between',
  /** The response's head has gone to the client, the body follows. */
  'responding',
  /** The response is complete, the client has yet to take the last of it. */
  'flushing',
  /** Switched to another protocol: bytes pass both ways. */
  'tunnel',
] as const;

export type StateName = (typeof STATES)[number];

export const IDLE = 0;
export const DECIDING = 1;
export const WAITING = 2;
export const HELD = 3;
export const CONNECTING = 4;
export const SENDING = 5;
export const AWAITING = 6;
export const BETWEEN = 7;
export const RESPONDING = 8;
export const FLUSHING = 9;
export const TUNNEL = 10;

export const EVENTS = [
  // ——— from the client
  'request',
  'requestBytes',
  'requestEnd',
  'requestBroken',
  'clientDrain',
  'clientEnd',
  'clientGone',
  // ——— from the attempt
  /** A connection to the endpoint is there. */
  'ready',
  'informational',
  'response',
  'responseBytes',
  'responseEnd',
  'upstreamDrain',
  'upstreamEnd',
  /** The attempt failed. */
  'failed',
  /** The second of two attempts at once has its connection … */
  'rivalReady',
  /** … or the head of its final response … */
  'rivalResponse',
  /** … or failed. */
  'rivalFailed',
  /** The attempt's endpoint takes nothing new: it has left the config, or is lost. */
  'endpointDown',
  /** The attempt's endpoint has left the config, and the time it had to finish is over. */
  'endpointGone',
  // ——— from the clock
  /** The client is slow with its body, or the endpoint takes none of it. */
  'requestTimeout',
  /** The endpoint is slow to answer, or the client takes none of the answer. */
  'responseTimeout',
  /** This attempt took too long (`perTry`, off by default). */
  'attemptTimeout',
  /** The whole exchange took too long (`total`, off by default). */
  'totalTimeout',
  /**
   * The next attempt is due: its backoff is over, or the pool that was waited for can be tried. Of two attempts at once:
   * the second is to begin, or its connect has taken too long.
   */
  'retryDue',
  /** The step that was to decide has not. */
  'decisionTimeout',
  // ——— from ourselves
  /** The step that was to decide later says that the request passes it. */
  'decided',
  /** Our own code threw. */
  'fault',
] as const;

export type EventName = (typeof EVENTS)[number];

export const EVENT_COUNT = EVENTS.length;

export const ON_REQUEST = 0;
export const ON_REQUEST_BYTES = 1;
export const ON_REQUEST_END = 2;
export const ON_REQUEST_BROKEN = 3;
export const ON_CLIENT_DRAIN = 4;
export const ON_CLIENT_END = 5;
export const ON_CLIENT_GONE = 6;
export const ON_READY = 7;
export const ON_INFORMATIONAL = 8;
export const ON_RESPONSE = 9;
export const ON_RESPONSE_BYTES = 10;
export const ON_RESPONSE_END = 11;
export const ON_UPSTREAM_DRAIN = 12;
export const ON_UPSTREAM_END = 13;
export const ON_FAILED = 14;
export const ON_RIVAL_READY = 15;
export const ON_RIVAL_RESPONSE = 16;
export const ON_RIVAL_FAILED = 17;
export const ON_ENDPOINT_DOWN = 18;
export const ON_ENDPOINT_GONE = 19;
export const ON_REQUEST_TIMEOUT = 20;
export const ON_RESPONSE_TIMEOUT = 21;
export const ON_ATTEMPT_TIMEOUT = 22;
export const ON_TOTAL_TIMEOUT = 23;
export const ON_RETRY_DUE = 24;
export const ON_DECISION_TIMEOUT = 25;
export const ON_DECIDED = 26;
export const ON_FAULT = 27;
