/** The certificates that a config names, for `fairlead check`: what is wrong with them, or what those of listeners are for. */
import type { OwnCertificates } from '../certificates/acme/own-certificates.ts';
import type { Certificate } from '../certificates/certificate.ts';
import { describeFinding } from '../certificates/finding.ts';
import type { Finding } from '../certificates/finding.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../core/clock.ts';
import type { ClientCertificateSpec } from '../core/tls-files.ts';
import { toMistakes } from '../runtime/control/certificate-error.ts';
import type { CertificateMistake } from '../runtime/control/certificate-error.ts';

const DAY_MS = 86_400_000;

export interface InspectedCertificates {
  readonly certificates: readonly ListenerCertificate[];
  readonly clients: readonly AskedClients[];
  readonly mistakes: readonly CertificateMistake[];
  readonly warnings: readonly string[];
}

/** A listener that asks clients for a certificate. */
export interface AskedClients extends ClientCertificateSpec {
  readonly listener: string;
  /** The authorities, in words. */
  readonly authorities: readonly string[];
}

export interface ListenerCertificate extends Certificate {
  readonly listener: string;
  /** It is for clients, too, that ask for no name that there is. */
  readonly isDefault: boolean;
}

export async function inspectCertificates({ listeners, pools, settings }: Config): Promise<InspectedCertificates> {
  const inspected = {
    certificates: [] as ListenerCertificate[],
    clients: [] as AskedClients[],
    mistakes: [] as CertificateMistake[],
    warnings: [] as string[],
  };
  const circumstances = { now: systemClock.wallTime(), mayBeExpired: false };
  const warn = (owner: string, findings: readonly Finding[]): void => {
    const warnings = findings.filter(({ isMistake }) => !isMistake);
    inspected.warnings.push(...warnings.map((finding) => `${owner}: ${describeFinding(finding)}`));
  };
  for (const { id, tls } of listeners) {
    if (tls === null) continue;
    // Few configs have any: what reads them is loaded for those.
    const { loadListener } = await import('../certificates/load-listener.ts');
    const own = tls.acme.length === 0 ? null : await findOwn(settings);
    const { certificates, clientAuthorities, findings } = await loadListener(tls, own, circumstances);
    if (tls.clientCertificate !== null)
      inspected.clients.push({
        ...tls.clientCertificate,
        listener: id,
        authorities: clientAuthorities?.subjects ?? [],
      });
    for (const [index, certificate] of certificates.entries()) {
      const isDefault = index === 0 && tls.unknownName === 'default';
      inspected.certificates.push({ ...certificate, listener: id, isDefault });
    }
    inspected.mistakes.push(...toMistakes('listeners', id, findings));
    warn(`listener ${id}`, findings);
  }
  for (const { id, tls } of pools) {
    if (tls === null) continue;
    const { loadClient } = await import('../certificates/load-client.ts');
    const { findings } = await loadClient(tls, circumstances);
    inspected.mistakes.push(...toMistakes('pools', id, findings));
    warn(`pool ${id}`, findings);
  }
  return inspected;
}

/** What is kept of the certificates that Fairlead gets by itself: nobody is asked for any. */
async function findOwn({ stateDir, acme }: Config['settings']): Promise<Pick<OwnCertificates, 'load'> | null> {
  if (acme === null) return null;
  const { AcmeStorage } = await import('../certificates/acme/acme-storage.ts');
  const { findOwned } = await import('../certificates/acme/own-certificates.ts');
  const { CertificateMaker, describeMissing } = await import('../certificates/acme/certificate-maker.ts');
  const storage = new AcmeStorage(stateDir, acme.directory);
  const isInstalled = (await CertificateMaker.load()) !== null;
  return {
    async load(names, now) {
      const { certificates, uncovered, findings } = await findOwned(storage, names, now);
      const about = { key: 'acme', file: '' };
      const more: Finding[] = isInstalled ? [] : [{ ...about, ...describeMissing(), isMistake: true }];
      const message = `there is no certificate yet for ${uncovered.join(', ')}`;
      const cure = `fairlead run asks ${acme.directory} for one, and serves a self-signed one until it comes.`;
      if (uncovered.length > 0) more.push({ ...about, isMistake: false, message, cure });
      return { certificates, findings: [...findings, ...more] };
    },
  };
}

/** Columns: listener, names, issuer, kind of key, time left, file. */
export function describeCertificates(certificates: readonly ListenerCertificate[], now: number): string[][] {
  return certificates.map(({ listener, names, addresses, isDefault, issuer, keyText, validTo, file }) => {
    const served = [...names, ...addresses, ...(isDefault ? ['any other name'] : [])];
    return [listener, served.join(', '), keyText, timeLeft(validTo - now), `by ${issuer}`, file];
  });
}

/** Columns: listener, whether one is required, for which names, authorities, file. */
export function describeClients(clients: readonly AskedClients[]): string[][] {
  return clients.map(({ listener, require: isRequired, names, forward, authorities, ca, crl }) => {
    const more = authorities.length > 3 ? ` and ${authorities.length - 3} more` : '';
    return [
      listener,
      `${isRequired ? 'required' : 'asked for'} ${names.length === 0 ? 'by every name' : `by ${names.join(', ')}`}`,
      `of ${authorities.slice(0, 3).join(', ')}${more}`,
      forward ? 'endpoints are told' : 'endpoints are not told',
      crl === '' ? ca : `${ca}, ${crl}`,
    ];
  });
}

/** The same for scripts. Nothing of the keys. */
export function toJsonCertificates(certificates: readonly ListenerCertificate[], now: number): readonly object[] {
  return certificates.map((certificate) => {
    const { listener, file, names, addresses, isDefault, issuer, keyText, fingerprint, validFrom, validTo } =
      certificate;
    const times = { validFrom: new Date(validFrom).toISOString(), validTo: new Date(validTo).toISOString() };
    const daysLeft = Math.floor((validTo - now) / DAY_MS);
    return { listener, file, names, addresses, isDefault, issuer, key: keyText, fingerprint, ...times, daysLeft };
  });
}

function timeLeft(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  return days < 0 ? 'expired' : `${days} ${days === 1 ? 'day' : 'days'} left`;
}
