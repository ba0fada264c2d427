/**
 * A folder of certificates: every file in it that holds some is a chain, and takes the key that belongs to it, wherever
 * in the folder that stands. So it does not matter how programs name them: `fullchain.pem` and `privkey.pem`, `tls.crt`
 * and `tls.key`, `a.example.pem` with both in it. Folders within, and files whose names begin with a dot, are left out.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createPublicKey } from 'node:crypto';
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Findings } from './finding.ts';
import { readChain, keyBlocksOf, readKey } from './read-chain.ts';
import type { Chain } from './read-chain.ts';
import { isFolder, readText, warnOfReaders } from './read-file.ts';
import { nameOf } from './validate.ts';

export interface ChainWithKey {
  readonly chain: Chain;
  readonly key: KeyObject;
  readonly keyFile: string;
}

interface FoundKey {
  readonly key: KeyObject;
  readonly file: string;
}

/** In the order of the names of the files. */
export async function readFolder(folder: string, findings: Findings): Promise<readonly ChainWithKey[]> {
  const chains: Chain[] = [];
  const keys = new Map<string, FoundKey>();
  for (const file of await listFiles(folder)) {
    const text = await readText(file, '', findings);
    if (text === null) continue;
    if (text.includes('CERTIFICATE-----')) chains.push(...toList(readChain(text, file, '', findings)));
    if (keyBlocksOf(text).length === 0) continue;
    const key = readKey(text, '', { file, part: '' }, findings);
    if (key !== null) keys.set(identityOf(createPublicKey(key)), { key, file });
  }
  if (chains.length === 0 && !findings.hasMistake)
    findings.mistake('', folder, 'the folder holds no certificate', 'Put chains and keys in PEM into it.');
  const paired = longestOf(chains).flatMap((chain) => toList(pair(chain, keys, findings)));
  if (paired.length === 0 && chains.length > 0 && !findings.hasMistake)
    findings.mistake('', folder, 'the folder holds no certificate of a server', 'Put chains and keys in PEM into it.');
  for (const { keyFile } of paired) await warnOfReaders(keyFile, '', findings);
  return paired;
}

/** Files of a folder, and the folder's own; for whoever looks whether something has changed. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const files: string[] = [];
  for (const name of names.toSorted()) {
    const file = join(folder, name);
    if (!name.startsWith('.') && !(await isFolder(file))) files.push(file);
  }
  return files;
}

/** certbot writes the certificate of the server with its chain and without: the longest counts. */
function longestOf(chains: readonly Chain[]): readonly Chain[] {
  const byLeaf = new Map<string, Chain>();
  for (const chain of chains) {
    const leaf = chain.certificates[0].fingerprint256;
    const other = byLeaf.get(leaf);
    if (other === undefined || other.certificates.length < chain.certificates.length) byLeaf.set(leaf, chain);
  }
  return [...byLeaf.values()];
}

function pair(chain: Chain, keys: ReadonlyMap<string, FoundKey>, findings: Findings): ChainWithKey | null {
  const [leaf] = chain.certificates;
  const found = keys.get(identityOf(leaf.publicKey));
  if (found !== undefined) return { chain, key: found.key, keyFile: found.file };
  // A chain without the server's own certificate, as certbot writes one, too.
  if (leaf.ca) return null;
  return findings.mistake(
    '',
    chain.file,
    `no file of the folder holds the key of the certificate of ${nameOf(leaf)}`,
    'Put its key into the folder; one that is encrypted is named outside of it: { cert: …, key: …, passphraseFile: … }.',
  );
}

function identityOf(publicKey: X509Certificate['publicKey']): string {
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}

function toList<T>(value: T | null): readonly T[] {
  return value === null ? [] : [value];
}
