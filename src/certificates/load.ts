/** The certificates that a listener names, read and looked at: all that may be served with, and all that is wrong. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateSource } from '../core/tls-files.ts';
import type { Certificate, CertificateSecrets } from './certificate.ts';
import { describeCertificate } from './describe.ts';
import { Findings } from './finding.ts';
import type { Finding } from './finding.ts';
import { findSwapped, readChain, readKey, toPem } from './read-chain.ts';
import type { Chain } from './read-chain.ts';
import { isFolder, readBytes, readPassphrase, readText, warnOfReaders } from './read-file.ts';
import { readFolder } from './read-folder.ts';
import { readPkcs12 } from './read-pkcs12.ts';
import { subjectNamesOf } from './subject-names.ts';
import { findUnstapled } from './unstapled.ts';
import { checkChain, checkCurve, checkKey, checkSignatures, checkTime, checkUsable } from './validate.ts';

/** The answer of an issuer is some hundred bytes. */
const MOST_OCSP_BYTES = 16 * 1024;

export interface LoadCircumstances {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The listener serves already: one that has expired is then no reason to serve none. */
  readonly mayBeExpired: boolean;
}

/** What a listener can serve with, in the order of the config, and what there is to say about it. */
export interface LoadedCertificates {
  readonly certificates: readonly Certificate[];
  readonly findings: readonly Finding[];
}

export async function loadCertificates(
  sources: readonly CertificateSource[],
  circumstances: LoadCircumstances,
): Promise<LoadedCertificates> {
  const certificates: Certificate[] = [];
  const found: Finding[] = [];
  const seen = new Set<string>();
  for (const [index, source] of sources.entries()) {
    const findings = new Findings(`certificates[${index}]`);
    const loader = new SourceLoader(source, `certificates[${index}]`, circumstances, findings);
    const loaded = await loader.load();
    found.push(...findings.all);
    if (findings.hasMistake) continue;
    for (const certificate of loaded) {
      // A folder may hold one that is named by itself as well.
      if (seen.has(certificate.fingerprint)) continue;
      seen.add(certificate.fingerprint);
      certificates.push(certificate);
    }
  }
  return { certificates, findings: [...found, ...findClashes(certificates), ...findUnstapled(certificates)] };
}

class SourceLoader {
  readonly #source: CertificateSource;
  readonly #key: string;
  readonly #circumstances: LoadCircumstances;
  readonly #findings: Findings;

  constructor(source: CertificateSource, key: string, circumstances: LoadCircumstances, findings: Findings) {
    this.#source = source;
    this.#key = key;
    this.#circumstances = circumstances;
    this.#findings = findings;
  }

  /** Of no use where there is a mistake. */
  async load(): Promise<readonly Certificate[]> {
    const { cert, key, pkcs12 } = this.#source;
    if (pkcs12 !== '') return this.#loadPkcs12(pkcs12);
    if (key === '' && (await isFolder(cert))) return this.#loadFolder(cert);
    return this.#loadPair(cert, key);
  }

  async #loadPair(cert: string, keyFile: string): Promise<readonly Certificate[]> {
    const findings = this.#findings;
    const part = keyFile === '' ? 'cert' : 'key';
    const file = keyFile === '' ? cert : keyFile;
    const chainText = await readText(cert, 'cert', findings);
    const keyText = keyFile === '' ? chainText : await readText(keyFile, 'key', findings);
    if (findSwapped({ file: cert, text: chainText, part: 'cert' }, { file, text: keyText }, findings)) return [];
    const passphrase = await readPassphrase(this.#source.passphraseFile, findings);
    const chain = chainText === null ? null : readChain(chainText, cert, 'cert', findings);
    // What holds no certificate is not searched for its key as well.
    const isSought = keyFile !== '' || chain !== null;
    const key =
      keyText === null || passphrase === null || !isSought
        ? null
        : readKey(keyText, passphrase, { file, part }, findings);
    if (keyText !== null) await warnOfReaders(file, part, findings);
    const ocsp = await this.#readOcsp();
    return chain === null ? [] : this.#check(chain, key, { file, part }, ocsp);
  }

