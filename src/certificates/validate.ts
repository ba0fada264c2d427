/**
 * Whether a chain and a key can be served with: the server's own certificate first, then whoever issued it, and so on;
 * the key that belongs to it; a time in which it is valid.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Findings } from './finding.ts';

const DAY_MS = 86_400_000;
/** A certificate is reported from this long before its end on, or from a third of its life where that is less. */
const SOON_MS = 14 * DAY_MS;
const LEAST_RSA_BITS = 2048;
const KEY_TYPES: ReadonlySet<string> = new Set(['ec', 'rsa', 'rsa-pss', 'ed25519', 'ed448']);
/** Hashes in whose signatures nobody can trust. */
const WEAK_SIGNATURE = /md5|sha1(?!\d)/i;

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

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
  else if (now > validTo - Math.min(SOON_MS, (validTo - validFrom) / 3))
    findings.warn(part, file, `it expires ${inDays(validTo - now)}, on ${dateOf(validTo)}`, 'Renew it.');
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

/** The lines of a distinguished name on one, without what could steer a terminal. */
export function oneLine(text: string): string {
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
