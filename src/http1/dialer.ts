/** Makes HTTP/1.1 connections to one endpoint, and remembers the heads of its responses. */
import type { KeptMemory } from '../core/kept-memory.ts';
import type { Limits } from '../core/snapshot.ts';
import type { HttpWaiter } from '../http/stream.ts';
import { dialAddress } from '../net/dial-address.ts';
import type { TlsDial } from '../net/tls.ts';
import type { TimerWheel } from '../net/timer-wheel.ts';
import type { Connection, Transport } from '../net/transport.ts';
import type { EndpointTls } from '../upstream/endpoint-tls.ts';
import type { Dialer, Home } from '../upstream/leased.ts';
import type { SettlingList } from '../upstream/settling-list.ts';
import type { Dialing } from '../upstream/waiter.ts';
import { Http1ClientSession } from './client-session.ts';
import { ResponseParser } from './response-parser.ts';

/** What the upstream side needs from the worker it runs on. */
export interface UpstreamHost {
  readonly transport: Transport;
  readonly wheel: TimerWheel;
  readonly settling: SettlingList;
  readonly limits: Limits;
  /** Counts what is kept for later. */
  readonly memory: KeptMemory;
  now(): number;
}

export class Http1Dialer implements Dialer<HttpWaiter> {
  readonly home: Home<HttpWaiter>;
  readonly host: UpstreamHost;
  parser: ResponseParser;

  constructor(home: Home<HttpWaiter>, host: UpstreamHost) {
    this.home = home;
    this.host = host;
    this.parser = new ResponseParser(host.limits);
  }

  updateLimits(): void {
    this.parser = new ResponseParser(this.host.limits);
  }

  dial(waiter: HttpWaiter): Dialing {
    return new Http1ClientSession(this, waiter);
  }

  /** Its handshake, where there is one, is for the name that the session is verified for. `waiter`: whom it is made for. */
  connect(addressIndex: number, session: Http1ClientSession, waiter: HttpWaiter): Connection {
    const { tls, peerName, addresses } = session;
    const address = dialAddress(addresses[addressIndex], this.home.spec.port);
    if (tls === null) return this.host.transport.dial(address, session);
    return this.host.transport.dial({ ...address, tls: this.tlsDial(tls, peerName, waiter) }, session);
  }

  protected tlsDial({ client }: EndpointTls, name: string, _waiter: HttpWaiter): TlsDial {
    return { client, name };
  }
}
