/** Makes HTTP/1.1 connections to one endpoint, and remembers the heads of its responses. */
import type { KeptMemory } from '../core/kept-memory.ts';
import type { Limits } from '../core/snapshot.ts';
import type { EndpointRuntime } from '../http/endpoint-runtime.ts';
import type { SettlingList } from '../http/settling-list.ts';
import type { UpstreamEvents } from '../http/stream.ts';
import type { UpstreamDialer } from '../http/upstream.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';
import type { Connection, ConnectionHandler, Transport } from '../net/transport.ts';
import { Http1ClientSession } from './client-session.ts';
import { ResponseParser } from './response-parser.ts';

/** What the upstream side needs from the worker it runs on. */
export interface UpstreamPlane {
  readonly transport: Transport;
  readonly wheel: TimerWheel;
  readonly settling: SettlingList;
  readonly limits: Limits;
  /** Counts what is kept for later. */
  readonly memory: KeptMemory;
  now(): number;
}

export class Http1Dialer implements UpstreamDialer {
  readonly endpoint: EndpointRuntime;
  readonly plane: UpstreamPlane;
  parser: ResponseParser;

  constructor(endpoint: EndpointRuntime, plane: UpstreamPlane) {
    this.endpoint = endpoint;
    this.plane = plane;
    this.parser = new ResponseParser(plane.limits);
  }

  updateLimits(): void {
    this.parser = new ResponseParser(this.plane.limits);
  }

  dial(events: UpstreamEvents): { abort(): void } {
    return new Http1ClientSession(this, events);
  }

  connect(addressIndex: number, handler: ConnectionHandler): Connection {
    const { addresses, port } = this.endpoint.spec;
    return this.plane.transport.dial({ host: addresses[addressIndex], port }, handler);
  }
}
