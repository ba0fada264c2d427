/** Which certificates a config wants Fairlead to get, and how far each of them is. */
import type { AcmeChallenge } from '../../core/acme.ts';
import { challengeFor } from '../../core/acme.ts';
import type { Config } from '../../config/config.ts';

/** One list of names; several listeners may have the same. */
export interface CertificateJob {
  readonly names: readonly string[];
  readonly listeners: readonly string[];
  readonly challenge: AcmeChallenge;
  /** Of the certificate that it was planned by; `''`: there is none. */
  fingerprint: string;
  /** When the next one is asked for, in milliseconds since 1970. */
  dueAt: number;
  /** In a row. */
  failures: number;
  /** When a failure was last told; `-Infinity`: never. */
  saidAt: number;
}

/** By their names. */
export type CertificateJobs = ReadonlyMap<string, CertificateJob>;

/** Those of the config; what is known of one that was there before stays. */
export function planJobs({ listeners, settings }: Config, before: CertificateJobs): CertificateJobs {
  const jobs = new Map<string, CertificateJob>();
  const { acme } = settings;
  if (acme === null) return jobs;
  for (const listener of listeners) {
    const names = listener.tls?.acme ?? [];
    const challenge = challengeFor(listener, listeners, acme.challenge);
    if (names.length === 0 || challenge === null) continue;
    const key = names.toSorted().join(' ');
    const known = jobs.get(key);
    const ids = [...(known?.listeners ?? []), listener.id];
    const { fingerprint = '', dueAt = 0, failures = 0, saidAt = -Infinity } = before.get(key) ?? {};
    // Where one of the listeners is at port 443, authorities come there.
    const chosen = known?.challenge === 'tls-alpn-01' ? known.challenge : challenge;
    jobs.set(key, { names, listeners: ids, challenge: chosen, fingerprint, dueAt, failures, saidAt });
  }
  return jobs;
}
