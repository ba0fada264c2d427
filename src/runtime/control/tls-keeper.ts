/** What TLS is spoken with on both sides, and how clients' handshakes go: most configs have none, and load nothing of it. */
import type { Config } from '../../config/config.ts';
import type { CheckSpec, PoolSpec } from '../../core/snapshot.ts';
import type { EndedHandshakes } from '../shared/data-plane-report.ts';
import type { CertificateEvent } from './certificate-event.ts';
import type { TlsEditions } from './compile.ts';
import type { HandshakeCounts, ListenerTlsStats } from './handshake-counts.ts';
import type { LoadedTls, TlsFiles, TlsFilesOptions } from './tls-files.ts';

interface Loaded {
  readonly files: TlsFiles;
  readonly handshakes: HandshakeCounts;
}

export class TlsKeeper {
  readonly #options: TlsFilesOptions;
  /** Null: nobody has ever spoken TLS. */
  #loaded: Loaded | null = null;

  constructor(options: TlsFilesOptions) {
    this.#options = options;
  }

  /** Null: there is none. Rejects with every mistake. Nothing has changed before {@link settle}. */
  async load(config: Config): Promise<LoadedTls | null> {
    if (this.#loaded === null) {
      if ([...config.listeners, ...config.pools].every(({ tls }) => tls === null)) return null;
      const { HandshakeCounts } = await import('./handshake-counts.ts');
      const { createTlsFiles } = await import('./tls-files.ts');
      const { scheduler, events } = this.#options;
      const handshakes = new HandshakeCounts(scheduler, (failure) => events.onHandshakeFailure(failure));
      this.#loaded = { files: await createTlsFiles(this.#options), handshakes };
    }
    return this.#loaded.files.load(config);
  }

  /** Threads have them before a listener or a pool that needs them. */
  settle(loaded: LoadedTls | null): void {
    if (loaded !== null) this.#loaded?.files.settle(loaded);
  }

  /** Of what pools speak with now. */
  get editions(): TlsEditions {
    return this.#loaded?.files.editions ?? new Map<string, number>();
  }

  /** What was told of certificates and still holds. */
  get troubles(): readonly CertificateEvent[] {
    return this.#loaded?.files.troubles ?? [];
  }

  /** As they are run: over TLS where the requests of the pool are. */
  checksOf(pool: PoolSpec): readonly CheckSpec[] {
    return this.#loaded?.files.checksOf(pool) ?? pool.checks;
  }

  /** What was settled can be reached: certificates may be asked for. */
  begin(config: Config): void {
    this.#loaded?.files.begin(config);
  }

  take(ended: EndedHandshakes): void {
    this.#loaded?.handshakes.take(ended);
  }

  statsOf(listener: string): ListenerTlsStats | null {
    return this.#loaded?.handshakes.of(listener) ?? null;
  }

  /** Looks after no file any more, and asks for no certificate; what comes of handshakes is still taken. */
  stop(): void {
    this.#loaded?.files.close();
  }

  /** Says what has not been said. */
  close(): void {
    this.#loaded?.handshakes.close();
  }
}
