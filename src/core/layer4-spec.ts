/** What comes before HTTP, and where goes what is none, as it reaches a worker: times are milliseconds. */

/** Where the datagrams of a listener of UDP go. Times as far as its pool does not set them itself. */
export interface UdpSpec {
  /** Id of a pool. */
  readonly pool: string;
  /** A session without a datagram in either direction is over after this time. */
  readonly idleMs: number;
  /** Most sessions at a time, over all threads. */
  readonly maxSessions: number;
  /** An endpoint that has refused nothing for so long takes what it is sent. */
  readonly connectMs: number;
}

/** Where the connections of a listener of layer 4 go, byte by byte. Times as far as its pool does not set them itself. */
export interface TcpSpec {
  /** Id of a pool. */
  readonly pool: string;
  /** A session without a byte in either direction is cut after this time … */
  readonly idleMs: number;
  /** … and after this one, where that is shorter, once one side has ended. */
  readonly halfClosedMs: number;
  readonly connectMs: number;
}

/** Where connections go as they come whose clients ask for this name. */
export interface PassthroughSpec {
  /** In lower case; `*.` stands for one label. */
  readonly name: string;
  readonly to: TcpSpec;
}

/** Which connections of a listener begin with a PROXY header. */
export interface ProxyProtocolSpec {
  /** Addresses and CIDR blocks of those that may send one; at least one. */
  readonly from: readonly string[];
  /** `require`: connections without one, and of all others, are reset. `detect`: they may come without. */
  readonly mode: 'require' | 'detect';
}
