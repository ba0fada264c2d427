/** What the demo serves HTTPS with: made at its start, in files of a folder of its own, and gone with it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSelfSigned, NoCertificate } from '../src/backend/self-signed.ts';
import { API_HOST, APP_HOST } from './demo-config.ts';

const NAMES = [APP_HOST, API_HOST, 'localhost', '127.0.0.1'];

export interface DemoCertificate {
  /** Chain and key in one file. */
  readonly file: string;
  remove(): Promise<void>;
}

/** A text where none can be made: why. */
export async function makeDemoCertificate(): Promise<DemoCertificate | string> {
  try {
    const { cert, key } = await makeSelfSigned(NAMES);
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-demo-'));
    const file = join(folder, 'demo.pem');
    await writeFile(file, cert + key, { mode: 0o600 });
    return { file, remove: () => rm(folder, { recursive: true, force: true }) };
  } catch (error) {
    if (error instanceof NoCertificate) return error.message;
    throw error;
  }
}
