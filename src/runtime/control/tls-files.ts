/** The files that TLS is spoken with, of listeners and of pools, and the keys of tickets: read, watched, and told to threads. */
import type { OwnCertificates } from '../../certificates/acme/own-certificates.ts';
import { ticketKeysFile } from '../../certificates/stored-ticket-keys.ts';
import { checksOf } from '../../checks/pool-checks.ts';
import type { Config } from '../../config/config.ts';
import type { CheckSpec, ListenerTls, PoolSpec } from '../../core/snapshot.ts';
import { chooseTlsEngine } from '../../net/node/tls-probe.ts';
import type { NodeEngine } from '../../net/node/transport.ts';
import type { Challenges } from '../shared/challenges.ts';
import type { TlsMaterials } from '../shared/tls-material.ts';
import type { AcmeKeeper } from './acme-keeper.ts';
import { CertificateError } from './certificate-error.ts';
import type { CertificateEvent } from './certificate-event.ts';
import type { TlsEditions } from './compile.ts';
import type { ControlPlaneOptions } from './control-plane-options.ts';
import { ListenerCertificates } from './listener-certificates.ts';
import type { LoadedListeners } from './listener-certificates.ts';
import { PoolCertificates } from './pool-certificates.ts';
import type { LoadedPools } from './pool-certificates.ts';
import { MAIN_THREAD } from './reports.ts';
import { TicketKeys } from './ticket-keys.ts';
import type { LoadedTicketKeys } from './ticket-keys.ts';
import type { Turns } from './turns.ts';

type Surroundings = Pick<ControlPlaneOptions, 'clock' | 'random' | 'scheduler' | 'getsCertificates' | 'events'>;

export interface TlsFilesOptions extends Surroundings {
  /** Of whoever changes the snapshot. */
  readonly turns: Turns;
  /** Tells every thread. */
  certify(materials: TlsMaterials): void;
  /** Resolves when every thread answers these challenges, and no others. */
  challenge(challenges: Challenges): Promise<void>;
  /** Files of this pool have changed: a snapshot with its new edition is wanted. */
  onPool(pool: string): void;
}

/** What a config is to speak TLS with. */
export interface LoadedTls {
  readonly editions: TlsEditions;
  readonly listeners: LoadedListeners;
  readonly pools: LoadedPools;
  readonly ticketKeys: LoadedTicketKeys;
  /** Ids of the listeners whose tickets are made with these. */
  readonly ticketListeners: readonly string[];
}

export async function createTlsFiles(options: TlsFilesOptions): Promise<TlsFiles> {
  return new TlsFiles(options, await chooseTlsEngine());
}

export class TlsFiles {
  readonly #options: TlsFilesOptions;
  readonly #engine: NodeEngine;
  readonly #listeners: ListenerCertificates;
  readonly #pools: PoolCertificates;
  readonly #ticketKeys: TicketKeys;
  #ticketFolder = '';
  #ticketListeners: readonly string[] = [];
  /** Null: nobody has ever wanted certificates that Fairlead gets by itself. */
  #acme: AcmeKeeper | null = null;
  #isClosed = false;

