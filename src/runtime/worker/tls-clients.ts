/** What the pools of one data plane speak TLS with. */
import type { PoolSpec } from '../../core/snapshot.ts';
import { createTlsClient } from '../../net/node/tls-dial.ts';
import type { TlsClient } from '../../net/tls.ts';
import type { EndpointTls } from '../../upstream/endpoint-tls.ts';
import type { PoolTlsMaterial } from '../shared/tls-material.ts';

interface Entry {
  readonly edition: number;
  readonly client: TlsClient;
  /** As the pool was when it was last asked for. */
  tls: PoolTls | null;
}

export class TlsClients {
  readonly #entries = new Map<string, Entry>();

  /** What all pools have from now on. The same content keeps its sessions. */
  apply(materials: readonly PoolTlsMaterial[]): void {
    const named = new Set(materials.map(({ pool }) => pool));
    for (const pool of this.#entries.keys()) if (!named.has(pool)) this.#entries.delete(pool);
    for (const { pool, edition, client } of materials) {
      if (this.#entries.get(pool)?.edition !== edition)
        this.#entries.set(pool, { edition, client: createTlsClient(client), tls: null });
    }
  }

  /** The same object as long as nothing of it has changed. */
  of({ id, tls, host }: Pick<PoolSpec, 'id' | 'tls' | 'host'>): EndpointTls {
    const entry = this.#entries.get(id);
    if (entry === undefined || tls === null) throw new Error(`pool "${id}" has nothing to speak TLS with`);
    const areClients = tls.name === '' && host === 'client';
    const known = entry.tls;
    if (known?.fixedName === tls.name && known.areClients === areClients) return known;
    entry.tls = new PoolTls(entry.client, tls.name, areClients);
    return entry.tls;
  }
}

class PoolTls implements EndpointTls {
  readonly client: TlsClient;
  /** `''`: there is none. */
  readonly fixedName: string;
  /** Names are those that clients ask for. */
  readonly areClients: boolean;
  /** The one that was asked for last. */
  #authority = '';
  #name = '';

  constructor(client: TlsClient, fixedName: string, areClients: boolean) {
    this.client = client;
    this.fixedName = fixedName;
    this.areClients = areClients;
  }

  nameFor(authority: string): string {
    if (this.fixedName !== '') return this.fixedName;
    if (authority !== this.#authority) {
      this.#authority = authority;
      this.#name = nameIn(authority);
    }
    return this.#name;
  }

  isStrange(name: string): boolean {
    return this.areClients && !this.client.hasMet(name);
  }
}

/** Of `host:port` or `[address]:port`, in lower case; a dot at the end stands in no certificate. */
function nameIn(authority: string): string {
  const bracketed = /^\[(.*)\]/.exec(authority);
  if (bracketed !== null) return bracketed[1].toLowerCase();
  return authority.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}
