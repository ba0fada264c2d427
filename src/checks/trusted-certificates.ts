/** Whose certificates an https check takes: those of its file, else those of the system. */
import { stat } from 'node:fs/promises';
import type { SecureContext } from 'node:tls';
import type { CheckSpec, HttpsCheckSpec } from '../core/snapshot.ts';
import { FileRefused, readRegularFile } from '../machine/regular-file.ts';
import { systemCertificates } from '../net/node/system-certificates.ts';
import { createClientContext } from '../net/node/tls-client-context.ts';
import type { TlsClientOptions } from '../net/tls.ts';
import { asRequests } from './pool-checks.ts';

/** A file that a check names cannot be read, or holds no certificate. `message` names pool and file. */
export class CheckFileError extends Error {
  readonly code = 'FL_CHECK_FILE';
  override readonly name = 'CheckFileError';
}

interface Trust {
  /** Of the file, when it was read. */
  readonly changedAt: number;
  readonly context: SecureContext;
}

const trusts = new WeakMap<HttpsCheckSpec, Trust>();
const contexts = new WeakMap<TlsClientOptions, SecureContext>();
/** The same for all checks: hundreds of certificates take a while to read. */
let ofSystem: SecureContext | null = null;
let ofNobody: SecureContext | null = null;

/**
 * What to open a connection with; the same as long as the file stays the same, since a context takes milliseconds to
 * make. Rejects with {@link CheckFileError}.
 */
export async function trustFor(check: HttpsCheckSpec): Promise<SecureContext> {
  const { createSecureContext } = process.getBuiltinModule('node:tls');
  const client = asRequests(check)?.client;
  if (client !== undefined) return contextAs(client);
  if (!check.verify) return (ofNobody ??= createSecureContext());
  if (check.ca === '') return (ofSystem ??= createSecureContext({ ca: systemCertificates() }));
  const known = trusts.get(check);
  const changedAt = await stat(check.ca).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
  // While somebody puts another file in its place it is away for a moment.
  if (known !== undefined && (changedAt === null || changedAt === known.changedAt)) return known.context;
  const context = createSecureContext({ ca: await readCertificates(check.ca) });
  trusts.set(check, { changedAt: changedAt ?? 0, context });
  return context;
}

/** The same as requests have; one for all checks of their pool. */
function contextAs(client: TlsClientOptions): SecureContext {
  const context = contexts.get(client) ?? createClientContext(client);
  contexts.set(client, context);
  return context;
}

/** Rejects with a {@link CheckFileError} where a check names a file that it could not use. */
export async function requireCheckFiles(
  pools: readonly { readonly id: string; readonly checks: readonly CheckSpec[] }[],
): Promise<void> {
  for (const { id, checks } of pools) {
    for (const check of checks) {
      if (check.kind !== 'https' || check.ca === '' || !check.verify) continue;
      await readCertificates(check.ca).catch((error: unknown) => {
        throw error instanceof CheckFileError ? new CheckFileError(`pool ${id}: ${error.message}`) : error;
      });
    }
  }
}

async function readCertificates(file: string): Promise<string> {
  const bytes = await readRegularFile(file).catch((error: unknown) => {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = error instanceof FileRefused ? error.message : String(error);
    throw new CheckFileError(`the ca of a check, ${file}, ${isMissing ? 'is not there' : `cannot be read: ${why}`}`);
  });
  const text = bytes.toString('utf8');
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  try {
    new X509Certificate(text);
  } catch {
    throw new CheckFileError(`the ca of a check, ${file}, holds no certificate in PEM`);
  }
  return text;
}
