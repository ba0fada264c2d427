/** Whether another version has taken the place of this program on disk: what a process loads late would not fit it. */
import { readVersion } from './read-version.ts';

/** `version`: of this process. A sentence without its full stop, with the cure; null: it is the same. */
export function describeReplaced(version: string, read: () => string = readVersion): string | null {
  const now = readOrNull(read);
  if (now === version) return null;
  const found = now === null ? 'the program is gone from the disk' : `the program on disk is ${now}`;
  return `${found}, and this process runs ${version}: restart it`;
}

function readOrNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
