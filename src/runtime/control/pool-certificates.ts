/**
 * What pools speak TLS to their endpoints with: read at the start, at each reload, and when files change. It is all or
 * nothing for each pool: where a file cannot be used any more, the pool goes on with what it has, and says what to do.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Finding } from '../../certificates/finding.ts';
import { loadClient } from '../../certificates/load-client.ts';
import type { LoadedClient } from '../../certificates/load-client.ts';
import { stampFiles } from '../../certificates/watch.ts';
import type { PoolTlsSpec } from '../../core/tls-files.ts';
import type { TlsClientOptions } from '../../net/tls.ts';
import type { PoolTlsMaterial } from '../shared/tls-material.ts';
import { CertificateError, toMistakes } from './certificate-error.ts';
import type { CertificateMistake } from './certificate-error.ts';
import type { CertificateEvent } from './certificate-event.ts';
import { toMended, toTroubles } from './certificate-troubles.ts';
import type { ListenerCertificatesOptions } from './listener-certificates.ts';
import { WatchedFiles } from './watched-files.ts';

interface Equipped {
  readonly id: string;
  readonly tls: PoolTlsSpec;
  readonly material: PoolTlsMaterial;
  readonly validTo: number;
  /** Of the files as they were when they were last read, whether they could be used or not. */
  readonly stamp: string;
  /** What was told of them when they were last read. */
  readonly troubles: readonly CertificateEvent[];
}

/** What all pools are to speak TLS with, by their ids. */
export type LoadedPools = ReadonlyMap<string, Equipped>;

interface TlsPool {
  readonly id: string;
  readonly tls: PoolTlsSpec | null;
}

export class PoolCertificates {
  readonly #options: ListenerCertificatesOptions;
  readonly #watched: WatchedFiles<Equipped>;
  #editions = 0;

  constructor(options: ListenerCertificatesOptions) {
    this.#options = options;
    this.#watched = new WatchedFiles<Equipped>({
      clock: options.clock,
      scheduler: options.scheduler,
      stampOf: ({ tls }) => stampOf(tls),
      readAgain: async (before) => {
        const read = await this.#read(before.id, before.tls);
        return 'material' in read ? read : before;
      },
      onStale: () => options.onStale(),
    });
  }

  /** Reads what these pools name. Changes nothing. Rejects with a {@link CertificateError} where one could not speak. */
  async load(pools: readonly TlsPool[]): Promise<LoadedPools> {
    const loaded = new Map<string, Equipped>();
    const mistakes: CertificateMistake[] = [];
    this.#watched.noteRead();
    for (const { id, tls } of pools) {
      if (tls === null) continue;
      const read = await this.#read(id, tls);
      if ('material' in read) loaded.set(id, read);
      else mistakes.push(...toMistakes('pools', id, read.mistakes));
    }
    if (mistakes.length > 0) throw new CertificateError(mistakes);
    return loaded;
  }

  /** From now on this is what they speak with, and its files are watched. Returns the pools that have others, or none any more. */
  settle(loaded: LoadedPools): readonly string[] {
    const before = this.#watched.all;
    for (const equipped of loaded.values()) this.#sayRenewed(equipped);
    this.#watched.settle(loaded);
    const ids = new Set([...before.keys(), ...loaded.keys()]);
    return [...ids].filter((id) => before.get(id)?.material !== loaded.get(id)?.material);
  }

  /** For threads. */
  materials(): readonly PoolTlsMaterial[] {
    return [...this.#watched.all.values()].map(({ material }) => material);
  }

  clientOf(pool: string): TlsClientOptions | null {
    return this.#watched.all.get(pool)?.material.client ?? null;
  }

  /** What was told and still holds. */
  get troubles(): readonly CertificateEvent[] {
    return [...this.#watched.all.values()].flatMap(({ troubles }) => troubles);
  }

  /** Reads what has changed since it was last read; once a day everything. Returns the pools that have others. */
  async refresh(): Promise<readonly string[]> {
    const refreshed = await this.#watched.refresh();
    return refreshed === null ? [] : this.settle(refreshed);
  }

  /** Goes on watching after a {@link refresh} that failed. */
  lookAgain(): void {
    this.#watched.lookAgain();
  }

  close(): void {
    this.#watched.close();
  }

  // ———

  async #read(id: string, tls: PoolTlsSpec): Promise<Equipped | { readonly mistakes: readonly Finding[] }> {
    const before = this.#watched.all.get(id);
    const stamp = await stampOf(tls);
    const circumstances = { now: this.#options.clock.wallTime(), mayBeExpired: before !== undefined };
    const loaded = await loadClient(tls, circumstances);
    const mistakes = loaded.findings.filter(({ isMistake }) => isMistake);
    if (mistakes.length === 0) {
      const troubles = this.#say(id, 'warning', loaded.findings);
      return { id, tls, stamp, troubles, validTo: loaded.validTo, material: this.#materialOf(id, tls, loaded) };
    }
    // Other settings are not half taken up: the whole config is refused.
    if (before === undefined || !isDeepStrictEqual(before.tls, tls)) return { mistakes };
    return { ...before, stamp, troubles: this.#say(id, 'unusable', mistakes) };
  }

  /** The same object where nothing of it has changed. */
  #materialOf(
    pool: string,
    { verify, minVersion, alpn }: PoolTlsSpec,
    { ca, certificate }: LoadedClient,
  ): PoolTlsMaterial {
    const client: TlsClientOptions = {
      ...(ca === null ? {} : { ca }),
      ...(certificate === null ? {} : { certificate }),
      isVerified: verify,
      minVersion: minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
      alpn,
    };
    const before = this.#watched.all.get(pool)?.material;
    if (before !== undefined && isDeepStrictEqual(before.client, client)) return before;
    this.#editions++;
    return { pool, edition: this.#editions, client };
  }

  #say(pool: string, change: 'unusable' | 'warning', findings: readonly Finding[]): readonly CertificateEvent[] {
    const troubles = toTroubles({ listener: null, pool }, change, findings);
    for (const trouble of troubles) this.#options.onEvent(trouble);
    return troubles;
  }

  #sayRenewed({ id, tls, material: { client }, validTo, troubles }: Equipped): void {
    const before = this.#watched.all.get(id);
    if (before === undefined || !isDeepStrictEqual(before.tls, tls)) return;
    for (const mended of toMended(before.troubles, troubles)) this.#options.onEvent(mended);
    const say = (file: string, message: string): void =>
      this.#options.onEvent({ listener: null, pool: id, change: 'renewed', file, message });
    if (before.material.client.ca !== client.ca) say(tls.ca, 'other certificates are trusted from now on');
    if (isDeepStrictEqual(before.material.client.certificate, client.certificate)) return;
    const until = new Date(validTo).toISOString().slice(0, 10);
    say(tls.certificate, `a new certificate is shown to endpoints, until ${until}`);
  }
}

function stampOf({ ca, certificate, key }: PoolTlsSpec): Promise<string> {
  return stampFiles([ca, certificate, key]);
}
