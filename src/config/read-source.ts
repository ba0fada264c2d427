/** Reads one config file, of whatever kind it is. */
import { readFile } from 'node:fs/promises';
import { readDocument } from './document.ts';
import type { Environment } from './environment.ts';
import { isModuleName, readModule } from './module-config.ts';
import { Mistake } from './errors.ts';
import { type Source, unreadable } from './source.ts';

/** At the start of a line, where no text of a config has it. */
const PRIVATE_KEY = /^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/m;
const NO_CONFIG = new Mistake(
  'the file has a private key in it, and is no config',
  'Name a config; keys stand in files of their own.',
);

/** YAML, JSON, or a module, by its name. Rejects never. */
export async function readSource(file: string, env: Environment): Promise<Source> {
  if (isModuleName(file)) return readModule(file);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    return { file, text: '', content: [unreadable(error)], imports: [] };
  }
  return readText(file, decodeText(bytes), env);
}

/** The same of a text that is there already: JSON where the name says so, else YAML. */
export function readText(file: string, text: string, env: Environment): Source {
  // What is wrong in a file is shown with its line, and nothing of a key belongs into a log.
  if (PRIVATE_KEY.test(text)) {
    return { file, text: '', content: [{ line: 0, column: 0, length: 0, key: '', mistake: NO_CONFIG }], imports: [] };
  }
  const content = readDocument(text, file.toLowerCase().endsWith('.json'), env);
  return { file, text, content, imports: [] };
}

/**
 * Bytes that are not UTF-8 become U+FFFF, which `readDocument` refuses at its place, as it does every character that is
 * not text.
 */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes).replace('\ufffd', '\uffff');
  }
}
