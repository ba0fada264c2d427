/** The config of a folder, for commands that are not told which. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** In the order in which they are looked for. */
export const CONFIG_NAMES: readonly string[] = [
  'fairlead.yaml',
  'fairlead.yml',
  'fairlead.json',
  'fairlead.config.ts',
  'fairlead.config.mts',
  'fairlead.config.js',
  'fairlead.config.mjs',
];

/** The name of the first that exists; null if there is none. */
export async function findConfig(folder: string): Promise<string | null> {
  for (const name of CONFIG_NAMES) {
    const isThere = await access(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (isThere) return name;
  }
  return null;
}
