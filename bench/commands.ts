/** Finds programs on the PATH, and where we are root, installs the Debian packages of those that are missing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canInstallPackages, installPackages } from '../scripts/apt.js';

/** Program → Debian package. */
const PACKAGES = new Map([
  ['wrk', 'wrk'],
  ['haproxy', 'haproxy'],
  ['nginx', 'nginx'],
  ['go', 'golang-go'],
  ['ps', 'procps'],
  ['ip', 'iproute2'],
  ['nft', 'nftables'],
  ['dnsmasq', 'dnsmasq-base'],
  ['testssl', 'testssl.sh'],
]);

/** Packages whose service Debian would start. */
const SERVICES = ['haproxy', 'nginx'];

/** Asked by Debian's packages before they start a service; 101 forbids it. */
const POLICY = '/usr/sbin/policy-rc.d';

/** Where a program is, or null. Looks into /usr/sbin as well, which is on root's PATH only. */
export function findCommand(name: string): string | null {
  for (const directory of [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this directory
    }
  }
  return null;
}

/**
 * Installs what is missing of `names`, as root on a system with apt-get; elsewhere it only says what is missing.
 * No service is left running or enabled.
 * @returns why something is still missing, a line each
 */
export function installMissing(names: readonly string[], say: (line: string) => void): string[] {
  const missing = names.filter((name) => findCommand(name) === null);
  if (missing.length === 0) return [];
  const packages = missing.map((name) => PACKAGES.get(name) ?? name);
  if (!canInstallPackages()) {
    return missing.map((name, index) => `${name} is not installed (Debian: apt-get install ${packages[index]})`);
  }
  say(`installing ${packages.join(', ')}`);
  const problems = withoutServices(packages, () => installPackages(packages));
  return missing
    .filter((name) => findCommand(name) === null)
    .map((name) => `${name} could not be installed: ${problems}`);
}

function withoutServices(packages: readonly string[], install: () => string | null): string | null {
  const isOurs = !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return install();
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
    if (findCommand('systemctl') !== null) {
      for (const service of SERVICES) {
        if (packages.includes(service)) spawnSync('systemctl', ['disable', '--now', service], { stdio: 'ignore' });
      }
    }
  }
}

/** First line of what a program says about its version. */
export function versionOf(command: string, args: readonly string[]): string {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  return `${run.stdout}${run.stderr}`.split('\n')[0].trim();
}

/** Ticks a second that /proc counts in. */
export function clockTicks(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100;
  } catch {
    return 100;
  }
}
