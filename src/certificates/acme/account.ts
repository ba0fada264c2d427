/** The account at an authority (RFC 8555 7.3): opened once, and known by its key from then on. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { AcmeError } from './acme-error.ts';
import type { AcmeStorage, StoredAccount } from './acme-storage.ts';
import type { DirectoryClient } from './directory-client.ts';
import type { Signer } from './jws.ts';
import { toPem } from '../read-chain.ts';

/** Finds the account, or opens it. `mayBeKnown` false: the authority does not know the one that is kept any more. */
export async function openAccount(
  client: DirectoryClient,
  storage: AcmeStorage,
  email: string,
  mayBeKnown = true,
): Promise<Signer> {
  const stored = await storage.readAccount();
  const key = readKey(stored) ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  if (stored !== null && stored.url !== '' && mayBeKnown && readKey(stored) !== null) {
    const signer = { key, account: stored.url };
    if (stored.email !== email) await changeEmail(client, storage, signer, email);
    return signer;
  }
  // The key first: with it an account is found again whose URL never arrived.
  await storage.writeAccount({ privateKey: toPem(key), url: '', email });
  const { newAccount, needsBinding } = await client.directory();
  if (needsBinding)
    throw new AcmeError('the authority takes only accounts that are bound to one of its customers, which is not built');
  const { location } = await client.post(
    newAccount,
    { termsOfServiceAgreed: true, contact: contactOf(email) },
    { key, account: '' },
  );
  if (location === '') throw new AcmeError('the authority has opened an account, and does not say where');
  await storage.writeAccount({ privateKey: toPem(key), url: location, email });
  return { key, account: location };
}

async function changeEmail(
  client: DirectoryClient,
  storage: AcmeStorage,
  signer: Signer,
  email: string,
): Promise<void> {
  await client.post(signer.account, { contact: contactOf(email) }, signer);
  await storage.writeAccount({ privateKey: toPem(signer.key), url: signer.account, email });
}

function contactOf(email: string): readonly string[] {
  return email === '' ? [] : [`mailto:${email}`];
}

/** Null: it cannot be read, and a new one is made. */
function readKey(stored: StoredAccount | null): KeyObject | null {
  if (stored === null) return null;
  try {
    const key = createPrivateKey(stored.privateKey);
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
  } catch {
    return null;
  }
}
