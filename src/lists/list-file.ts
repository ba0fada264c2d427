/** A list in a file. */
import { MOST_LIST_BYTES } from '../core/lists/list-reader.ts';
import type { ListRules } from '../core/lists/list-reader.ts';
import { codeOrText } from '../machine/error-code.ts';
import { FileRefused, readRegularFile } from '../machine/regular-file.ts';
import { ListRefused, judgeList } from './judged-list.ts';
import type { UsableList } from './judged-list.ts';

/** Rejects with a {@link ListRefused}. */
export async function readListFile(path: string, rules: ListRules): Promise<UsableList> {
  const bytes = await readRegularFile(path, MOST_LIST_BYTES).catch((error: unknown) => {
    if (error instanceof FileRefused) throw new ListRefused(`${path} cannot be read: ${error.message}`, error.cure);
    const code = codeOrText(error);
    throw new ListRefused(`${path} cannot be read (${code})`, 'Check the path and the permissions.');
  });
  try {
    return judgeList(bytes.toString('utf8'), rules);
  } catch (error) {
    if (error instanceof ListRefused) throw new ListRefused(`${path}: ${error.message}`, error.cure);
    throw error;
  }
}
