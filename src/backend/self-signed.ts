/**
 * A certificate for trying things out: it is made on the spot, signs itself, and is for this machine alone. Node makes
 * keys and no certificates, so that the program `openssl` is asked for one.
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Chain and private key of a server, in PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** There is no certificate, or none that TLS can be spoken with; the message says why. */
export class NoCertificate extends Error {
  override readonly name = 'NoCertificate';
}

const DAYS = 30;
const LONGEST_MS = 10_000;

const run = promisify(execFile);

/** For host names and IP addresses; ECDSA, valid for 30 days. Rejects with `NoCertificate`, as where there is no `openssl`. */
export async function makeSelfSigned(names: readonly string[]): Promise<ServerCertificate> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  // For our user alone, as mkdtemp makes it.
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-certificate-'));
  const [keyFile, request, certFile] = ['key.pem', 'request.cnf', 'cert.pem'].map((name) => join(folder, name));
  try {
    await writeFile(keyFile, key, { mode: 0o600 });
    await writeFile(request, requestFor(names));
    const args = ['req', '-x509', '-new', '-sha256', '-key', keyFile, '-config', request];
    await run('openssl', [...args, '-days', String(DAYS), '-out', certFile], { timeout: LONGEST_MS });
    return { cert: await readFile(certFile, 'utf8'), key };
  } catch (error) {
    throw new NoCertificate(`no certificate could be made: ${describe(error)}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As a file, which every version of openssl reads, and LibreSSL. */
function requestFor(names: readonly string[]): string {
  const altNames = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`);
  return `[req]
prompt = no
distinguished_name = subject
x509_extensions = extensions
[subject]
CN = made by Fairlead for trying
[extensions]
basicConstraints = critical, CA:TRUE
extendedKeyUsage = serverAuth
subjectAltName = ${altNames.join(', ')}
`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT') return 'it takes the program openssl, which is not here';
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim().split('\n').at(-1) : '';
  return said === undefined || said === '' ? error.message : `openssl says: ${said}`;
}
