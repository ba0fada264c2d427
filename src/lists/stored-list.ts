/** The last good copy of a list that somebody publishes, for a start without them: a line about it, then the list. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MOST_LIST_BYTES } from '../core/lists/list-reader.ts';
import { readRegularFile } from '../machine/regular-file.ts';
import { writeWhole } from '../machine/write-whole.ts';
import type { FetchedList } from './fetch-list.ts';

export interface StoredList extends FetchedList {
  readonly url: string;
  /** When it was got, or was last said to be the same; ms since 1970. */
  readonly at: number;
}

const MOST_HEAD_BYTES = 64 * 1024;

function fileOf(stateDir: string, name: string): string {
  return join(stateDir, 'lists', `${encodeURIComponent(name)}.list`);
}

/** Rejects where it cannot be written. */
export async function storeList(stateDir: string, name: string, { text, ...about }: StoredList): Promise<void> {
  await mkdir(join(stateDir, 'lists'), { recursive: true, mode: 0o700 });
  await writeWhole(fileOf(stateDir, name), `${JSON.stringify(about)}\n${text}`);
}

/** Null: there is none of this URL, or it is damaged. */
export async function loadStored(stateDir: string, name: string, url: string): Promise<StoredList | null> {
  try {
    const bytes = await readRegularFile(fileOf(stateDir, name), MOST_LIST_BYTES + MOST_HEAD_BYTES);
    const whole = bytes.toString('utf8');
    const end = whole.indexOf('\n');
    const { at, etag = '', lastModified = '', ...about } = JSON.parse(whole.slice(0, end)) as Partial<StoredList>;
    if (about.url !== url || typeof at !== 'number') return null;
    return { url, at, etag, lastModified, text: whole.slice(end + 1) };
  } catch {
    return null;
  }
}
