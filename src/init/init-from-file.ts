/** `fairlead init --from FILE`: another program's config, as far as Fairlead has what it asks for. */
import { isFree, nextCommands, requireValid, schemaLine, writeConfigFile } from './config-output.ts';
import type { OutputOptions } from './config-output.ts';
import { convertFile } from './convert.ts';
import type { Conversion } from './convert.ts';
import { toLine, toLongLine, UnreadableInput } from './statement.ts';
import { formatNotes, writeDraft } from './write-draft.ts';

const NAMES = { nginx: 'nginx', haproxy: 'HAProxy', json: 'a proxy table in JSON' } as const;

/** False: nothing was written, and why has been said. */
export async function initFromFile(file: string, options: OutputOptions): Promise<boolean> {
  if (!(await isFree(options))) return false;
  const conversion = await readConversion(file, options.json);
  if (conversion === null) return false;
  const { format, draft, notes } = conversion;
  const { output, json } = options;
  if (draft === null) {
    if (json) printJson({ valid: false, file: null, format, notes });
    sayNotes(conversion);
    console.error(`fairlead: nothing in ${file} could be taken over: no server is left to balance over.`);
    return false;
  }
  const head = [await schemaLine(output), '', `Made from ${toLine(file)} by fairlead init --from.`];
  const text = writeDraft(draft, notes, head);
  requireValid(text);
  if (output !== '-' && !(await writeConfigFile(text, options))) return false;
  if (json) {
    printJson({ valid: true, file: output === '-' ? null : output, format, notes, config: text });
    return true;
  }
  sayNotes(conversion);
  if (output === '-') process.stdout.write(text);
  else console.log(`${output} is written, from ${NAMES[format]}.\n\n${nextCommands(output)}`);
  return true;
}

/** Null where it cannot be read; that has been said by then. */
async function readConversion(file: string, json: boolean): Promise<Conversion | null> {
  try {
    return await convertFile(file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isFault = !(error instanceof UnreadableInput) && !('code' in error);
    if (isFault) throw error;
    const place = error instanceof UnreadableInput ? { file: error.file, line: error.line } : { file, line: 0 };
    if (json) printJson({ valid: false, file: null, error: { ...place, message: error.message } });
    console.error(`${place.file}${place.line > 0 ? `:${place.line}` : ''}: ${toLongLine(error.message)}`);
    return null;
  }
}

function sayNotes({ notes }: Conversion): void {
  if (notes.length > 0) console.error(`${formatNotes(notes).slice(1).join('\n')}\n`);
}

function printJson(value: object): void {
  console.log(JSON.stringify(value, null, 2));
}
