/** The certificates of a run: one for each kind of key, the same for all contestants. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueCertificate } from '../test/support/issued-certificates.ts';
import { scratchDirectory } from './scratch.ts';

/** ECDSA P-256, or RSA of 2,048 bits. */
export type KeyKind = 'ec' | 'rsa';

/** What certificates are for, and what clients ask for. */
export const SERVER_NAME = 'localhost';

const files = new Map<KeyKind, string>();

/** A file with chain and key, as all of them read it, which trusts itself; made on first use. */
export function certificateFile(kind: KeyKind): string {
  const known = files.get(kind);
  if (known !== undefined) return known;
  const { cert, key } = issueCertificate({ names: [SERVER_NAME, '127.0.0.1'], key: kind, isAuthority: true });
  const file = join(scratchDirectory(), `${kind}.pem`);
  writeFileSync(file, cert + key, { mode: 0o600 });
  files.set(kind, file);
  return file;
}
