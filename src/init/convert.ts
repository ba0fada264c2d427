/** Another program's config into a plan, whatever it is: the format is told by its content. */
import { readFile } from 'node:fs/promises';
import { nameForeign } from './foreign.ts';
import { detectFormat } from './detect-format.ts';
import type { Format } from './detect-format.ts';
import { convertHaproxy } from './haproxy/convert-haproxy.ts';
import { convertJson } from './json/convert-json.ts';
import { hoist } from './hoist.ts';
import { Ledger } from './ledger.ts';
import type { Note } from './ledger.ts';
import { addNginxDefaults, convertNginx } from './nginx/convert-nginx.ts';
import { createPlan } from './plan.ts';
import type { Plan } from './plan.ts';
import { settlePlan } from './settle-plan.ts';
import { UnreadableInput } from './statement.ts';

export interface Conversion {
  readonly format: Format;
  /** Null where nothing is left to balance over. */
  readonly plan: Plan | null;
  readonly notes: readonly Note[];
}

/** Throws `UnreadableInput` for what is no config of this format. Reads only the files that nginx's `include` names. */
export async function convert(text: string, file: string): Promise<Conversion> {
  const foreign = nameForeign(text, file);
  if (foreign !== null) throw new UnreadableInput(file, 1, foreign);
  const format = detectFormat(text, file);
  const [plan, ledger] = [createPlan(), new Ledger()];
  if (format === 'nginx') await convertNginx(text, file, plan, ledger);
  else if (format === 'haproxy') convertHaproxy(text, file, plan, ledger);
  else convertJson(text, file, plan, ledger);
  hoist(plan);
  if (format === 'nginx') addNginxDefaults(plan);
  const isUsable = settlePlan(plan, ledger);
  return { format, plan: isUsable ? plan : null, notes: ledger.notes };
}

/** Rejects with Node's error where it cannot be read. */
export async function convertFile(file: string): Promise<Conversion> {
  return convert(await readFile(file, 'utf8'), file);
}
