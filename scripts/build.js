/** `npm run build`: dist/ anew from src/, JavaScript and declarations, for publishing. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../bin/node-version.js';
import { endLike, runChild } from '../bin/run-child.js';
import { ensureInstalled, NODE_26 } from './install.js';

await ensureInstalled();
rmSync(join(PACKAGE_ROOT, 'dist'), { recursive: true, force: true });
const tsc = join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
endLike(await runChild(NODE_26, [tsc, '-p', join(PACKAGE_ROOT, 'tsconfig.build.json')]));
