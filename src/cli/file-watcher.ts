/**
 * Says when files have changed, also where an editor or a deployment puts a new one in their place: watches the
 * folders in which a file or a link on the way to it can change, and compares the files themselves. So it sees the link
 * that Kubernetes swaps for a mounted ConfigMap, and `current -> releases/2`.
 */
import { readdirSync, statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { foldersOnTheWay } from './way-to-file.ts';

/** Editors write in several steps; a reload between two would read half a file. */
const SETTLE_MS = 60;

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** Another folder of the same name has another inode. */
  readonly inode: bigint;
}

export class FileWatcher {
  readonly #onChange: () => void;
  readonly #settleMs: number;
  #files: readonly string[] = [];
  /** The state of each file when it was last considered read. */
  #seen: ReadonlyMap<string, string> = new Map();
  #marked: ReadonlyMap<string, string> = new Map();
  /** The state when it was last looked at, while something happens. */
  #looked: ReadonlyMap<string, string> = new Map();
  readonly #folders = new Map<string, WatchedFolder>();
  #timer: NodeJS.Timeout | null = null;

  /** `settleMs`: how long the files must stay as they are before a change counts. */
  constructor(onChange: () => void, settleMs: number = SETTLE_MS) {
    this.#onChange = onChange;
    this.#settleMs = settleMs;
  }

  /**
   * To be called before the files are read again: what changes from then on is a change, even before `watch` is called.
   */
  mark(): void {
    this.#marked = describeFiles(this.#files);
  }

  /** Watches these files and folders (absolute) from now on, instead of those before. They need not exist. */
  watch(files: readonly string[]): void {
    this.#files = files;
    // Watching comes first: a change before that is found when the files are looked at.
    this.#watchFolders();
    const now = describeFiles(files);
    this.#seen = new Map([...now].map(([file, text]) => [file, this.#marked.get(file) ?? text]));
    this.#marked = new Map();
    if (!isDeepStrictEqual(this.#seen, now)) this.#settle();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const folder of this.#folders.keys()) this.#leave(folder);
    this.#files = [];
  }

  /** Links may have led to other folders since the last time, and another folder may have the name of one. */
  #watchFolders(): void {
    const wanted = new Set(this.#files.flatMap(foldersOnTheWay));
    for (const [folder, { inode }] of this.#folders) {
      if (!wanted.has(folder) || inodeOf(folder) !== inode) this.#leave(folder);
    }
    for (const folder of wanted) if (!this.#folders.has(folder)) this.#enter(folder);
  }

  #enter(folder: string): void {
    try {
      const inode = inodeOf(folder);
      const watcher = watch(folder, { persistent: false }, () => this.#settle());
      // The folder itself was removed: the files in it are compared, and what is there then is watched.
      watcher.on('error', () => {
        this.#leave(folder);
        this.#settle();
      });
      this.#folders.set(folder, { watcher, inode });
    } catch {
      // Gone meanwhile, or not readable: it can only be looked at again after the next event.
    }
  }

  #leave(folder: string): void {
    this.#folders.get(folder)?.watcher.close();
    this.#folders.delete(folder);
  }

  /** Looks again a while after an event, until nothing changes any more; events of other files do not delay that. */
  #settle(): void {
    if (this.#timer !== null) return;
    this.#looked = describeFiles(this.#files);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#watchFolders();
      const now = describeFiles(this.#files);
      if (!isDeepStrictEqual(now, this.#looked)) {
        this.#settle();
      } else if (!isDeepStrictEqual(now, this.#seen)) {
        this.#seen = now;
        this.#onChange();
      }
    }, this.#settleMs);
  }
}

/** -1 where there is none. */
function inodeOf(path: string): bigint {
  try {
    return statSync(path, { bigint: true }).ino;
  } catch {
    return -1n;
  }
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
