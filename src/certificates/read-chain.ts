/** What stands in a file of certificates, or a file of keys. */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Findings } from './finding.ts';
import { isCertificate, isPrivateKey, readPem } from './pem.ts';
import type { PemBlock } from './pem.ts';

/** The certificates of a file, in its order. */
export interface Chain {
  readonly file: string;
  readonly certificates: readonly X509Certificate[];
  /** PEM of them alone. */
  readonly text: string;
}

/** Nobody has a longer one: it is a list of certificates to trust. */
const MOST_CERTIFICATES = 16;

/** Null: it holds none, or one that cannot be read. */
export function readChain(text: string, file: string, part: string, findings: Findings): Chain | null {
  const blocks = readPem(text).filter(isCertificate);
  if (blocks.length === 0)
    return findings.mistake(part, file, 'it holds no certificate in PEM', 'Name the file with the chain.');
  if (blocks.length > MOST_CERTIFICATES) {
    const cure = 'Name the chain of one server, without a list of those that you trust.';
    return findings.mistake(part, file, `it holds ${blocks.length} certificates`, cure);
  }
  const certificates = blocks.flatMap((block) => readCertificate(block, file, part, findings) ?? []);
  if (certificates.length < blocks.length) return null;
  return { file, certificates, text: blocks.map((block) => block.text).join('') };
}

function readCertificate(
  { text, line }: PemBlock,
  file: string,
  part: string,
  findings: Findings,
): X509Certificate | null {
  try {
    const certificate = new X509Certificate(text);
    // What stands inside is read when it is asked for, and may be damaged where the whole is not.
    if (hasKeyAndTimes(certificate)) return certificate;
  } catch {
    // The same: it says no more than that.
  }
  const message = `what begins in line ${line} is not a certificate that can be read`;
  return findings.mistake(part, file, message, 'Look whether the file is whole.');
}

/** Throws where OpenSSL cannot make out its key. */
function hasKeyAndTimes({ publicKey, validFromDate, validToDate }: X509Certificate): boolean {
  return publicKey.type === 'public' && !Number.isNaN(validFromDate.getTime()) && !Number.isNaN(validToDate.getTime());
}

/** Where a key is read from. */
interface KeyPlace {
  readonly file: string;
  readonly part: string;
  /** What to do about one that has a passphrase. Default: to name that. */
  readonly ifEncrypted?: string;
}

/** Blocks with keys; none where the file has no key. */
export function keyBlocksOf(text: string): readonly PemBlock[] {
  return readPem(text).filter(isPrivateKey);
}

/** Whether the file of the chain holds a key alone, and that of the key a chain: one mistake then, and no more is to be looked for. */
export function findSwapped(
  chain: { readonly file: string; readonly text: string | null; readonly part: string },
  key: { readonly file: string; readonly text: string | null },
  findings: Findings,
): boolean {
  if (chain.text === null || key.text === null) return false;
  if (!holdsAlone(chain.text, isPrivateKey) || !holdsAlone(key.text, isCertificate)) return false;
  const cure = `Write them the other way round: { ${chain.part}: ${key.file}, key: ${chain.file} }.`;
  findings.mistake(chain.part, chain.file, `it holds the key, and ${key.file} the certificate`, cure);
  return true;
}

/** Of the two kinds only one, whatever else there is. */
function holdsAlone(text: string, isWanted: (block: PemBlock) => boolean): boolean {
  const blocks = readPem(text).filter((block) => isCertificate(block) || isPrivateKey(block));
  return blocks.length > 0 && blocks.every(isWanted);
}

/** Null: there is none, or it cannot be opened. */
export function readKey(text: string, passphrase: string, place: KeyPlace, findings: Findings): KeyObject | null {
  const { file, part } = place;
  const [block, another] = keyBlocksOf(text);
  if (block === undefined) {
    const cure =
      part === 'key'
        ? 'Name the file with the private key, in PEM.'
        : `Name the key beside it: { ${part}: …, key: … }, or put it into this file.`;
    return findings.mistake(part, file, 'it holds no private key', cure);
  }
  if (another !== undefined)
    return findings.mistake(
      part,
      file,
      'it holds more than one private key',
      'Leave the one of the certificate in it.',
    );
  return openKey(block, passphrase, place, findings);
}

function openKey(
  { text }: PemBlock,
  passphrase: string,
  { file, part, ifEncrypted = 'Name the file with its passphrase: passphraseFile.' }: KeyPlace,
  findings: Findings,
): KeyObject | null {
  try {
    return createPrivateKey(passphrase === '' ? text : { key: text, passphrase });
  } catch (error) {
    // What the error says is not passed on: nobody vouches that it holds nothing of the key.
    if (isEncrypted(text)) {
      return passphrase === ''
        ? findings.mistake(part, file, 'the key in it is encrypted', ifEncrypted)
        : findings.mistake(part, file, 'the passphrase does not open the key in it', 'Look into the passphraseFile.');
    }
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return findings.mistake(
      part,
      file,
      `the private key in it cannot be read${code}`,
      'Look whether the file is whole.',
    );
  }
}

function isEncrypted(text: string): boolean {
  return text.includes('BEGIN ENCRYPTED PRIVATE KEY') || text.includes('Proc-Type: 4,ENCRYPTED');
}

/** As it goes to threads: opened. */
export function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}
