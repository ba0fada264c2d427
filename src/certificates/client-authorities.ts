/** What the certificates of clients are judged by: the authorities that they may be of, and what these have revoked. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { ClientCertificateSpec } from '../core/tls-files.ts';
import type { Findings } from './finding.ts';
import { isCertificate, isPrivateKey, readPem } from './pem.ts';
import type { PemBlock } from './pem.ts';
import { readText } from './read-file.ts';
import { nameOf, warnOfAge } from './validate.ts';

export interface ClientAuthorities {
  /** PEM of the authorities alone. */
  readonly ca: string;
  /** PEM of each list; empty: nothing is revoked. */
  readonly crls: readonly string[];
  /** Whom they are about, for people. */
  readonly subjects: readonly string[];
}

/** Null: it cannot be used, which is then among the findings. `now` in milliseconds since 1970. */
export async function readClientAuthorities(
  { ca, crl }: ClientCertificateSpec,
  now: number,
  findings: Findings,
): Promise<ClientAuthorities | null> {
  const text = await readText(ca, 'ca', findings);
  const authorities = text === null ? null : readAuthorities(text, ca, now, findings);
  const listText = crl === '' ? '' : await readText(crl, 'crl', findings);
  const crls = listText === null ? null : crl === '' ? [] : readLists(listText, crl, findings);
  return authorities === null || crls === null ? null : { ...authorities, crls };
}

function readAuthorities(
  text: string,
  file: string,
  now: number,
  findings: Findings,
): Pick<ClientAuthorities, 'ca' | 'subjects'> | null {
  const all = readPem(text);
  const blocks = all.filter(isCertificate);
  if (blocks.length === 0) {
    const cure = 'Name the file with the authorities that clients have their certificates from.';
    return findings.mistake('ca', file, 'it holds no certificate in PEM', cure);
  }
  const certificates = blocks.flatMap((block) => readAuthority(block, file, findings) ?? []);
  if (certificates.length < blocks.length) return null;
  for (const certificate of certificates) warnOfAuthority(certificate, file, now, findings);
  if (all.some(isPrivateKey))
    findings.warn(
      'ca',
      file,
      'it holds a private key, which is not needed here',
      'Leave the certificates alone in it.',
    );
  return { ca: blocks.map((block) => block.text).join(''), subjects: certificates.map(nameOf) };
}

function readAuthority({ text, line }: PemBlock, file: string, findings: Findings): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    const message = `what begins in line ${line} is not a certificate that can be read`;
    return findings.mistake('ca', file, message, 'Look whether the file is whole.');
  }
}

function warnOfAuthority(certificate: X509Certificate, file: string, now: number, findings: Findings): void {
  // Whoever signs itself is its own authority: a single client may be trusted so.
  if (!certificate.ca && !certificate.checkIssued(certificate)) {
    const message = `the certificate of ${nameOf(certificate)} is that of no authority, so that no client's is of it`;
    findings.warn('ca', file, message, 'Name the certificate of its issuer.');
  }
  warnOfAge(certificate, now, file, 'ca', findings);
}

function readLists(text: string, file: string, findings: Findings): readonly string[] | null {
  const blocks = readPem(text).filter(({ label }) => label === 'X509 CRL');
  if (blocks.length === 0) {
    const cure = 'Name the file with the list; one in DER becomes PEM with: openssl crl -inform DER.';
    return findings.mistake('crl', file, 'it holds no list of revoked certificates in PEM', cure);
  }
  const bad = blocks.find((block) => !isList(block));
  if (bad === undefined) return blocks.map((block) => block.text);
  const message = `what begins in line ${bad.line} is not a list that can be read`;
  return findings.mistake('crl', file, message, 'Look whether the file is whole.');
}

/** Nothing else in Node reads one. */
function isList({ text }: PemBlock): boolean {
  try {
    createSecureContext({ crl: text });
    return true;
  } catch {
    return false;
  }
}
