/** Converts another program's config into a draft. The format is recognised by the content. */
import { readFile } from 'node:fs/promises';
import { detectFormat } from '../config/detect-format.ts';
import type { Format } from '../config/detect-format.ts';
import { nameForeign } from './foreign.ts';
import { convertHaproxy } from './haproxy/convert-haproxy.ts';
import { convertJson } from './json/convert-json.ts';
import { hoist } from './hoist.ts';
import { Report } from './report.ts';
import type { Note } from './report.ts';
import { addNginxDefaults, convertNginx } from './nginx/convert-nginx.ts';
import { createDraft } from './draft.ts';
import type { Draft } from './draft.ts';
import { settleDraft } from './settle-draft.ts';
import { UnreadableInput } from './statement.ts';

export interface Conversion {
  readonly format: Format;
  /** Null if nothing is left to balance over. */
  readonly draft: Draft | null;
  readonly notes: readonly Note[];
}

/**
 * Throws `UnreadableInput` for what is not a config of this format. Reads only the files that nginx's `include` and
 * HAProxy's `crt-list` name.
 */
export async function convert(text: string, file: string): Promise<Conversion> {
  const foreign = nameForeign(text, file);
  if (foreign !== null) throw new UnreadableInput(file, 1, foreign);
  const format = detectFormat(text, file);
  const [draft, report] = [createDraft(), new Report()];
  if (format === 'nginx') await convertNginx(text, file, draft, report);
  else if (format === 'haproxy') await convertHaproxy(text, file, draft, report);
  else convertJson(text, file, draft, report);
  hoist(draft);
  if (format === 'nginx') addNginxDefaults(draft);
  const isUsable = settleDraft(draft, report);
  return { format, draft: isUsable ? draft : null, notes: report.notes };
}

/** Rejects with Node's error where it cannot be read. */
export async function convertFile(file: string): Promise<Conversion> {
  return convert(await readFile(file, 'utf8'), file);
}
