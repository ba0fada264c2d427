/** Mistakes in files of certificates, placed where the config names the files, as every other mistake of it is. */
import type { ConfigError } from '../config/errors.ts';
import type { TlsPlaces } from '../config/tls-places.ts';
import type { CertificateMistake } from '../runtime/control/certificate-error.ts';

/** `file`: the config's, for what stands in no line of it. Sorted by place within each file. */
export function placeMistakes(
  mistakes: readonly CertificateMistake[],
  places: TlsPlaces,
  file: string,
): readonly ConfigError[] {
  const errors = new Map<string, ConfigError>();
  for (const { key, message, cure } of mistakes) {
    const { excerpt, ...where } = places.get(key) ?? { file, line: 0, column: 0, key, excerpt: null };
    // What `defaults` name is the same mistake in every pool.
    errors.set(JSON.stringify([where, message]), { ...where, message, cure, excerpt });
  }
  const all = [...errors.values()];
  const files = [...new Set(all.map((error) => error.file))];
  return all.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column);
}