  /** `engine`: how cleartext is read. */
  constructor(options: TlsFilesOptions, engine: NodeEngine) {
    this.#options = options;
    this.#engine = engine;
    const { clock, scheduler, events } = options;
    const watched = {
      clock,
      scheduler,
      onEvent: (event: CertificateEvent) => events.onCertificate(event),
      onStale: () => this.#refreshInTurn(),
    };
    this.#listeners = new ListenerCertificates(watched);
    this.#pools = new PoolCertificates(watched);
    this.#ticketKeys = new TicketKeys({
      ...{ clock, scheduler },
      onChange: () => this.#certifyInTurn(),
      onTrouble: (message) => {
        for (const event of this.#toTicketEvents(message)) events.onCertificate(event);
      },
    });
  }

  /** Rejects with every mistake. */
  async load(config: Config): Promise<LoadedTls> {
    const own = await this.#ownOf(config);
    const loading = [this.#listeners.load(config.listeners, own), this.#pools.load(config.pools)] as const;
    const [listeners, pools] = await allOf(...loading);
    const editions = editionsOf([...pools.values()].map(({ material }) => material));
    const ticketListeners = config.listeners.filter(({ tls }) => tls !== null && usesOurTicketKeys(tls));
    // Where nobody uses them, nothing is written.
    const ticketKeys = await this.#ticketKeys.load(ticketListeners.length === 0 ? '' : config.settings.stateDir);
    return { editions, listeners, pools, ticketKeys, ticketListeners: ticketListeners.map(({ id }) => id) };
  }

  settle({ listeners, pools, ticketKeys, ticketListeners }: LoadedTls): void {
    this.#ticketFolder = ticketKeys.folder;
    this.#ticketListeners = ticketListeners;
    const hasOtherKeys = this.#ticketKeys.settle(ticketKeys);
    const isOther = this.#listeners.settle(listeners);
    if (this.#pools.settle(pools).length > 0 || isOther || hasOtherKeys) this.#certify();
  }

  /** What was settled can be reached: certificates may be asked for. */
  begin(config: Config): void {
    if (!this.#isClosed) this.#acme?.follow(config);
  }

  get editions(): TlsEditions {
    return editionsOf(this.#pools.materials());
  }

  /** What was told of certificates and still holds. */
  get troubles(): readonly CertificateEvent[] {
    const { trouble } = this.#ticketKeys;
    return [
      ...this.#listeners.troubles,
      ...this.#pools.troubles,
      ...(this.#acme?.troubles ?? []),
      ...(trouble === '' ? [] : this.#toTicketEvents(trouble)),
    ];
  }

  checksOf(pool: PoolSpec): readonly CheckSpec[] {
    return checksOf(pool, this.#pools.clientOf(pool.id));
  }

  close(): void {
    this.#isClosed = true;
    this.#acme?.close();
    this.#listeners.close();
    this.#pools.close();
    this.#ticketKeys.close();
  }

  /** Where those are that Fairlead gets by itself; null: no listener wants any. */
  async #ownOf({ listeners, settings }: Config): Promise<OwnCertificates | null> {
    if (listeners.every(({ tls }) => tls === null || tls.acme.length === 0)) return null;
    this.#acme ??= await this.#createAcme();
    return this.#acme.prepare(settings);
  }

  async #createAcme(): Promise<AcmeKeeper> {
    const { AcmeKeeper } = await import('./acme-keeper.ts');
    const { clock, random, scheduler, getsCertificates, events } = this.#options;
    return new AcmeKeeper({
      ...{ clock, random, scheduler },
      mayAsk: getsCertificates,
      place: (challenges) => this.#options.challenge(challenges),
      onStored: () => this.#refreshInTurn(),
      onEvent: (event) => events.onCertificate(event),
    });
  }

  #refreshInTurn(): void {
    this.#options.turns.take(() => this.#refresh()).catch((error: unknown) => this.#recover(error));
  }

  /** A fault of ours must not end what still serves: it goes on with what it has, and files are looked at again. */
  #recover(error: unknown): void {
    if (this.#isClosed) return;
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    this.#options.events.onFault({ worker: MAIN_THREAD, message, stack });
    this.#listeners.lookAgain();
    this.#pools.lookAgain();
  }

  /** Files have changed. */
  async #refresh(): Promise<void> {
    if (this.#isClosed) return;
    const isOther = await this.#listeners.refresh();
    const changed = await this.#pools.refresh();
    if (isOther || changed.length > 0) this.#certify();
    for (const pool of changed) this.#options.onPool(pool);
  }

  /** For each listener that it matters to. */
  #toTicketEvents(message: string): readonly CertificateEvent[] {
    const file = ticketKeysFile(this.#ticketFolder);
    return this.#ticketListeners.map((listener) => ({ listener, pool: null, change: 'warning', file, message }));
  }

  #certifyInTurn(): void {
    const certify = (): Promise<void> => {
      if (!this.#isClosed) this.#certify();
      return Promise.resolve();
    };
    this.#options.turns.take(certify).catch((error: unknown) => this.#recover(error));
  }

  #certify(): void {
    const listeners = this.#listeners.materials(this.#ticketKeys.all);
    this.#options.certify({ engine: this.#engine, listeners, pools: this.#pools.materials() });
  }
}

function editionsOf(materials: TlsMaterials['pools']): TlsEditions {
  return new Map(materials.map(({ pool, edition }) => [pool, edition]));
}

/** It ends TLS, and names no file with keys of its own. */
function usesOurTicketKeys({ ticketKeys, certificates, acme }: ListenerTls): boolean {
  return ticketKeys === '' && certificates.length + acme.length > 0;
}

/** Both, or every mistake of both. */
async function allOf<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  const settled = await Promise.allSettled([one, other]);
  const errors = settled.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []));
  const mistakes = errors.filter((error) => error instanceof CertificateError);
  if (mistakes.length === 2) throw new CertificateError(mistakes.flatMap((error) => error.mistakes));
  return Promise.all([one, other]);
}
