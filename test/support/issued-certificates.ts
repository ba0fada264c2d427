/** Certificates of every kind, right and wrong, made on the spot: no key lies in the tree. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

const DAY_MS = 86_400_000;

export interface CertificateOptions {
  /** Host names and IPv4 addresses. */
  readonly names?: readonly string[];
  /** Default: the first name, or `fairlead test`. `''`: it has an empty name. */
  readonly commonName?: string;
  /** Whether the names stand in a subject alternative name. Default: yes. */
  readonly hasAltNames?: boolean;
  /** `ec` is on P-256; others are named by their curves. */
  readonly key?: 'ec' | 'secp256k1' | 'secp224r1' | 'prime192v1' | 'rsa' | 'rsa-1024' | 'ed25519';
  /** Default: it signs itself. */
  readonly issuer?: Issued;
  readonly isAuthority?: boolean;
  /** What alone it may be used for. Default: anything. */
  readonly purpose?: 'server' | 'client';
  /** Days from now. Default: from yesterday, for 90 days. */
  readonly fromDays?: number;
  readonly toDays?: number;
}

export interface Issued {
  readonly commonName: string;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly privateKey: KeyObject;
  /** In hex. */
  readonly serial: string;
}

const PURPOSES = { server: '2b06010505070301', client: '2b06010505070302' };

/** X.509 version 3, signed with SHA-256. */
export function issueCertificate(options: CertificateOptions = {}): Issued {
  const { names = [], hasAltNames = true, key = 'ec', issuer, isAuthority = false } = options;
  const { commonName = names[0] ?? 'fairlead test', purpose, fromDays = -1, toDays = 89 } = options;
  const { privateKey, publicKey } = createKeys(key);
  const signer = issuer?.privateKey ?? privateKey;
  const algorithm = algorithmOf(signer);
  const validity = sequence(time(Date.now() + fromDays * DAY_MS), time(Date.now() + toDays * DAY_MS));
  const altNames = sequence(
    ...names.map((name) => (isIPv4(name) ? der(0x87, octets(name)) : der(0x82, Buffer.from(name)))),
  );
  const extensions = [
    ...(isAuthority ? [extension('551d13', sequence(der(0x01, Buffer.from([0xff]))))] : []),
    ...(purpose === undefined ? [] : [extension('551d25', sequence(oid(PURPOSES[purpose])))]),
    ...(hasAltNames && names.length > 0 ? [extension('551d11', altNames)] : []),
  ];
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    distinguishedName(issuer?.commonName ?? commonName),
    validity,
    distinguishedName(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  return {
    commonName,
    cert: pem('CERTIFICATE', signed(body, signer)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    privateKey,
    serial: serial.toString('hex'),
  };
}

/** A list of what an authority has revoked, in PEM: valid from yesterday, for a month. */
export function revoke(issuer: Issued, revoked: readonly Issued[], toDays = 30): string {
  const entries = revoked.map(({ serial }) =>
    sequence(der(0x02, Buffer.from(serial, 'hex')), time(Date.now() - DAY_MS)),
  );
  const body = sequence(
    der(0x02, Buffer.from([1])),
    algorithmOf(issuer.privateKey),
    distinguishedName(issuer.commonName),
    time(Date.now() - 40 * DAY_MS),
    time(Date.now() + toDays * DAY_MS),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
  );
  return pem('X509 CRL', signed(body, issuer.privateKey));
}

function signed(body: Buffer, signer: KeyObject): Buffer {
  const signature = sign(signer.asymmetricKeyType === 'ed25519' ? null : 'sha256', body, signer);
  return sequence(body, algorithmOf(signer), der(0x03, Buffer.concat([Buffer.from([0]), signature])));
}

function createKeys(kind: CertificateOptions['key'] = 'ec'): { privateKey: KeyObject; publicKey: KeyObject } {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (kind === 'rsa-1024') return generateKeyPairSync('rsa', { modulusLength: 1024 });
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: kind === 'ec' ? 'prime256v1' : kind });
}

function algorithmOf({ asymmetricKeyType }: KeyObject): Buffer {
  if (asymmetricKeyType === 'rsa') return sequence(oid('2a864886f70d01010b'), der(0x05, Buffer.alloc(0)));
  return sequence(oid(asymmetricKeyType === 'ed25519' ? '2b6570' : '2a8648ce3d040302'));
}

function distinguishedName(commonName: string): Buffer {
  if (commonName === '') return sequence();
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x04, value));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** Tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** `YYMMDDhhmmssZ`. */
function time(at: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(at).toISOString().replaceAll(/\D/g, '').slice(2, 14)}Z`));
}

function octets(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
