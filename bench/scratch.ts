/** The run's temporary directory: made on first use, gone when the process leaves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let directory: string | null = null;

export function scratchDirectory(): string {
  if (directory !== null) return directory;
  const made = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  directory = made;
  return made;
}
