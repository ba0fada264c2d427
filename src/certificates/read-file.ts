/** Reads the files that keys of `tls` name, each at most once a load. */
import { stat } from 'node:fs/promises';
import { FileRefused, readRegularFile } from '../machine/regular-file.ts';
import type { Findings } from './finding.ts';

const READ_BY_OTHERS = 0o004;

/** Null: it cannot be read, which is then among the findings. */
export async function readBytes(file: string, part: string, findings: Findings): Promise<Buffer | null> {
  try {
    return await readRegularFile(file);
  } catch (error) {
    return findings.mistake(part, file, ...describeUnreadable(error));
  }
}

export async function readText(file: string, part: string, findings: Findings): Promise<string | null> {
  return (await readBytes(file, part, findings))?.toString('utf8') ?? null;
}

/** What opens a key: the first line of the file. `''` where no file is named. */
export async function readPassphrase(file: string, findings: Findings): Promise<string | null> {
  if (file === '') return '';
  const text = await readText(file, 'passphraseFile', findings);
  if (text === null) return null;
  await warnOfReaders(file, 'passphraseFile', findings);
  const [line] = text.split(/\r?\n/, 1);
  if (line !== '') return line;
  return findings.mistake('passphraseFile', file, 'it is empty', 'Write the passphrase into its first line.');
}

/** Whoever has an account on this machine can read it. */
export async function warnOfReaders(file: string, part: string, findings: Findings): Promise<void> {
  const mode = await stat(file).then(
    (found) => found.mode,
    () => 0,
  );
  if (process.platform === 'win32' || (mode & READ_BY_OTHERS) === 0) return;
  findings.warn(part, file, 'every user of this machine can read the key in it', `Run: chmod o-rwx ${file}`);
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function describeUnreadable(error: unknown): [message: string, cure: string] {
  if (error instanceof FileRefused) return [error.message, error.cure];
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'ENOENT')
    return ['it is not there', 'Check the path; it is relative to the file that it is written in.'];
  if (code === 'EACCES')
    return ['Fairlead may not read it (EACCES)', 'Give it to the user or the group that Fairlead runs as.'];
  return [`it cannot be read (${code})`, 'Check the path and the permissions.'];
}
