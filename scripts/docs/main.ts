/** `npm run docs`: brings up to date what is written from the schema of the config, and from doc comments. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeApiPage } from './api-page.ts';
import { PACKAGE_ROOT, writeAll } from './pages.ts';

// One after the other: the types of a written config are part of the API page.
for (const writePages of [writeAll, async () => [await writeApiPage()]]) {
  for (const { path, text } of await writePages()) {
    const file = join(PACKAGE_ROOT, path);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    writeFileSync(file, text);
    console.log(`${path} is written anew`);
  }
}
