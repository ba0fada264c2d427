/**
 * Which Node Fairlead runs on, and where one is found. Plain JavaScript that Node 20 can read, as is every .js
 * of this folder and of scripts/: it runs before the right Node is known.
 */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The same range as `engines` in package.json (a test compares them): listening sockets pass between threads from there on. */
export const NODE_RANGE = '^24.20.0 || >=26.6.0';

/** The folder of package.json, whatever links led here. */
export const PACKAGE_ROOT = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));

/** @param {string} version as in `process.versions.node` */
export function isSupported(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major === 24) return minor >= 20;
  if (major === 26) return minor >= 6;
  return major > 26;
}

/**
 * The Node that was installed as a dependency: in this package's node_modules, or in the one this package lies in, which
 * has no .bin where npm installed it globally.
 * @returns {string | null} null where there is none, or where it is the one that runs already.
 */
export function findInstalledNode(root = PACKAGE_ROOT) {
  const folders = [join(root, 'node_modules')];
  if (basename(dirname(root)) === 'node_modules') folders.push(dirname(root));
  const files = folders.flatMap((folder) => [join(folder, '.bin', 'node'), join(folder, 'node', 'bin', 'node')]);
  const found = files.find((path) => existsSync(path));
  if (found === undefined || realpathSync(found) === realpathSync(process.execPath)) return null;
  return found;
}

/**
 * What to type where no Node fits, by where this package lies: in a project, installed globally, in npx's cache, or in a
 * clone. A global `node` goes without its link: that would stand in the way of the Node that is there.
 */
export function cureWrongNode(root = PACKAGE_ROOT) {
  const folder = dirname(root);
  if (basename(folder) !== 'node_modules') return 'npm ci';
  const project = dirname(folder);
  if (basename(dirname(project)) === '_npx') return 'npx --package=node@26 --package=fairlead fairlead';
  const isGlobal = basename(project) === 'lib' && !existsSync(join(project, 'package.json'));
  return isGlobal ? 'npm install -g --no-bin-links node@26' : 'npm install node@26';
}
