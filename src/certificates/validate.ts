/**
 * Whether a chain and a key can be served with: the server's own certificate first, then whoever issued it, and so on;
 * the key that belongs to it; a time in which it is valid.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Findings } from './finding.ts';

const DAY_MS = 86_400_000;
/** A certificate is reported from this long before its end on, or from a third of its life where that is less. */
const SOON_MS = 14 * DAY_MS;
const LEAST_RSA_BITS = 2048;
const KEY_TYPES: ReadonlySet<string> = new Set(['ec', 'rsa', 'rsa-pss', 'ed25519', 'ed448']);
/** Hashes in whose signatures nobody can trust. */
const WEAK_SIGNATURE = /md5|sha1(?!\d)/i;

/** Those that there are signatures of in TLS, and what they are called elsewhere. */
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  brainpoolP256r1: 'brainpoolP256r1',
  brainpoolP384r1: 'brainpoolP384r1',
  brainpoolP512r1: 'brainpoolP512r1',
};
/** Of signatures that OpenSSL takes without being asked. */
const USUAL_SIGNATURE = /sha(?:256|384|512)|^ed25519$|^ed448$/i;

/** Every block of the file is a certificate by now. `file` and `part` are for what is found. */
export function checkChain(chain: readonly X509Certificate[], file: string, part: string, findings: Findings): void {
  const broken = chain.findIndex((certificate, i) => i > 0 && !chain[i - 1].checkIssued(certificate));
  if (broken < 0) return;
  const ordered = inOrder(chain);
  if (ordered === null) {
    findings.mistake(
      part,
      file,
      `its certificate ${broken + 1} (${nameOf(chain[broken])}) has not issued the one in front of it (${nameOf(chain[broken - 1])})`,
      'Put the certificate of the server first, then the one that issued it, and so on, and nothing else.',
    );
    return;
  }
  const names = ordered.map((certificate) => nameOf(certificate)).join(', then ');
  findings.mistake(part, file, 'its certificates are in the wrong order', `Write them in this order: ${names}.`);
}

/** The same certificates, each followed by whoever issued it; null: they are no single chain. */
function inOrder(chain: readonly X509Certificate[]): readonly X509Certificate[] | null {
  const issuesAny = (one: X509Certificate): boolean => chain.some((other) => other !== one && other.checkIssued(one));
  const first = chain.filter((certificate) => !issuesAny(certificate));
  if (first.length !== 1) return null;
  const ordered = [first[0]];
  while (ordered.length < chain.length) {
    const last = ordered[ordered.length - 1];
    const next = chain.find((certificate) => !ordered.includes(certificate) && last.checkIssued(certificate));
    if (next === undefined) return null;
    ordered.push(next);
  }
  return ordered;
}

/** The key is that of the first certificate, and one that TLS takes. */
export function checkKey(
  chain: readonly X509Certificate[],
  privateKey: KeyObject,
  file: string,
  part: string,
  findings: Findings,
): void {
  const [leaf] = chain;
  if (!leaf.checkPrivateKey(privateKey)) {
    const other = chain.findIndex((certificate) => certificate.checkPrivateKey(privateKey));
    const cure =
      other > 0
        ? `It belongs to the certificate ${other + 1} of the chain, which has to be the first.`
        : 'Name the key that the certificate was requested with.';
    findings.mistake(part, file, `the key does not belong to the certificate of ${nameOf(leaf)}`, cure);
  }
  checkKeyKind(privateKey, file, part, findings);
  for (const { publicKey } of chain.slice(1)) checkKeyKind(publicKey, file, part, findings);
}

function checkKeyKind(key: KeyObject, file: string, part: string, findings: Findings): void {
  const { asymmetricKeyDetails } = key;
  const asymmetricKeyType = String(key.asymmetricKeyType);
  const bits = asymmetricKeyDetails?.modulusLength;
  if (!KEY_TYPES.has(asymmetricKeyType)) {
    findings.mistake(part, file, `TLS has no use for a key of type ${asymmetricKeyType}`, 'Use an EC or RSA key.');
  } else if (bits !== undefined && bits < LEAST_RSA_BITS) {
    findings.mistake(
      part,
      file,
      `an RSA key of ${bits} bits is too short`,
      `Make one of at least ${LEAST_RSA_BITS}, or an EC key.`,
    );
  }
}

/** The server signs with it, and TLS has signatures of a few curves alone: no client would get through. */
export function checkCurve({ publicKey }: X509Certificate, file: string, part: string, findings: Findings): void {
  const curve = publicKey.asymmetricKeyDetails?.namedCurve;
  if (curve === undefined || curve in CURVES) return;
  findings.mistake(part, file, `TLS has no use for an EC key on the curve ${curve}`, 'Use one on P-256 or P-384.');
}

