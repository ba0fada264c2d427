/** What is spoken to servers with, read from the files that a pool names: all that may be used, and all that is wrong. */
import { X509Certificate } from 'node:crypto';
import { Findings } from './finding.ts';
import type { Finding } from './finding.ts';
import type { LoadCircumstances } from './load.ts';
import { isCertificate, readPem } from './pem.ts';
import { findSwapped, readChain, readKey, toPem } from './read-chain.ts';
import { readText, warnOfReaders } from './read-file.ts';
import { checkChain, checkCurve, checkKey, checkTime, checkUsable } from './validate.ts';

/** `''`: none. */
export interface ClientFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface LoadedClient {
  /** PEM of what is trusted; null: what the system trusts. */
  readonly ca: string | null;
  /** PEM of what is shown; null: nothing. */
  readonly certificate: { readonly chain: string; readonly key: string } | null;
  /** Milliseconds since 1970 at which that ends; Infinity: never. */
  readonly validTo: number;
  /** Of no use where one of them is a mistake. */
  readonly findings: readonly Finding[];
}

const DECRYPT = 'Write it without a passphrase, readable for Fairlead alone: openssl pkey -in OLD -out NEW.';

export async function loadClient(files: ClientFiles, circumstances: LoadCircumstances): Promise<LoadedClient> {
  const findings = new Findings('tls');
  const ca = files.ca === '' ? null : await readTrusted(files.ca, findings);
  const shown = files.certificate === '' ? null : await readPair(files, circumstances, findings);
  const certificate = shown === null ? null : { chain: shown.chain, key: shown.key };
  return { ca, certificate, validTo: shown?.validTo ?? Infinity, findings: findings.all };
}

async function readTrusted(file: string, findings: Findings): Promise<string | null> {
  const text = await readText(file, 'ca', findings);
  if (text === null) return null;
  const blocks = readPem(text).filter(isCertificate);
  if (blocks.length === 0)
    return findings.mistake('ca', file, 'it holds no certificate in PEM', 'Name the file of those that you trust.');
  const broken = blocks.find((block) => !isReadable(block.text));
  if (broken === undefined) return blocks.map((block) => block.text).join('');
  const message = `what begins in line ${broken.line} is not a certificate that can be read`;
  return findings.mistake('ca', file, message, 'Look whether the file is whole.');
}

function isReadable(text: string): boolean {
  try {
    new X509Certificate(text);
    return true;
  } catch {
    return false;
  }
}

async function readPair(
  { certificate: file, key: keyFile }: ClientFiles,
  circumstances: LoadCircumstances,
  findings: Findings,
): Promise<{ readonly chain: string; readonly key: string; readonly validTo: number } | null> {
  const isOneFile = keyFile === file;
  const part = isOneFile ? 'certificate' : 'key';
  const chainText = await readText(file, 'certificate', findings);
  const keyText = isOneFile ? chainText : await readText(keyFile, 'key', findings);
  const named = { file, text: chainText, part: 'certificate' };
  if (findSwapped(named, { file: keyFile, text: keyText }, findings)) return null;
  const chain = chainText === null ? null : readChain(chainText, file, 'certificate', findings);
  // What holds no certificate is not searched for its key as well.
  const isSought = !isOneFile || chain !== null;
  const place = { file: keyFile, part, ifEncrypted: DECRYPT };
  const key = keyText === null || !isSought ? null : readKey(keyText, '', place, findings);
  if (keyText !== null) await warnOfReaders(keyFile, part, findings);
  if (chain === null || key === null) return null;
  const { certificates, text } = chain;
  const [leaf] = certificates;
  const validTo = leaf.validToDate.getTime();
  checkChain(certificates, file, 'certificate', findings);
  checkKey(certificates, key, keyFile, part, findings);
  checkTime({ validFrom: leaf.validFromDate.getTime(), validTo }, circumstances, file, 'certificate', findings);
  checkCurve(leaf, file, 'certificate', findings);
  if (!findings.hasMistake) checkUsable(chain, key, file, 'certificate', findings);
  return { chain: text, key: toPem(key), validTo };
}
