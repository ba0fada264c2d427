/**
 * A connection to an endpoint that begins with a PROXY header: it carries the requests of one client connection alone. The
 * header leaves with the first request, or over TLS in front of the handshake.
 */
import type { ProxyHeaderSpec } from '../core/snapshot.ts';
import type { ClientConnection } from '../http/client-connection.ts';
import type { OutgoingRequest } from '../http/outgoing.ts';
import type { HttpWaiter } from '../http/stream.ts';
import { proxiedClient } from '../net/proxy-protocol/proxied-client.ts';
import type { TlsDial } from '../net/tls.ts';
import { proxyHeader } from '../net/proxy-protocol/write.ts';
import type { EndpointTls } from '../upstream/endpoint-tls.ts';
import type { Home } from '../upstream/leased.ts';
import type { Dialing } from '../upstream/waiter.ts';
import { Http1ClientSession } from './client-session.ts';
import { Http1Dialer } from './dialer.ts';
import type { UpstreamHost } from './dialer.ts';

class ProxiedClientSession extends Http1ClientSession {
  override readonly owner: ClientConnection;
  readonly #spec: ProxyHeaderSpec;
  #isIntroduced: boolean;

  constructor(dialer: Http1Dialer, waiter: HttpWaiter, spec: ProxyHeaderSpec) {
    super(dialer, waiter);
    this.owner = waiter.owner;
    this.#spec = spec;
    this.#isIntroduced = this.tls !== null;
  }

  override sendHead(request: OutgoingRequest, requestId: string, lines: string): void {
    if (!this.#isIntroduced) {
      this.#isIntroduced = true;
      this.introduce(headerFor(this.owner, requestId, this.#spec));
    }
    super.sendHead(request, requestId, lines);
  }
}

function headerFor({ facts, destination }: ClientConnection, requestId: string, spec: ProxyHeaderSpec): string {
  return proxyHeader(spec, proxiedClient(facts, destination, requestId, spec));
}

export class ProxiedDialer extends Http1Dialer {
  readonly #spec: ProxyHeaderSpec;

  constructor(home: Home<HttpWaiter>, host: UpstreamHost, spec: ProxyHeaderSpec) {
    super(home, host);
    this.#spec = spec;
  }

  protected override tlsDial({ client }: EndpointTls, name: string, { owner, requestId }: HttpWaiter): TlsDial {
    return { client, name, preface: headerFor(owner, requestId, this.#spec) };
  }

  override dial(waiter: HttpWaiter): Dialing {
    return new ProxiedClientSession(this, waiter, this.#spec);
  }
}
