/**
 * Keeps two processes from writing into one folder: a file that says who writes there. Node has no `flock`, so it names
 * the process, by its number and the time it was started, since numbers come again. A file of a process that is gone
 * counts as none.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, unlinkSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Held {
  readonly lock: StateLock | null;
  /** Who has it in place of us; 0: nobody could be found out. */
  readonly heldBy: number;
}

export class StateLock {
  readonly folder: string;
  readonly #file: string;
  readonly #text: string;

  constructor(folder: string, file: string, text: string) {
    this.folder = folder;
    this.#file = file;
    this.#text = text;
  }

  /** Makes the folder where there is none. Rejects where nothing can be written there. */
  static async take(folder: string): Promise<Held> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, 'lock');
    const token = randomBytes(8).toString('hex');
    const text = `${process.pid} ${startTimeOf(process.pid)} ${token}\n`;
    const own = `${file}.${token}`;
    await writeFile(own, text, { mode: 0o600 });
    try {
      // A link is there with all that is in it, or not at all.
      for (let tries = 0; tries < 3; tries++) {
        if (await linked(own, file)) return { lock: new StateLock(folder, file, text), heldBy: 0 };
        const heldBy = await clearStale(file, own);
        if (heldBy !== null) return { lock: null, heldBy };
      }
      return { lock: null, heldBy: 0 };
    } finally {
      await rm(own, { force: true });
    }
  }

  /** Nobody has taken it away. */
  get isHeld(): boolean {
    return readNow(this.#file) === this.#text;
  }

  release(): void {
    if (!this.isHeld) return;
    try {
      unlinkSync(this.#file);
    } catch {
      // Whoever wants it next finds that we are gone.
    }
  }
}

async function linked(own: string, file: string): Promise<boolean> {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The process that has the lock; null: nobody has it any more. */
async function clearStale(file: string, own: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const [pid, startTime] = text.split(' ');
  if (text !== '' && isAlive(Number(pid), startTime)) return Number(pid);
  const aside = `${own}.stale`;
  await rename(file, aside).catch(() => {});
  // Between the look and the move another one may have taken it: it gets it back.
  const moved = await readFile(aside, 'utf8').catch(() => text);
  if (moved !== text) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
  return null;
}

function isAlive(pid: number, startTime: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return startTimeOf(pid) === startTime;
}

/** In ticks since the machine was started; `-` where the system does not say. */
function startTimeOf(pid: number): string {
  // The name of the program, in brackets, may hold blanks and brackets itself.
  const text = readNow(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
}

function readNow(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
