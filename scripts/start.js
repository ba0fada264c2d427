/** `npm start`: installs what is missing, then the demo: five mock servers with Fairlead in front. */
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../bin/node-version.js';
import { endLike, runChild } from '../bin/run-child.js';
import { ensureInstalled, NODE_26 } from './install.js';

await ensureInstalled();
endLike(await runChild(NODE_26, [join(PACKAGE_ROOT, 'demo', 'main.ts'), ...process.argv.slice(2)]));
