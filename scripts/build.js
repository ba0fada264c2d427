/** `npm run build`: dist/ anew from src/, for publishing: JavaScript, declarations, and the JSON Schema of the config. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../bin/node-version.js';
import { endLike, runChild } from '../bin/run-child.js';
import { ensureInstalled, NODE_26 } from './install.js';

await ensureInstalled();
rmSync(join(PACKAGE_ROOT, 'dist'), { recursive: true, force: true });
const tsc = join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const compile = [tsc, '-p', join(PACKAGE_ROOT, 'tsconfig.build.json')];
/** Every thread keeps the text of what it has loaded, so comments are in the declarations and the source maps alone. */
const steps = [
  [...compile, '--emitDeclarationOnly'],
  [...compile, '--declaration', 'false', '--removeComments', '--noCheck'],
  [join(PACKAGE_ROOT, 'scripts', 'write-schema.js'), join(PACKAGE_ROOT, 'dist')],
];
let ended = { code: 0, signal: null };
for (const step of steps) if (ended.code === 0) ended = await runChild(NODE_26, step);
endLike(ended);
