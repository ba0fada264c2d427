/** What is written from the schema of the config: tables in docs/, and the types of a written config. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { writeInputTypes } from './input-types.ts';
import { fillTables } from './key-tables.ts';

export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Written {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** Every such file as it should be. */
export async function writeAll(): Promise<readonly Written[]> {
  const pages = readdirSync(join(PACKAGE_ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const written = pages.map((path) => ({ path, text: fillTables(readFileSync(join(PACKAGE_ROOT, path), 'utf8')) }));
  const files = [...written, { path: 'src/config/config-input.ts', text: writeInputTypes() }];
  return Promise.all(files.map(async ({ path, text }) => ({ path, text: await formatFile(path, text) })));
}

async function formatFile(path: string, text: string): Promise<string> {
  const filepath = join(PACKAGE_ROOT, path);
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}
