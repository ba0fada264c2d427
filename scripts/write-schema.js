/**
 * Writes schema.json into a built dist/, from the code that was built there: what `fairlead schema` prints, for
 * `fairlead/schema.json`. The argument is the folder.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist] = process.argv.slice(2);
const { configJsonSchema } = await import(pathToFileURL(join(dist, 'config', 'json-schema.js')).href);
writeFileSync(join(dist, 'schema.json'), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
