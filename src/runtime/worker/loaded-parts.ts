/** Code that most threads never need: it is loaded with the first snapshot that does. */
import { hasSessions } from '../../core/server-names.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { limitsRequests } from '../../upstream/pool.ts';
import type { DataPlaneReport } from '../shared/data-plane-report.ts';
import type { DataPlaneOptions, LimitParts, ProxyParts, TcpParts } from './data-plane-api.ts';
import type { ThreadTls, ThreadTlsHost } from './thread-tls.ts';
import type { TlsClients } from './tls-clients.ts';

export class LoadedParts {
  #limit: LimitParts | null;
  #proxy: ProxyParts | null;
  #tcp: TcpParts | null;
  /** Null: nobody speaks TLS. */
  tls: ThreadTls | null = null;

  /** What is there from the beginning. */
  constructor(loaded: NonNullable<DataPlaneOptions['loaded']> | null) {
    this.#limit = loaded?.limitParts ?? null;
    this.#proxy = loaded?.proxyParts ?? null;
    this.#tcp = loaded?.tcpParts ?? null;
  }

  /** Null: all that this snapshot needs is there. */
  loadFor({ listeners, pools }: Snapshot): Promise<void> | null {
    const loading: Promise<unknown>[] = [];
    if (this.#limit === null && pools.some(limitsRequests))
      loading.push(import('./limit-parts.ts').then((parts) => (this.#limit = parts)));
    const hasStages = listeners.some(({ tls }) => tls !== null);
    if (
      this.#proxy === null &&
      (hasStages || [...listeners, ...pools].some(({ proxyProtocol }) => proxyProtocol !== null))
    )
      loading.push(import('./proxy-parts.ts').then((parts) => (this.#proxy = parts)));
    if (this.#tcp === null && listeners.some(hasSessions))
      loading.push(import('./tcp-parts.ts').then((parts) => (this.#tcp = parts)));
    return loading.length === 0 ? null : Promise.all(loading).then(() => {});
  }

  /** Null: what speaks TLS is there. */
  loadTls(host: ThreadTlsHost, report: (report: DataPlaneReport) => void): Promise<void> | null {
    if (this.tls !== null) return null;
    return import('./thread-tls.ts').then(({ ThreadTls }) => void (this.tls = new ThreadTls(host, report)));
  }

  /** What pools speak TLS with. */
  get tlsClients(): TlsClients {
    if (this.tls === null) throw new Error('data plane: nothing was loaded for TLS');
    return this.tls.clients;
  }

  get limitParts(): LimitParts {
    if (this.#limit === null) throw new Error('data plane: nothing was loaded for maxRequests');
    return this.#limit;
  }

  get proxyParts(): ProxyParts {
    if (this.#proxy === null) throw new Error('data plane: nothing was loaded for PROXY headers');
    return this.#proxy;
  }

  get tcpParts(): TcpParts {
    if (this.#tcp === null) throw new Error('data plane: nothing was loaded for layer 4');
    return this.#tcp;
  }

  get hasTcp(): boolean {
    return this.#tcp !== null;
  }
}
