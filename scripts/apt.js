/**
 * Installs Debian packages if we are root. Plain JavaScript, since the project's own Node may need one of them to
 * start.
 */
import { spawnSync } from 'node:child_process';

export function canInstallPackages() {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * @param {readonly string[]} packages
 * @returns {string | null} null, or the last line that apt-get complained with
 */
export function installPackages(packages) {
  return aptGet(['update']) ?? aptGet(['install', '-y', '--no-install-recommends', ...packages]);
}

function aptGet(args) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = spawnSync('apt-get', ['-qq', ...args], { env: environment, encoding: 'utf8' });
  if (run.status === 0) return null;
  return run.stderr.trim().split('\n').at(-1) ?? `apt-get ended with ${String(run.status)}`;
}