/**
 * What OpenSSL refuses, it refuses when the first client comes. It is asked before that only where there is something
 * unusual: a context takes longer than all else that is looked at.
 */
export function checkUsable(
  { certificates, text }: { readonly certificates: readonly X509Certificate[]; readonly text: string },
  privateKey: KeyObject,
  file: string,
  part: string,
  findings: Findings,
): void {
  if (certificates.every(isUsual)) return;
  try {
    createSecureContext({ cert: text, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) });
  } catch (error) {
    // Its code alone: nobody vouches for the rest of it.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const cure = 'Get one with keys on P-256 or P-384 or RSA keys of at least 2048 bits, signed with SHA-256.';
    findings.mistake(part, file, `OpenSSL does not take it for TLS (${code})`, cure);
  }
}

function isUsual({ publicKey, signatureAlgorithm = '' }: X509Certificate): boolean {
  const { namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  return (namedCurve === undefined || namedCurve in CURVES) && USUAL_SIGNATURE.test(signatureAlgorithm);
}

/** Whoever signs itself is trusted for itself, however it has signed. */
export function checkSignatures(
  chain: readonly X509Certificate[],
  file: string,
  part: string,
  findings: Findings,
): void {
  for (const certificate of chain) {
    const algorithm = certificate.signatureAlgorithm ?? '';
    if (!WEAK_SIGNATURE.test(algorithm) || certificate.checkIssued(certificate)) continue;
    const message = `the certificate of ${nameOf(certificate)} is signed with ${algorithm}, which no client takes`;
    findings.mistake(part, file, message, 'Get another one.');
  }
}

/** A certificate that is served already stays while it is expired: it is then a warning. */
export function checkTime(
  { validFrom, validTo }: { readonly validFrom: number; readonly validTo: number },
  { now, mayBeExpired }: { readonly now: number; readonly mayBeExpired: boolean },
  file: string,
  part: string,
  findings: Findings,
): void {
  const say = (message: string, cure: string): void => {
    if (mayBeExpired) findings.warn(part, file, message, cure);
    else findings.mistake(part, file, message, cure);
  };
  if (now > validTo) say(`it has expired on ${dateOf(validTo)}`, 'Renew it.');
  else if (now < validFrom)
    say(`it is not valid before ${dateOf(validFrom)}`, 'Look at the clock of this machine, or wait.');
  else if (isSoon(now, validFrom, validTo))
    findings.warn(part, file, `it expires ${inDays(validTo - now)}, on ${dateOf(validTo)}`, 'Renew it.');
}

/** An authority that has expired, or will soon: its clients are refused from then on. */
export function warnOfAge(
  certificate: X509Certificate,
  now: number,
  file: string,
  part: string,
  findings: Findings,
): void {
  const [validFrom, validTo] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
  const warn = (message: string): void =>
    findings.warn(
      part,
      file,
      `the certificate of ${nameOf(certificate)} ${message}`,
      'Put the one that takes its place into the file as well.',
    );
  if (now > validTo) warn(`has expired on ${dateOf(validTo)}`);
  else if (isSoon(now, validFrom, validTo)) warn(`expires ${inDays(validTo - now)}, on ${dateOf(validTo)}`);
}

function isSoon(now: number, validFrom: number, validTo: number): boolean {
  return now > validTo - Math.min(SOON_MS, (validTo - validFrom) / 3);
}

function inDays(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  return days === 0 ? 'today' : days === 1 ? 'tomorrow' : `in ${days} days`;
}

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Whom a certificate is about, in a few words: its common name, else all there is. */
export function nameOf({ subject, subjectAltName }: X509Certificate): string {
  return oneLine(/^CN=(.*)$/m.exec(subject ?? '')?.[1] ?? subject ?? subjectAltName ?? 'no name');
}

/** Who has issued it, in words. A name may be empty, which Node calls undefined. */
export function issuerOf({ issuer }: { readonly issuer?: string }): string {
  return oneLine(issuer ?? 'no name');
}

/** The lines of a distinguished name on one, without what could steer a terminal. */
function oneLine(text: string): string {
  return text
    .trim()
    .replaceAll('\n', ', ')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

/** `ECDSA P-256`, `RSA 2048`. */
export function describeKey({ asymmetricKeyType: type, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve, modulusLength } = asymmetricKeyDetails ?? {};
  if (namedCurve !== undefined) return `ECDSA ${CURVES[namedCurve] ?? namedCurve}`;
  const asymmetricKeyType = String(type);
  const name = asymmetricKeyType.startsWith('rsa') ? 'RSA' : asymmetricKeyType.replace('ed', 'Ed');
  return modulusLength === undefined ? name : `${name} ${modulusLength}`;
}
