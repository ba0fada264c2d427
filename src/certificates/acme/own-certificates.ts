/**
 * What a listener has of the names that it gets certificates for: the certificate of just these names; until that has
 * come, whatever else is kept that is for one of them; and for the rest one that signs itself.
 */
import { stat } from 'node:fs/promises';
import type { AcmeSpec } from '../../core/acme.ts';
import type { Certificate } from '../certificate.ts';
import { describeCertificate } from '../describe.ts';
import { Findings } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { readChain, readKey, toPem } from '../read-chain.ts';
import { checkKey } from '../validate.ts';
import { AcmeStorage } from './acme-storage.ts';
import type { StoredFile } from './acme-storage.ts';
import type { CertificateMaker } from './certificate-maker.ts';

/** Its key of the config, below `tls`. */
const KEY = 'acme';
/** One that signs itself is made anew when it has no longer than this left. */
const SELF_SIGNED_LEFT_MS = 30 * 86_400_000;

export interface Owned {
  readonly certificates: readonly Certificate[];
  /** Names that none of them is for. */
  readonly uncovered: readonly string[];
  readonly findings: readonly Finding[];
}

export class OwnCertificates {
  readonly storage: AcmeStorage;
  readonly maker: CertificateMaker;
  readonly spec: AcmeSpec;
  /** By their names, so that the same ones are served as long as they are needed. */
  readonly #selfSigned = new Map<string, Certificate>();
  /** Those of just the names that were asked for, as they were read last: by their files. */
  readonly #whole = new Map<string, Certificate>();

  constructor(stateDir: string, spec: AcmeSpec, maker: CertificateMaker) {
    this.storage = new AcmeStorage(stateDir, spec.directory);
    this.maker = maker;
    this.spec = spec;
  }

  /**
   * What to serve with, never empty. A file that is gone, or broken, since it was read last takes nothing from those who
   * are served. `now`: milliseconds since 1970.
   */
  async load(names: readonly string[], now: number): Promise<Pick<Owned, 'certificates' | 'findings'>> {
    const { certificates, uncovered, findings } = await findOwned(this.storage, names, now);
    const file = this.storage.fileOf(names);
    const whole = certificates.find((certificate) => certificate.file === file);
    const before = this.#whole.get(file);
    if (whole !== undefined) this.#whole.set(file, whole);
    else if (before !== undefined && (uncovered.length > 0 || now < before.validTo))
      return { certificates: [before], findings: [...findings, explainGone(before)] };
    if (uncovered.length === 0) return { certificates, findings };
    const own = await this.#selfSign(uncovered, now);
    return { certificates: [...certificates, own], findings: [...findings, explainSelfSigned(own, uncovered)] };
  }

  /** Differs from an earlier one where the file of these names has changed. */
  async stampOf(names: readonly string[]): Promise<string> {
    const found = await stat(this.storage.fileOf(names), { bigint: true }).catch(() => null);
    return found === null ? '-' : `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
  }

  async #selfSign(names: readonly string[], now: number): Promise<Certificate> {
    const key = names.join(' ');
    const known = this.#selfSigned.get(key);
    if (known !== undefined && now < known.validTo - SELF_SIGNED_LEFT_MS) return known;
    const { chain, privateKey } = await this.maker.selfSigned(names, now);
    const place = { file: this.storage.fileOf(names), source: KEY };
    const made = describeCertificate(chain, place, { kind: 'pem', chain, privateKey }, null);
    this.#selfSigned.set(key, made);
    return made;
  }
}

/** What is kept for these names; nobody is asked, and nothing is made. */
export async function findOwned(storage: AcmeStorage, names: readonly string[], now: number): Promise<Owned> {
  const findings = new Findings(KEY);
  const own = storage.fileOf(names);
  const stored = (await storage.readCertificates()).flatMap(
    (file) => readStored(file, file.file === own, findings) ?? [],
  );
  const whole = stored.find(({ file }) => file === own);
  if (whole !== undefined) {
    if (whole.validTo < now) findings.warn('', own, 'it has expired, and is served until a new one comes', 'Look why.');
    return { certificates: [whole], uncovered: [], findings: findings.all };
  }
  const usable = stored.filter(({ validFrom, validTo }) => validFrom <= now && now < validTo);
  const chosen = new Set<Certificate>();
  const uncovered: string[] = [];
  for (const name of names) {
    const [longest] = usable.filter((one) => one.names.includes(name)).sort((a, b) => b.validTo - a.validTo);
    if (longest === undefined) uncovered.push(name);
    else chosen.add(longest);
  }
  return { certificates: [...chosen], uncovered, findings: findings.all };
}

/** Null: it is of no use, and said to be so where it is the one that is wanted. */
function readStored(stored: StoredFile, isWanted: boolean, findings: Findings): Certificate | null {
  const found = new Findings(KEY);
  const certificate = readKept(stored, found);
  if (certificate === null && isWanted) {
    const [first] = found.all;
    findings.warn('', stored.file, `${first.message}, and another certificate is asked for`, 'Leave it to Fairlead.');
  }
  return certificate;
}

/** Chain and key in one text. Null: it is of no use, and why is among what is found. */
export function readKept({ file, text }: StoredFile, found: Findings): Certificate | null {
  const chain = readChain(text, file, '', found);
  const key = readKey(text, '', { file, part: '' }, found);
  if (chain !== null && key !== null) checkKey(chain.certificates, key, file, '', found);
  if (chain === null || key === null || found.hasMistake) return null;
  const secrets = { kind: 'pem', chain: chain.text, privateKey: toPem(key) } as const;
  return describeCertificate(chain.text, { file, source: KEY }, secrets, null);
}

function explainGone({ file, names }: Certificate): Finding {
  const message = `the certificate for ${names.join(', ')} is not there any more, and served until a new one comes`;
  return { isMistake: false, key: KEY, file, message, cure: 'Look who removes or changes files in stateDir.' };
}

function explainSelfSigned({ file }: Certificate, names: readonly string[]): Finding {
  const message = `${names.join(', ')}: no certificate has come yet, a self-signed one is served`;
  return {
    isMistake: false,
    key: KEY,
    file,
    message,
    cure: 'Browsers warn of it until the authority has given one out.',
  };
}
