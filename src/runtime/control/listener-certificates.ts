/**
 * The certificates of all listeners: read at the start, at each reload, and when their files change. It is all or
 * nothing for each listener: where something cannot be used, it goes on with what it has, and says what to do.
 */
import { isDeepStrictEqual } from 'node:util';
import type { OwnCertificates } from '../../certificates/acme/own-certificates.ts';
import type { Finding } from '../../certificates/finding.ts';
import type { LoadedListenerFiles } from '../../certificates/listener-files.ts';
import { loadListener, stampListener } from '../../certificates/load-listener.ts';
import type { Scheduler } from '../../checks/scheduler.ts';
import type { Clock } from '../../core/clock.ts';
import type { ListenerSpec, ListenerTls } from '../../core/snapshot.ts';
import type { TlsMaterial } from '../shared/tls-material.ts';
import { CertificateError, toMistakes } from './certificate-error.ts';
import type { CertificateMistake } from './certificate-error.ts';
import type { CertificateEvent } from './certificate-event.ts';
import { toMended, toTroubles } from './certificate-troubles.ts';
import { createTlsMaterial } from './tls-material.ts';
import { WatchedFiles } from './watched-files.ts';

export interface ListenerCertificatesOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  onEvent(event: CertificateEvent): void;
  /** Files have changed and stand still now: {@link ListenerCertificates.refresh} is wanted, in its turn. */
  onStale(): void;
}

/** What the codecs speak. Of bytes that are passed on nobody knows what they are. */
const PROTOCOLS = ['http/1.1'] as const;

/** What is read for a listener. */
interface Wanted {
  readonly id: string;
  readonly tls: ListenerTls;
  readonly alpn: readonly string[];
  /** Where those are that Fairlead gets by itself; null: there are none. */
  readonly own: OwnCertificates | null;
}

/** What a listener serves with. */
interface Served extends Wanted {
  readonly files: Omit<LoadedListenerFiles, 'findings'>;
  readonly material: TlsMaterial;
  /** Of the files as they were when they were last read, whether they could be used or not. */
  readonly stamp: string;
  /** What was told of them when they were last read. */
  readonly troubles: readonly CertificateEvent[];
}

/** What all listeners are to serve with, by their ids. */
export type LoadedListeners = ReadonlyMap<string, Served>;

export class ListenerCertificates {
  readonly #options: ListenerCertificatesOptions;
  readonly #watched: WatchedFiles<Served>;

