/** `npm run docs`: brings up to date what is written from the schema of the config. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT, writeAll } from './pages.ts';

for (const { path, text } of await writeAll()) {
  const file = join(PACKAGE_ROOT, path);
  if (readFileSync(file, 'utf8') === text) continue;
  writeFileSync(file, text);
  console.log(`${path} is written anew`);
}
