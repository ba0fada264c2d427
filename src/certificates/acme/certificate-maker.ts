/**
 * Makes what has to be made of X.509: requests for certificates, certificates that sign themselves until there is a
 * better one, and those of challenges. By the package `@peculiar/x509`, which is installed only by those who use ACME.
 */
import { KeyObject, createHash, webcrypto } from 'node:crypto';
import { importOptional } from '../../machine/optional-package.ts';
import { toPem } from '../read-chain.ts';
import type { X509, X509Extension } from './x509-package.ts';

/** What to install where it is not there. `reflect-metadata` is what the other one needs beside it. */
export const PACKAGES = ['@peculiar/x509', 'reflect-metadata'] as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Of the extension that answers a challenge (RFC 8737 3). */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
/** In front of 32 bytes, in DER: an octet string of them. */
const OCTET_STRING_OF_32 = Buffer.from([0x04, 0x20]);

/** In PEM. */
export interface MadeCertificate {
  readonly chain: string;
  readonly privateKey: string;
}

export interface MadeRequest {
  /** PKCS#10, in DER. */
  readonly request: Buffer;
  readonly privateKey: KeyObject;
}

export class CertificateMaker {
  readonly #x509: X509;

  /** {@link load} makes one. */
  constructor(x509: X509) {
    this.#x509 = x509;
  }

  /** Resolves to null where one of {@link PACKAGES} is not installed. */
  static async load(folder?: string): Promise<CertificateMaker | null> {
    const [name, beside] = PACKAGES;
    // It is a change of `Reflect`, which has to be there first.
    if ((await importOptional(beside, folder)) === null) return null;
    const module = await importOptional<{ readonly default: X509 }>(name, folder);
    return module === null ? null : new CertificateMaker(module.default);
  }

  /** With a new key. The names stand in its subject alternative names alone. */
  async request(names: readonly string[]): Promise<MadeRequest> {
    const x509 = this.#x509;
    const keys = await createKeys();
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [this.#altNames(names)],
    });
    return { request: Buffer.from(request.rawData), privateKey: KeyObject.from(keys.privateKey) };
  }

  /** `now`: milliseconds since 1970. */
  selfSigned(names: readonly string[], now: number): Promise<MadeCertificate> {
    return this.#selfSign(names, { from: now - HOUR_MS, to: now + 365 * DAY_MS }, []);
  }

  /** What a client that offers `acme-tls/1` is shown for this name; `authorization`: of its key. */
  answer(name: string, authorization: string, now: number): Promise<MadeCertificate> {
    const digest = createHash('sha256').update(authorization).digest();
    const value = Buffer.concat([OCTET_STRING_OF_32, digest]);
    const extension = new this.#x509.Extension(ACME_IDENTIFIER, true, value);
    return this.#selfSign([name], { from: now - HOUR_MS, to: now + DAY_MS }, [extension]);
  }

  async #selfSign(
    names: readonly string[],
    { from, to }: { readonly from: number; readonly to: number },
    extensions: readonly X509Extension[],
  ): Promise<MadeCertificate> {
    const keys = await createKeys();
    const certificate = await this.#x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=Fairlead',
      notBefore: new Date(from),
      notAfter: new Date(to),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [this.#altNames(names), ...extensions],
    });
    return { chain: `${certificate.toString('pem')}\n`, privateKey: toPem(KeyObject.from(keys.privateKey)) };
  }

  #altNames(names: readonly string[]): X509Extension {
    return new this.#x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })));
  }
}

export function describeMissing(): { readonly message: string; readonly cure: string } {
  return {
    message: `acme needs the package ${PACKAGES[0]}, which is not installed`,
    cure: `Run: npm install ${PACKAGES.join(' ')}`,
  };
}

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}