  constructor(options: ListenerCertificatesOptions) {
    this.#options = options;
    this.#watched = new WatchedFiles<Served>({
      clock: options.clock,
      scheduler: options.scheduler,
      stampOf: ({ tls, own }) => stampListener(tls, own),
      readAgain: async (before) => (await this.#read(before, before)).served ?? before,
      onStale: () => options.onStale(),
    });
  }

  /** Reads what these listeners name. Changes nothing. Rejects with a {@link CertificateError} where one would have none. */
  async load(listeners: readonly ListenerSpec[], own: OwnCertificates | null = null): Promise<LoadedListeners> {
    const loaded = new Map<string, Served>();
    const mistakes: CertificateMistake[] = [];
    this.#watched.noteRead();
    for (const { id, tls, tcp } of listeners) {
      if (tls === null) continue;
      const before = this.#watched.all.get(id);
      const wanted = { id, tls, alpn: tcp === undefined ? PROTOCOLS : [], own };
      const { served, findings } = await this.#read(wanted, before);
      if (served !== null) loaded.set(id, served);
      else mistakes.push(...toMistakes('listeners', id, findings));
    }
    if (mistakes.length > 0) throw new CertificateError(mistakes);
    return loaded;
  }

  /** From now on this is what they serve with, and its files are watched. True: there is something new for threads. */
  settle(loaded: LoadedListeners): boolean {
    const before = this.#watched.all;
    for (const [id, served] of loaded) {
      const known = before.get(id);
      if (known === undefined) continue;
      this.#sayMended(known, served);
      this.#sayRenewed(known, served);
      this.#sayJudged(known, served);
    }
    this.#watched.settle(loaded);
    return (
      before.size !== loaded.size || [...loaded].some(([id, { material }]) => before.get(id)?.material !== material)
    );
  }

  /** For threads. `ticketKeys`: of listeners that have none of their own. */
  materials(ticketKeys: readonly Uint8Array[]): readonly TlsMaterial[] {
    return [...this.#watched.all.values()].map(({ material }) => {
      return material.ticketKeys.length > 0 ? material : { ...material, ticketKeys };
    });
  }

  /** What was told and still holds. */
  get troubles(): readonly CertificateEvent[] {
    return [...this.#watched.all.values()].flatMap(({ troubles }) => troubles);
  }

  /** Reads what has changed since it was last read; once a day everything. True: there is something new for threads. */
  async refresh(): Promise<boolean> {
    const refreshed = await this.#watched.refresh();
    return refreshed !== null && this.settle(refreshed);
  }

  /** Goes on watching after a {@link refresh} that failed. */
  lookAgain(): void {
    this.#watched.lookAgain();
  }

  close(): void {
    this.#watched.close();
  }

  // ———

  /** `served` null: nothing can be served, and nothing has been before. */
  async #read(
    { id, tls, alpn, own }: Wanted,
    before: Served | undefined,
  ): Promise<{ readonly served: Served | null; readonly findings: readonly Finding[] }> {
    const stamp = await stampListener(tls, own);
    const circumstances = { now: this.#options.clock.wallTime(), mayBeExpired: before !== undefined };
    const { findings, ...files } = await loadListener(tls, own, circumstances);
    const mistakes = findings.filter(({ isMistake }) => isMistake);
    const isUsable = mistakes.length === 0;
    if (!isUsable && !mayGoOn(before, tls)) return { served: null, findings: mistakes };
    const owner = { listener: id, pool: null };
    const troubles = isUsable ? toTroubles(owner, 'warning', findings) : toTroubles(owner, 'unusable', mistakes);
    for (const trouble of troubles) this.#options.onEvent(trouble);
    const usable = isUsable || before === undefined ? files : before.files;
    const material = createTlsMaterial(id, tls, usable, alpn);
    const known = before !== undefined && isSameMaterial(before.material, material) ? before.material : material;
    return { served: { id, tls, alpn, own, files: usable, material: known, stamp, troubles }, findings };
  }

  /** Of files that are not named any more there is nothing to say. */
  #sayMended(before: Served, now: Served): void {
    if (!isDeepStrictEqual(before.tls, now.tls)) return;
    for (const mended of toMended(before.troubles, now.troubles)) this.#options.onEvent(mended);
  }

  #sayRenewed(before: Served, { id: listener, files: { certificates } }: Served): void {
    const known = new Set(before.files.certificates.map(({ fingerprint }) => fingerprint));
    for (const { fingerprint, file, names, validTo } of certificates) {
      if (known.has(fingerprint)) continue;
      const until = new Date(validTo).toISOString().slice(0, 10);
      const message = `a new certificate for ${names[0] ?? 'no name'} is served, until ${until}`;
      this.#options.onEvent({ listener, pool: null, change: 'renewed', file, message });
    }
  }

  /** Says that clients are judged by something new. */
  #sayJudged({ files: { clientAuthorities: before } }: Served, { id: listener, tls, files }: Served): void {
    const { clientAuthorities: now } = files;
    if (tls.clientCertificate === null || before === null || now === null) return;
    const { ca, crl } = tls.clientCertificate;
    const say = (file: string): void => {
      const message =
        'clients are judged by what it says now; those who have been here are asked for their certificate again';
      this.#options.onEvent({ listener, pool: null, change: 'renewed', file, message });
    };
    if (before.ca !== now.ca) say(ca);
    if (crl !== '' && before.crls.join('') !== now.crls.join('')) say(crl);
  }
}

/**
 * Whether it may serve with what it has where what it is to have cannot be used. Not where clients are to be judged in
 * another way from now on: then it would go on letting in whom the config keeps out.
 */
function mayGoOn(before: Served | undefined, { clientCertificate }: ListenerTls): boolean {
  return before !== undefined && isDeepStrictEqual(before.tls.clientCertificate, clientCertificate);
}

function isSameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return textOf(a) === textOf(b);
}

function textOf({ identities, byName, unknownName, ticketKeys, clientPolicy }: TlsMaterial): string {
  const keys = ticketKeys.map((key) => [...key]);
  const policy = clientPolicy && [clientPolicy.id, clientPolicy.names];
  return JSON.stringify([unknownName, identities.map(({ id }) => id), [...byName], keys, policy]);
}
