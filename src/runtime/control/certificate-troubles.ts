/** What is wrong with the files of a listener or a pool: told when it is found, and kept for whoever asks until it is mended. */
import type { Finding } from '../../certificates/finding.ts';
import type { CertificateEvent } from './certificate-event.ts';

/** One of the two is null. */
export type CertificateOwner = Pick<CertificateEvent, 'listener' | 'pool'>;

/** As they are told; `change`: what all of them are. */
export function toTroubles(
  { listener, pool }: CertificateOwner,
  change: 'unusable' | 'warning',
  findings: readonly Finding[],
): readonly CertificateEvent[] {
  return findings.map(({ file, message, cure }) => ({ listener, pool, change, file, message: `${message}. ${cure}` }));
}

/** What is to be told of files that could not be used before, and can be now. */
export function toMended(
  before: readonly CertificateEvent[],
  now: readonly CertificateEvent[],
): readonly CertificateEvent[] {
  if (now.some(isUnusable)) return [];
  const owners = new Map(before.filter(isUnusable).map((trouble) => [trouble.file, trouble]));
  return [...owners.values()].map(({ listener, pool, file }) => {
    return { listener, pool, change: 'usable', file, message: 'it can be used again' };
  });
}

function isUnusable({ change }: CertificateEvent): boolean {
  return change === 'unusable';
}
