/**
 * Why a Node that is installed cannot be loaded on this system, found by running it once. Node's own builds ask for
 * shared libraries that minimal images lack: Node 26 for libatomic.
 */
import { spawnSync } from 'node:child_process';

/** Shared library → the package that holds it, at Debian and its kin, and at Fedora and its kin. */
const PACKAGES = new Map([
  ['libatomic.so.1', { debian: 'libatomic1', fedora: 'libatomic' }],
  ['libstdc++.so.6', { debian: 'libstdc++6', fedora: 'libstdc++' }],
  ['libgcc_s.so.1', { debian: 'libgcc-s1', fedora: 'libgcc' }],
]);

/** As glibc's loader says it, and musl's. */
const MISSING = /rror (?:while )?loading shared librar(?:ies|y):? (\S+?):/;

/**
 * Runs `node --version`.
 * @param {string} node a file
 * @returns {{ said: string, library: string | null } | null} null: it runs. `said` is the loader's own line, `library`
 *   what it did not find, where that is the reason.
 */
export function findLoadFault(node) {
  const { status, signal, stderr, error } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (status === 0) return null;
  const said = error?.message ?? (stderr.trim().split('\n')[0] || `it ended with ${signal ?? status}`);
  return { said, library: MISSING.exec(said)?.[1] ?? null };
}

/** @returns {string | null} the package of Debian that holds a library */
export function debianPackage(library) {
  return PACKAGES.get(library)?.debian ?? null;
}

/**
 * @param {string} node
 * @param {{ said: string, library: string | null }} fault of {@link findLoadFault}
 * @returns {string} for people, with the cure
 */
export function describeLoadFault(node, { said, library }) {
  const head = `fairlead: the Node in ${node} does not run on this system:\n  ${said}\n`;
  if (library === null) return `${head}It is built for glibc. Install a Node of this system's own in its place.`;
  const names = PACKAGES.get(library);
  if (names === undefined) return `${head}Install what holds ${library}.`;
  const { debian, fedora } = names;
  return `${head}Install ${library}. Debian, Ubuntu: apt-get install ${debian}. Fedora, RHEL: dnf install ${fedora}.`;
}
