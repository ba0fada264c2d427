#!/usr/bin/env node
/**
 * The `fairlead` command. Takes dist/ where that was built, else src/; goes on with the Node that is installed
 * beside it when the one that runs is too old. Exit code 78 where there is no Node to go on with,
 * or that does not run here.
 */
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeLoadFault, findLoadFault } from './load-fault.js';
import { cureWrongNode, findInstalledNode, isSupported, NODE_RANGE, PACKAGE_ROOT } from './node-version.js';
import { endLike, runChild } from './run-child.js';

const EXIT_WRONG_NODE = 78;
const WRONG_NODE = `fairlead needs Node ${NODE_RANGE}; this is ${process.versions.node}, and no other is installed beside it.
Install one beside it: ${cureWrongNode()}`;

async function start() {
  if (!isSupported(process.versions.node)) return goOnWithInstalledNode();
  keepCompiledCode();
  const built = join(PACKAGE_ROOT, 'dist', 'cli', 'main.js');
  const entry = existsSync(built) ? built : join(PACKAGE_ROOT, 'src', 'cli', 'main.ts');
  const { main } = await import(pathToFileURL(entry).href);
  await main(process.argv.slice(2));
}

/** In NODE_COMPILE_CACHE, or the system's folder for temporary files; threads find it by that variable. */
function keepCompiledCode() {
  nodeModule.enableCompileCache();
  const folder = nodeModule.getCompileCacheDir();
  if (folder !== undefined) process.env.NODE_COMPILE_CACHE ??= dirname(folder);
}

async function goOnWithInstalledNode() {
  const node = findInstalledNode();
  const fault = node === null ? null : findLoadFault(node);
  if (node !== null && fault === null) return endLike(await runChild(node, process.argv.slice(1)));
  console.error(node === null ? WRONG_NODE : describeLoadFault(node, fault));
  process.exitCode = EXIT_WRONG_NODE;
}

await start();
