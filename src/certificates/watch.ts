/**
 * Whether files of certificates have changed: by what the system says of them, looked at now and then, since no other way
 * works on every file system. A link counts as what it leads to, a folder as its files.
 */
import { stat } from 'node:fs/promises';
import type { ListenerTls } from '../core/snapshot.ts';
import type { CertificateSource } from '../core/tls-files.ts';
import { listFiles } from './read-folder.ts';

/** How often files are looked at. */
export const WATCH_MS = 30_000;
/** Programs write a certificate and its key one after the other: files are read when they have stood still for so long. */
export const SETTLE_MS = 1000;

/** Differs from an earlier one where one of the files has changed. */
export async function stampOf({ certificates, ticketKeys, clientCertificate }: ListenerTls): Promise<string> {
  const { ca = '', crl = '' } = clientCertificate ?? {};
  return stampFiles([...certificates.flatMap(filesOf), ticketKeys, ca, crl]);
}

/** The same of files; `''`: none. */
export async function stampFiles(paths: readonly string[]): Promise<string> {
  const stamps = paths.filter((path) => path !== '').map((path) => stampPath(path));
  return (await Promise.all(stamps)).join('\n');
}

function filesOf({ cert, key, pkcs12, passphraseFile, ocsp }: CertificateSource): readonly string[] {
  return [cert, key, pkcs12, passphraseFile, ocsp];
}

async function stampPath(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  if (found === null) return `${path} -`;
  if (found.isDirectory()) {
    const inner = await Promise.all((await listFiles(path)).map((file) => stampPath(file)));
    return `${path}/\n${inner.join('\n')}`;
  }
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  return `${path} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}
