/** What listeners end TLS with, and how their handshakes go: most configs have none, and load nothing of it. */
import type { Config } from '../../config/config.ts';
import type { EndedHandshakes } from '../shared/data-plane-report.ts';
import type { TlsMaterial } from '../shared/tls-material.ts';
import type { ControlPlaneOptions } from './control-plane-options.ts';
import type { HandshakeCounts, ListenerTlsStats } from './handshake-counts.ts';
import type { ListenerCertificates, LoadedListeners } from './listener-certificates.ts';
import type { TicketKeys } from './ticket-keys.ts';
import type { Turns } from './turns.ts';

interface Loaded {
  readonly certificates: ListenerCertificates;
  readonly handshakes: HandshakeCounts;
  readonly ticketKeys: TicketKeys;
}

export class TlsKeeper {
  readonly #options: Pick<ControlPlaneOptions, 'clock' | 'scheduler' | 'events'>;
  readonly #turns: Turns;
  /** Tells every thread. */
  readonly #certify: (materials: readonly TlsMaterial[]) => void;
  /** Null: no listener has ever ended TLS. */
  #loaded: Loaded | null = null;
  #isClosed = false;

  constructor(
    options: Pick<ControlPlaneOptions, 'clock' | 'scheduler' | 'events'>,
    turns: Turns,
    certify: (materials: readonly TlsMaterial[]) => void,
  ) {
    this.#options = options;
    this.#turns = turns;
    this.#certify = certify;
  }

  /** Rejects with every mistake. Nothing has changed before {@link settle}. */
  async load({ listeners }: Config): Promise<LoadedListeners | null> {
    if (this.#loaded === null) {
      if (listeners.every(({ tls }) => tls === null)) return null;
      this.#loaded = await this.#create();
    }
    return this.#loaded.certificates.load(listeners);
  }

  /** Threads have them before a listener that needs them. */
  settle(loaded: LoadedListeners | null): void {
    if (loaded === null || this.#loaded === null) return;
    if (this.#loaded.certificates.settle(loaded)) this.#tell(this.#loaded);
  }

  take(ended: EndedHandshakes): void {
    this.#loaded?.handshakes.take(ended);
  }

  statsOf(listener: string): ListenerTlsStats | null {
    return this.#loaded?.handshakes.of(listener) ?? null;
  }

  /** Looks after no file any more; what comes of handshakes is still taken. */
  stop(): void {
    this.#isClosed = true;
    this.#loaded?.certificates.close();
    this.#loaded?.ticketKeys.close();
  }

  /** Says what has not been said. */
  close(): void {
    this.#loaded?.handshakes.close();
  }

  async #create(): Promise<Loaded> {
    const { HandshakeCounts } = await import('./handshake-counts.ts');
    const { ListenerCertificates } = await import('./listener-certificates.ts');
    const { TicketKeys } = await import('./ticket-keys.ts');
    const { clock, scheduler, events } = this.#options;
    return {
      handshakes: new HandshakeCounts(scheduler, (failure) => events.onHandshakeFailure(failure)),
      certificates: new ListenerCertificates({
        clock,
        scheduler,
        onEvent: (event) => events.onCertificate(event),
        onStale: () => void this.#turns.take(() => this.#refresh()),
      }),
      ticketKeys: new TicketKeys(scheduler, () => {
        if (this.#loaded !== null) this.#tell(this.#loaded);
      }),
    };
  }

  /** Files of certificates have changed. */
  async #refresh(): Promise<void> {
    if (this.#loaded === null || this.#isClosed) return;
    if (await this.#loaded.certificates.refresh()) this.#tell(this.#loaded);
  }

  #tell({ certificates, ticketKeys }: Loaded): void {
    this.#certify(certificates.materials(ticketKeys.all));
  }
}
