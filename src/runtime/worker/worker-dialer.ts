/** Makes the connections of one endpoint: each in the codec of whoever wants it. */
import type { ProxyHeaderSpec } from '../../core/snapshot.ts';
import { Http1Dialer } from '../../http1/dialer.ts';
import type { UpstreamHost } from '../../http1/dialer.ts';
import type { HttpWaiter } from '../../http/stream.ts';
import type { TcpPoolDialer, TcpWaiter } from '../../tcp/tcp-pool-dialer.ts';
import type { UdpWaiter } from '../../udp/udp-host.ts';
import type { Dialer, Home } from '../../upstream/leased.ts';
import type { Dialing } from '../../upstream/waiter.ts';
import type { LoadedParts } from './loaded-parts.ts';

/** Who takes connections in a data plane. */
export type WorkerWaiter = HttpWaiter | TcpWaiter | UdpWaiter;

export interface DialersHost extends UpstreamHost {
  readonly parts: Pick<LoadedParts, 'proxyParts' | 'tcpParts'>;
}

export class WorkerDialer implements Dialer<WorkerWaiter> {
  readonly #home: Home<WorkerWaiter>;
  readonly #host: DialersHost;
  readonly #proxyProtocol: ProxyHeaderSpec | null;
  readonly #http1: Http1Dialer;
  /** Made by the first session that comes. */
  #tcp: TcpPoolDialer | null = null;

  /** `proxyProtocol`: the header that its connections begin with, null: none. */
  constructor(home: Home<WorkerWaiter>, host: DialersHost, proxyProtocol: ProxyHeaderSpec | null) {
    this.#home = home;
    this.#host = host;
    this.#proxyProtocol = proxyProtocol;
    this.#http1 =
      proxyProtocol === null
        ? new Http1Dialer(home, host)
        : new host.parts.proxyParts.ProxiedDialer(home, host, proxyProtocol);
  }

  dial(waiter: WorkerWaiter): Dialing {
    if ('openFlow' in waiter) return waiter.openFlow(this.#home);
    if (!('onConnected' in waiter)) return this.#http1.dial(waiter);
    this.#tcp ??= new this.#host.parts.tcpParts.TcpPoolDialer(this.#home, this.#host, this.#proxyProtocol);
    return this.#tcp.dial(waiter);
  }

  updateLimits(): void {
    this.#http1.updateLimits();
  }
}
