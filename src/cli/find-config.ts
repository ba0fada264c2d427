/** TEMPORARY until src/config exports it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const CONFIG_NAMES: readonly string[] = ['fairlead.yaml', 'fairlead.yml', 'fairlead.json'];

export async function findConfig(folder: string): Promise<string | null> {
  return Promise.resolve(CONFIG_NAMES.find((name) => existsSync(join(folder, name))) ?? null);
}
