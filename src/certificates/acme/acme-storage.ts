/**
 * What is kept of one authority: the account, and each certificate with its key in one file, named by the SHA-256 of
 * its names. `<stateDir>/acme/<host>-<8 letters of its URL's hash>/`: a certificate of a test authority is never taken
 * for one of the real one.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOrText } from '../../machine/error-code.ts';
import { readRegularFile } from '../../machine/regular-file.ts';
import { AcmeError, isRecord } from './acme-error.ts';
import { writeWhole } from '../../machine/write-whole.ts';

/** The account at an authority. */
export interface StoredAccount {
  /** Its key, in PEM. */
  readonly privateKey: string;
  /** Its URL; `''`: the authority has not said it yet. */
  readonly url: string;
  /** Whom the authority may write to, as it was told. */
  readonly email: string;
}

export interface StoredFile {
  readonly file: string;
  readonly text: string;
}

const ACCOUNT = 'account.json';
const ENDING = '.pem';

export class AcmeStorage {
  readonly folder: string;

  /** `directory`: URL of the authority's. Touches nothing. */
  constructor(stateDir: string, directory: string) {
    const { hostname } = new URL(directory);
    this.folder = join(stateDir, 'acme', `${hostname.replaceAll(/[^a-z0-9.-]/g, '_')}-${hash(directory).slice(0, 8)}`);
  }

  /** Where the certificate for exactly these names is, or would be. */
  fileOf(names: readonly string[]): string {
    return join(this.folder, nameOf(names));
  }

  /** Files with certificates, as far as they can be read. */
  async readCertificates(): Promise<readonly StoredFile[]> {
    const files = await readdir(this.folder).catch(() => []);
    const read = files.filter((name) => name.endsWith(ENDING)).map((name) => this.#readFile(name));
    return (await Promise.all(read)).filter((stored) => stored !== null);
  }

  async writeCertificate(names: readonly string[], text: string): Promise<void> {
    await this.#makeFolder();
    await writeWhole(this.fileOf(names), text);
  }

  /**
   * Null: there is none, or what is there is of no use. Rejects with an `AcmeError` where it cannot be read just now: its
   * key is nowhere else, so nothing may be written over it.
   */
  async readAccount(): Promise<StoredAccount | null> {
    const file = join(this.folder, ACCOUNT);
    const text = await readText(file).catch((error: unknown) => {
      const code = codeOrText(error);
      if (code === 'ENOENT') return '';
      throw new AcmeError(`the account in ${file} cannot be read (${code})`);
    });
    try {
      const value: unknown = JSON.parse(text);
      if (!isRecord(value)) return null;
      const { privateKey, url, email } = value;
      const isWhole = typeof privateKey === 'string' && typeof url === 'string' && typeof email === 'string';
      return isWhole ? { privateKey, url, email } : null;
    } catch {
      return null;
    }
  }

  async writeAccount(account: StoredAccount): Promise<void> {
    await this.#makeFolder();
    await writeWhole(join(this.folder, ACCOUNT), `${JSON.stringify(account, null, 2)}\n`);
  }

  /** Before anything is asked for: what came could not be kept, and the authority counts what it gives. Rejects with an `AcmeError`. */
  async requireRoom(): Promise<void> {
    const probe = join(this.folder, 'room');
    try {
      await this.#makeFolder();
      await writeWhole(probe, ' '.repeat(64 * 1024));
      await rm(probe, { force: true });
    } catch (error) {
      throw new AcmeError(`nothing can be kept in ${this.folder} (${codeOrText(error)})`);
    }
  }

  async #readFile(name: string): Promise<StoredFile | null> {
    const file = join(this.folder, name);
    const text = await readText(file).catch(() => null);
    return text === null ? null : { file, text };
  }

  async #makeFolder(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }
}

async function readText(file: string): Promise<string> {
  return (await readRegularFile(file)).toString('utf8');
}

function nameOf(names: readonly string[]): string {
  return `${hash([...names].sort().join('\n'))}${ENDING}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
