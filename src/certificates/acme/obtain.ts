/** Gets one certificate, and keeps it: from the directory's address to the file. */
import { readFileSync } from 'node:fs';
import type { AcmeSpec } from '../../core/acme.ts';
import { codeOrText } from '../../machine/error-code.ts';
import { FileRefused, readRegularFile } from '../../machine/regular-file.ts';
import { openAccount } from './account.ts';
import { AcmeError } from './acme-error.ts';
import type { AcmeStorage } from './acme-storage.ts';
import { DirectoryClient } from './directory-client.ts';
import { orderCertificate } from './order.ts';
import type { OrderTools } from './order.ts';

export interface ObtainTools extends Pick<OrderTools, 'challenge' | 'maker' | 'place' | 'wait'> {
  readonly spec: AcmeSpec;
  readonly storage: AcmeStorage;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** Resolves when the certificate is in the storage. Rejects with an `AcmeError`, or with why it was given up. */
export async function obtainCertificate(names: readonly string[], tools: ObtainTools): Promise<void> {
  const { spec, storage, signal } = tools;
  await storage.requireRoom();
  const client = new DirectoryClient({
    url: spec.directory,
    ca: spec.ca === '' ? null : await readAuthorities(spec.ca),
    userAgent: userAgent(),
    wallTime: () => tools.wallTime(),
    signal,
  });
  try {
    await storage.writeCertificate(names, await order(names, client, tools));
  } finally {
    client.close();
  }
}

async function order(names: readonly string[], client: DirectoryClient, tools: ObtainTools): Promise<string> {
  const { spec, storage } = tools;
  try {
    return await orderCertificate(names, {
      ...pickTools(tools),
      client,
      signer: await openAccount(client, storage, spec.email),
    });
  } catch (error) {
    if (!(error instanceof AcmeError) || error.type !== 'accountDoesNotExist') throw error;
  }
  // The authority has begun anew, or has thrown the account out: with the same key it gives another one, or says why not.
  const signer = await openAccount(client, storage, spec.email, false);
  return orderCertificate(names, { ...pickTools(tools), client, signer });
}

function pickTools({ challenge, maker, place, wait }: ObtainTools): Omit<OrderTools, 'client' | 'signer'> {
  return { challenge, maker, place, wait };
}

async function readAuthorities(file: string): Promise<string> {
  const bytes = await readRegularFile(file).catch((error: unknown) => {
    if (error instanceof FileRefused) throw new AcmeError(`${file} cannot be read: ${error.message}`);
    const code = codeOrText(error);
    throw new AcmeError(`${file} cannot be read (${code})`);
  });
  return bytes.toString('utf8');
}

/** Name and version, as the protocol wants it (RFC 8555 6.1). */
function userAgent(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return `fairlead/${(JSON.parse(text) as { readonly version: string }).version}`;
}
