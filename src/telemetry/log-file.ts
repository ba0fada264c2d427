/** A file of the access log, put aside by size or age as `access-20261121T135501-123.log`: names sort by time. */
import { createReadStream, createWriteStream, existsSync, open as openFile } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import type { LogRotation } from '../core/access-log.ts';
import type { ChangingFile } from './descriptor-sink.ts';

const PERIOD_MS = { '1h': 3_600_000, '1d': 86_400_000 } as const;
const openDescriptor = promisify(openFile);

export class LogFile implements ChangingFile {
  readonly #path: string;
  readonly #rotate: LogRotation | null;
  #size = 0;
  /** When the file has become too old: the end of the hour or day that it was last written in. */
  #endsAt = Infinity;
  #lastStamp = 0;
  #onAge: () => void = () => {};
  #timer: NodeJS.Timeout | null = null;
  /** Packing and removing, one after the other. */
  #chores: Promise<void> = Promise.resolve();
  isTorn = false;

  constructor(path: string, rotate: LogRotation | null) {
    this.#path = path;
    this.#rotate = rotate;
  }

  /** Resolves to the descriptor; rejects where it cannot be opened. */
  async open(): Promise<number> {
    const descriptor = await openDescriptor(this.#path, 'a');
    const { size, mtimeMs } = await stat(this.#path);
    this.#size = size;
    this.isTorn = await isTorn(this.#path);
    const every = this.#rotate?.every ?? '';
    if (every !== '') this.#endsAt = endOf(size === 0 ? Date.now() : mtimeMs, PERIOD_MS[every]);
    return descriptor;
  }

  grew(bytes: number): boolean {
    this.#size += bytes;
    const most = this.#rotate?.bytes ?? 0;
    return most > 0 && this.#size >= most;
  }

  async renew(isAside: boolean): Promise<number> {
    if (isAside && this.#size > 0) {
      const aside = this.#nameAside();
      await rename(this.#path, aside);
      this.#chores = this.#chores.then(() => this.#tidyUp(aside));
    }
    const descriptor = await this.open();
    this.#watchAge();
    return descriptor;
  }

  onAge(due: () => void): void {
    this.#onAge = due;
    this.#watchAge();
  }

  async settled(): Promise<void> {
    this.#onAge = () => {};
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#chores;
  }

  // ———

  #watchAge(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#endsAt === Infinity) return;
    this.#timer = setTimeout(() => this.#onAge(), Math.max(0, this.#endsAt - Date.now())).unref();
  }

  /** Later than any before, whatever the clock says, so that names sort by time and none is taken. */
  #nameAside(): string {
    for (;;) {
      this.#lastStamp = Math.max(Date.now(), this.#lastStamp + 1);
      const stamp = new Date(this.#lastStamp).toISOString().replace(/[-:Z]/g, '').replace('.', '-');
      const { stem, extension } = this.#name;
      const name = join(dirname(this.#path), `${stem}-${stamp}${extension}`);
      if (!existsSync(name) && !existsSync(`${name}.gz`)) return name;
    }
  }

  get #name(): { readonly stem: string; readonly extension: string } {
    const name = basename(this.#path);
    const extension = extname(name);
    return { stem: name.slice(0, name.length - extension.length), extension };
  }

  /** What fails here leaves a file as it is: the log itself is not to suffer from it. */
  async #tidyUp(aside: string): Promise<void> {
    try {
      if (this.#rotate?.compress === true) await pack(aside);
      await this.#removeOldest(this.#rotate?.keep ?? Infinity);
    } catch {
      // Tried again, for what is too much, when the next file is put aside.
    }
  }

  async #removeOldest(keep: number): Promise<void> {
    const folder = dirname(this.#path);
    const { stem, extension } = this.#name;
    const isAside = (name: string): boolean =>
      name.startsWith(`${stem}-`) && /^-\d{8}T\d{6}-\d{3}$/.test(withoutEnding(name.slice(stem.length), extension));
    const names = (await readdir(folder)).filter(isAside).sort();
    for (const name of names.slice(0, Math.max(0, names.length - keep))) await rm(join(folder, name), { force: true });
  }
}

function withoutEnding(name: string, extension: string): string {
  const plain = name.replace(/\.gz(?:\.part)?$/, '');
  return plain.endsWith(extension) ? plain.slice(0, plain.length - extension.length) : '';
}

/** The packed file has its name only when it is whole. */
async function pack(file: string): Promise<void> {
  const part = `${file}.gz.part`;
  try {
    await pipeline(createReadStream(file), createGzip(), createWriteStream(part));
    await rename(part, `${file}.gz`);
    await rm(file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Its last line has no end: a full disk took a part of it, or whoever wrote it was ended. */
async function isTorn(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size === 0) return false;
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, stats.size - 1);
      return buffer[0] !== 10;
    } finally {
      await file.close();
    }
  } catch {
    // Not ours to read: then nobody knows.
    return false;
  }
}

/** Of the hour or day, in UTC, that `time` is in. */
function endOf(time: number, periodMs: number): number {
  return (Math.floor(time / periodMs) + 1) * periodMs;
}