  async #loadFolder(folder: string): Promise<readonly Certificate[]> {
    const pairs = await readFolder(folder, this.#findings);
    return pairs.flatMap(({ chain, key, keyFile }) => this.#check(chain, key, { file: keyFile, part: '' }, null));
  }

  async #loadPkcs12(file: string): Promise<readonly Certificate[]> {
    const findings = this.#findings;
    const bytes = await readBytes(file, 'pkcs12', findings);
    const passphrase = await readPassphrase(this.#source.passphraseFile, findings);
    if (bytes === null || passphrase === null) return [];
    const leaf = readPkcs12(bytes, passphrase, file, findings);
    if (leaf === null) return [];
    await warnOfReaders(file, 'pkcs12', findings);
    const place = { file, source: this.#key };
    const certificate = describeCertificate(leaf, place, { kind: 'pkcs12', bytes, passphrase }, null);
    checkSignatures([leaf], file, 'pkcs12', findings);
    this.#checkLeaf(leaf, certificate, 'pkcs12');
    return [certificate];
  }

  #check(
    chain: Chain,
    key: KeyObject | null,
    place: { readonly file: string; readonly part: string },
    ocsp: Uint8Array | null,
  ): readonly Certificate[] {
    const findings = this.#findings;
    const { certificates, text, file } = chain;
    const [leaf] = certificates;
    const part = place.part === '' ? '' : 'cert';
    checkChain(certificates, file, part, findings);
    checkSignatures(certificates, file, part, findings);
    if (key !== null) checkKey(certificates, key, place.file, place.part, findings);
    const secrets: CertificateSecrets = { kind: 'pem', chain: text, privateKey: key === null ? '' : toPem(key) };
    const certificate = describeCertificate(leaf, { file, source: this.#key }, secrets, ocsp);
    this.#checkLeaf(leaf, certificate, part);
    if (key !== null && !findings.hasMistake) checkUsable(chain, key, file, part, findings);
    return [certificate];
  }

  #checkLeaf(leaf: X509Certificate, certificate: Certificate, part: string): void {
    const findings = this.#findings;
    const { file, names, addresses } = certificate;
    checkTime(certificate, this.#circumstances, file, part, findings);
    checkCurve(leaf, file, part, findings);
    if (names.length + addresses.length === 0) {
      findings.warn(
        part,
        file,
        'it has no name that a client could ask for',
        'Get one with subject alternative names.',
      );
    } else if (subjectNamesOf(leaf).isCommonName) {
      const message = `its name ${names[0]} is a common name, which browsers do not look at`;
      findings.warn(part, file, message, 'Get one with subject alternative names.');
    }
  }

  async #readOcsp(): Promise<Uint8Array | null> {
    const { ocsp } = this.#source;
    if (ocsp === '') return null;
    const bytes = await readBytes(ocsp, 'ocsp', this.#findings);
    if (bytes === null || (bytes.length > 0 && bytes.length <= MOST_OCSP_BYTES)) return bytes;
    const message = bytes.length === 0 ? 'it is empty' : `it is larger than ${MOST_OCSP_BYTES / 1024} KiB`;
    return this.#findings.mistake('ocsp', ocsp, message, 'Name the answer of the issuer, in DER.');
  }
}

/** Of each name one certificate of a type is enough: which of two is served would be a matter of chance. */
function findClashes(certificates: readonly Certificate[]): readonly Finding[] {
  const owners = new Map<string, Certificate>();
  const clashes = new Map<string, { readonly one: Certificate; readonly other: Certificate; names: string[] }>();
  for (const certificate of certificates) {
    for (const name of [...certificate.names, ...certificate.addresses]) {
      const key = `${certificate.keyType} ${name}`;
      const owner = owners.get(key);
      if (owner === undefined) {
        owners.set(key, certificate);
        continue;
      }
      const pair = `${owner.fingerprint} ${certificate.fingerprint}`;
      const clash = clashes.get(pair) ?? { one: owner, other: certificate, names: [] };
      clash.names.push(name);
      clashes.set(pair, clash);
    }
  }
  return [...clashes.values()].map(({ one, other, names }) => {
    const more = names.length > 1 ? ` and ${names.length - 1} more` : '';
    return {
      isMistake: true,
      key: other.source,
      file: other.file,
      message: `${one.file} is for ${names[0]}${more} as well, with a key of the same type`,
      cure: 'Leave one of them out; two for a name need keys of different types.',
    };
  });
}
