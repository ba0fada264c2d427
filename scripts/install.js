/** Installs what package-lock.json names, where that has not been done, and sees to it that its Node runs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackage, describeLoadFault, findLoadFault } from '../bin/load-fault.js';
import { PACKAGE_ROOT } from '../bin/node-version.js';
import { runChild } from '../bin/run-child.js';
import { canInstallPackages, installPackages } from './apt.js';

/** There is no Node to go on with, as bin/fairlead.js says it. */
const EXIT_WRONG_NODE = 78;

export const NODE_26 = join(PACKAGE_ROOT, 'node_modules', '.bin', 'node');
export const NODE_24 = join(PACKAGE_ROOT, 'tools', 'node-24', 'node_modules', '.bin', 'node');

/** Resolves when node_modules is as package-lock.json says and its Node runs; ends the process where that fails. */
export async function ensureInstalled() {
  const reason = whatIsMissing();
  if (reason !== null) await install(reason);
  ensureRuns(NODE_26);
}

async function install(reason) {
  console.log(`Installing dependencies (${reason}): npm ci`);
  const { code } = await runNpm(['ci', '--include=dev', '--include=optional', '--loglevel=error']);
  if (code !== 0) {
    console.error(`npm ci failed with code ${code}.`);
    process.exit(code);
  }
  if (!existsSync(NODE_26)) {
    console.error(`There is no Node for ${process.platform}-${process.arch} among the dependencies (tools/node).`);
    process.exit(EXIT_WRONG_NODE);
  }
}

/** A minimal image lacks libraries that Node needs: they are installed if we may, otherwise named. */
function ensureRuns(node, installed = []) {
  const fault = findLoadFault(node);
  if (fault === null) return;
  const name = debianPackage(fault.library);
  if (name !== null && !installed.includes(name) && canInstallPackages()) {
    console.log(`Installing ${name}: this system lacks ${fault.library}, which the project's Node needs`);
    const problem = installPackages([name]);
    // The loader names one library at a time.
    if (problem === null) return ensureRuns(node, [...installed, name]);
    console.error(`${name} could not be installed: ${problem}`);
  }
  console.error(describeLoadFault(node, fault));
  process.exit(EXIT_WRONG_NODE);
}

/** @returns {string | null} a reason to install, or null. */
function whatIsMissing() {
  if (!existsSync(NODE_26)) return 'there is no node_modules/.bin/node';
  const installed = readPackages('node_modules/.package-lock.json');
  if (installed === null) return 'node_modules is not complete';
  for (const [path, wanted] of Object.entries(readPackages('package-lock.json') ?? {})) {
    if (!path.includes('node_modules/')) continue;
    const found = installed[path];
    if (found === undefined ? !wanted.optional : found.version !== wanted.version) return `${path} is not as locked`;
  }
  return null;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(PACKAGE_ROOT, file), 'utf8')).packages;
  } catch {
    return null;
  }
}

/** With the Node that npm itself runs on: the one in node_modules is about to be replaced. */
function runNpm(args) {
  const { npm_node_execpath: node, npm_execpath: npm } = process.env;
  const options = { cwd: PACKAGE_ROOT, stdio: ['ignore', 'inherit', 'inherit'] };
  if (node !== undefined && npm !== undefined) return runChild(node, [npm, ...args], options);
  return runChild('npm', args, options);
}
