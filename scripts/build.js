/** `npm run build`: dist/ anew from src/, for publishing: JavaScript, declarations, and the JSON Schema of the config. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../bin/node-version.js';
import { endLike, runChild } from '../bin/run-child.js';
import { ensureInstalled, NODE_26 } from './install.js';

await ensureInstalled();
rmSync(join(PACKAGE_ROOT, 'dist'), { recursive: true, force: true });
const tsc = join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const compiled = await runChild(NODE_26, [tsc, '-p', join(PACKAGE_ROOT, 'tsconfig.build.json')]);
if (compiled.code !== 0) endLike(compiled);
else endLike(await runChild(NODE_26, [join(PACKAGE_ROOT, 'scripts', 'write-schema.js'), join(PACKAGE_ROOT, 'dist')]));
