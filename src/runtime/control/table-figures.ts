/** What the counters of the shared tables say, in names: types alone, so that nobody loads them. */

/** The counters of a route. */
export interface RouteStats {
  readonly requests: number;
  /** By class: how many answers of 1xx, 2xx, 3xx, 4xx, 5xx. */
  readonly statuses: readonly [number, number, number, number, number];
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Answers that Fairlead made itself. */
  readonly faults: number;
  readonly retries: number;
  /** Attempts that went on elsewhere before anything was sent: the connect was refused, or a kept connection was closed. */
  readonly moves: number;
  /** Attempts that moved off an endpoint because it was lost. */
  readonly rescues: number;
  /** Attempts that got a second one beside them because they took long. */
  readonly hedges: number;
  /** Exchanges that ended because the time that their client gave was over. */
  readonly deadlines: number;
  /** Further attempts that did not follow because the pool's retry budget was spent. */
  readonly budgetSpent: number;
  /** Requests that waited because no endpoint could be reached. */
  readonly held: number;
  /** Requests answered 503 `breaker-open`. */
  readonly breakerOpen: number;
  /** Exchanges that ended before the answer was complete. */
  readonly aborts: number;
  /** Exchanges that ended because their client sent its body, or took its answer, more slowly than `slowClients` allows. */
  readonly slowClients: number;
  readonly upgrades: number;
  /** Half of all requests were faster than this, in ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The figures of a hook. */
export interface HookStats {
  readonly calls: number;
  /** Calls that threw, or took longer than `maxTime`. */
  readonly errors: number;
  /** Calls that took longer than `budget`. */
  readonly overBudget: number;
  /** Half of all calls were faster than this, in ms; what a promise took counts. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The figures of a middleware on one route. */
export interface MiddlewareStats {
  /** Its name. */
  readonly middleware: string;
  /** Path of its module. */
  readonly module: string;
  readonly onRequest: HookStats;
  readonly onResponse: HookStats;
}

/** The counters of a listener's sessions of layer 4. Bytes are counted when a session ends. */
export interface TcpStats {
  /** Sessions that have begun. */
  readonly sessions: number;
  /** From the clients. */
  readonly bytesIn: number;
  /** To them. */
  readonly bytesOut: number;
  /** Sessions that found no endpoint: their clients were reset. */
  readonly failed: number;
  /** Sessions that ended otherwise than by both sides' FIN: reset, idle, cut by a drain. */
  readonly cut: number;
  readonly retries: number;
  /** Connects that were refused and followed by one elsewhere. */
  readonly moves: number;
  /** Further connects that did not follow because the pool's retry budget was spent. */
  readonly budgetSpent: number;
  /** Sessions that waited because no endpoint could be reached. */
  readonly held: number;
  /** Sessions that circuit breakers kept from every endpoint. */
  readonly breakerOpen: number;
}

/** The counters of a listener with `udp`. Datagrams and bytes are counted as they pass. */
export interface UdpStats {
  /** Sessions that have begun. */
  readonly sessions: number;
  /** From the clients of sessions. */
  readonly datagramsIn: number;
  readonly bytesIn: number;
  /** To them. */
  readonly datagramsOut: number;
  readonly bytesOut: number;
  /** Sessions that found no endpoint, or lost theirs before it had answered and found no other. */
  readonly failed: number;
  /** Times that what an endpoint had refused went on to another one. */
  readonly moves: number;
  /** Datagrams that would have begun a session beyond `maxSessions`. */
  readonly full: number;
  /** Datagrams that were dropped for any other reason: no endpoint, no room to keep or to send them, the end. */
  readonly dropped: number;
  /** Sessions that circuit breakers kept from every endpoint. */
  readonly breakerOpen: number;
}

/** The counters of an endpoint. */
export interface EndpointStats {
  /** Attempts under way. */
  readonly inFlight: number;
  /** Sockets, the idle ones among them. */
  readonly connections: number;
  readonly idleConnections: number;
  readonly attempts: number;
  readonly failures: number;
  readonly retries: number;
  /** Attempts that went on elsewhere before anything was sent here. */
  readonly moves: number;
  /** Attempts that moved off an endpoint because it was lost. */
  readonly rescues: number;
  /** Attempts that got a second one beside them because they took long. */
  readonly hedges: number;
  /** Further attempts that did not follow because the pool's retry budget was spent. */
  readonly budgetSpent: number;
  readonly connects: number;
  /** Attempts made with no endpoint eligible. */
  readonly panicPicks: number;
  /** Picks of it though it is of a later priority, or a backup. */
  readonly overflows: number;
  /** Picks of it though it stands in another zone than Fairlead. */
  readonly spills: number;
  /** Picks that it has passed on to others while it started slowly. */
  readonly slowPasses: number;
  /** Answers to clients whose cookie bound them to this endpoint. */
  readonly stickyHits: number;
  /** Answers of other endpoints to such clients: this one could not be picked, or failed. They have another cookie since. */
  readonly stickyMoves: number;
  /** Answers of other endpoints to such clients while this one was full. They stay bound to it. */
  readonly stickySpills: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /**
   * How often it sent bytes that belong to no answer. From the first time on its connections are closed after an
   * answer that has no body, and after every answer where such bytes came with a body, or five times behind one.
   */
  readonly strays: number;
}
