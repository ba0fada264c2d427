/** Runs a program of this project on its own Node, 26: `run.js FILE ARGUMENTS…`. Installs what is missing first. */
import { resolve } from 'node:path';
import { endLike, runChild } from '../bin/run-child.js';
import { ensureInstalled, NODE_26 } from './install.js';

const [file, ...args] = process.argv.slice(2);
await ensureInstalled();
endLike(await runChild(NODE_26, [resolve(file), ...args]));
