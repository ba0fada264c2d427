/** A connection to an endpoint that begins with a PROXY header: it carries the requests of one client connection alone. */
import type { ProxyHeaderSpec } from '../core/snapshot.ts';
import type { ClientConnection } from '../http/client-connection.ts';
import type { OutgoingRequest } from '../http/outgoing.ts';
import type { HttpWaiter } from '../http/stream.ts';
import { proxiedClient } from '../net/proxy-protocol/proxied-client.ts';
import { proxyHeader } from '../net/proxy-protocol/write.ts';
import type { Home } from '../upstream/leased.ts';
import type { Dialing } from '../upstream/waiter.ts';
import { Http1ClientSession } from './client-session.ts';
import { Http1Dialer } from './dialer.ts';
import type { UpstreamHost } from './dialer.ts';

class ProxiedClientSession extends Http1ClientSession {
  override readonly owner: ClientConnection;
  readonly #spec: ProxyHeaderSpec;
  #isIntroduced = false;

  constructor(dialer: Http1Dialer, waiter: HttpWaiter, spec: ProxyHeaderSpec) {
    super(dialer, waiter);
    this.owner = waiter.owner;
    this.#spec = spec;
  }

  override sendHead(request: OutgoingRequest, requestId: string, deadlineLines = ''): void {
    if (!this.#isIntroduced) {
      this.#isIntroduced = true;
      const { facts, destination } = this.owner;
      this.introduce(proxyHeader(this.#spec, proxiedClient(facts, destination, requestId)));
    }
    super.sendHead(request, requestId, deadlineLines);
  }
}

export class ProxiedDialer extends Http1Dialer {
  readonly #spec: ProxyHeaderSpec;

  constructor(home: Home<HttpWaiter>, host: UpstreamHost, spec: ProxyHeaderSpec) {
    super(home, host);
    this.#spec = spec;
  }

  override dial(waiter: HttpWaiter): Dialing {
    return new ProxiedClientSession(this, waiter, this.#spec);
  }
}
