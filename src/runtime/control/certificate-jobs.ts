/** Which certificates a config wants Fairlead to get, and how far each of them is. */
import type { AcmeChallenge } from '../../core/acme.ts';
import { challengeFor } from '../../core/acme.ts';
import type { Config } from '../../config/config.ts';

/** One list of names; several listeners may have the same. It is the same object over reloads, as long as it is wanted. */
export interface CertificateJob {
  /** The same for the same names in any order. */
  readonly key: string;
  readonly names: readonly string[];
  listeners: readonly string[];
  challenge: AcmeChallenge;
  /** Of the certificate that it was planned by; `''`: there is none. */
  fingerprint: string;
  /** When the next one is asked for, in milliseconds since 1970. */
  dueAt: number;
  /** In a row. */
  failures: number;
  /** Why the last one failed; `''`: it did not. */
  why: string;
  /**
   * It is not tried again before, after a failure. This and the next in monotonic milliseconds: a clock of the machine that
   * was ahead, and is set right, holds up nothing.
   */
  retryAt: number;
  /** When a failure was last told; `-Infinity`: never. */
  saidAt: number;
}

/** By their keys. */
export type CertificateJobs = ReadonlyMap<string, CertificateJob>;

/** Those of the config; one that was there before goes on. */
export function planJobs({ listeners, settings }: Config, before: CertificateJobs): CertificateJobs {
  const jobs = new Map<string, CertificateJob>();
  const { acme } = settings;
  if (acme === null) return jobs;
  for (const listener of listeners) {
    const names = listener.tls?.acme ?? [];
    const challenge = challengeFor(listener, listeners, acme.challenge);
    if (names.length === 0 || challenge === null) continue;
    const key = names.toSorted().join(' ');
    const planned = jobs.get(key);
    const job = planned ?? before.get(key) ?? createJob(key, names, challenge);
    job.listeners = [...(planned?.listeners ?? []), listener.id];
    // Where one of the listeners is at port 443, authorities come there.
    if (planned?.challenge !== 'tls-alpn-01') job.challenge = challenge;
    jobs.set(key, job);
  }
  return jobs;
}

function createJob(key: string, names: readonly string[], challenge: AcmeChallenge): CertificateJob {
  return {
    key,
    names,
    listeners: [],
    challenge,
    fingerprint: '',
    dueAt: 0,
    failures: 0,
    why: '',
    retryAt: 0,
    saidAt: -Infinity,
  };
}
