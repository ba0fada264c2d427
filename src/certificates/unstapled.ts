import type { Certificate } from './certificate.ts';
import type { Finding } from './finding.ts';

/**
 * Certificates whose `ocsp` is not sent for some of their names: which of several for a name a client gets is settled
 * within TLS, after the answer to send along is chosen.
 */
export function findUnstapled(certificates: readonly Certificate[]): readonly Finding[] {
  return certificates
    .filter(({ ocsp }) => ocsp !== null)
    .flatMap((certificate) => {
      const { file, source: key, names, addresses } = certificate;
      const own = new Set([...names, ...addresses]);
      const isShared = (name: string): boolean => own.has(name);
      const other = certificates.find(
        (each) => each !== certificate && (each.names.some(isShared) || each.addresses.some(isShared)),
      );
      if (other === undefined) return [];
      const message = `its ocsp is not sent for names that ${other.file} is for as well`;
      const cure = 'Leave ocsp out, or one of the two certificates.';
      return [{ isMistake: false, key: `${key}.ocsp`, file, message, cure }];
    });
}
