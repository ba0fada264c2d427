/**
 * Says when files have changed, also where an editor or a deployment puts a new one in their place: watches the
 * folders they lie in, and compares the files themselves. So a symbolic link on the way that points elsewhere, as
 * Kubernetes changes a mounted ConfigMap, is seen too.
 */
import { readdirSync, realpathSync, statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** Editors write in several steps; a reload between two would read half a file. */
const SETTLE_MS = 60;

export class FileWatcher {
  readonly #onChange: () => void;
  readonly #settleMs: number;
  #files: readonly string[] = [];
  /** What each file was like when it was last taken for read. */
  #seen: ReadonlyMap<string, string> = new Map();
  #marked: ReadonlyMap<string, string> = new Map();
  #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | null = null;

  /** `settleMs`: how long nothing must happen before a change counts. */
  constructor(onChange: () => void, settleMs: number = SETTLE_MS) {
    this.#onChange = onChange;
    this.#settleMs = settleMs;
  }

  /** To be called before the files are read again: what changes from here on is a change, though it comes before `watch`. */
  mark(): void {
    this.#marked = describeFiles(this.#files);
  }

  /** Watches these files and folders (absolute) from now on, instead of those before. They need not exist. */
  watch(files: readonly string[]): void {
    this.#files = files;
    const now = describeFiles(files);
    this.#seen = new Map([...now].map(([file, text]) => [file, this.#marked.get(file) ?? text]));
    this.#marked = new Map();
    if (!isDeepStrictEqual(this.#seen, now)) this.#settle();
    const folders = new Set(files.flatMap(foldersOf));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#open(folder);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#files = [];
  }

  #open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#settle());
      // The folder itself went: what was in it is compared, and the next `watch` opens what is there then.
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
        this.#settle();
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // No such folder: nothing in it can change until a config that names it is read again.
    }
  }

  #settle(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const now = describeFiles(this.#files);
      if (isDeepStrictEqual(now, this.#seen)) return;
      this.#seen = now;
      this.#onChange();
    }, this.#settleMs);
  }
}

/** The folder a file lies in, by its name and behind links; a folder itself as well. */
function foldersOf(file: string): string[] {
  const folders = [dirname(file)];
  try {
    const real = realpathSync(file);
    folders.push(dirname(real));
    if (statSync(real).isDirectory()) folders.push(real);
  } catch {
    // Not there yet: its folder tells when it comes.
  }
  return folders;
}

/** Changes whenever one of the files does. */
function describeFiles(files: readonly string[]): ReadonlyMap<string, string> {
  return new Map(files.map((file) => [file, describeFile(file)]));
}

function describeFile(file: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    const stats = statSync(file);
    if (stats.isDirectory()) return readdirSync(file).sort().join('/');
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return '-';
  }
}
