import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand, versionOf } from '../commands.ts';
import { writeConfig } from './proxy.ts';
import type { ProxyKind, ProxySetup } from './proxy.ts';

export const haproxy: ProxyKind = {
  name: 'haproxy',
  label: 'HAProxy',
  program: 'haproxy',
  hasThreads: true,
  missing: () => (findCommand('haproxy') === null ? 'haproxy is not installed' : null),
  version: () => versionOf(program(), ['-v']),
  prepare(setup) {
    const routesFile = setup.routes.length === 0 ? null : writeMap(setup);
    return { command: program(), args: ['-db', '-f', writeConfig('haproxy.cfg', setup, { routesFile })] };
  },
};

function program(): string {
  return findCommand('haproxy') ?? 'haproxy';
}

/** HAProxy's own way to many routes: a map of prefixes, looked up in a tree. */
function writeMap(setup: ProxySetup): string {
  const path = join(setup.directory, 'routes.map');
  writeFileSync(path, setup.routes.map((route) => `${route}/ pool\n`).join(''));
  return path;
}
