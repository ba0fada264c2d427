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
  logs: ['combined'],
  layers: ['http', 'tcp', 'passthrough'],
  hasTls: true,
  missing: () => (findCommand('haproxy') === null ? 'haproxy is not installed' : null),
  version: () => versionOf(program(), ['-v']),
  prepare(setup) {
    if (setup.layer !== 'http')
      return { command: program(), args: ['-db', '-f', writeConfig(`haproxy-${setup.layer}.cfg`, setup)] };
    const routesFile = setup.routes.length === 0 ? null : writeMap(setup);
    const args = ['-db', '-f', writeConfig('haproxy.cfg', setup, { routesFile, ...logValues(setup) })];
    if (setup.log === null) return { command: program(), args };
    // It opens no files itself; a line is written to its standard output at once, by a call each.
    const intoFile = `exec "$0" "$@" >'${join(setup.directory, 'access.log')}'`;
    return { command: 'sh', args: ['-c', intoFile, program(), ...args] };
  },
};

function program(): string {
  return findCommand('haproxy') ?? 'haproxy';
}

function logValues({ log }: ProxySetup): Record<string, string | null> {
  if (log === null) return { logLine: null, logGlobal: null, logFormat: null };
  return { logLine: 'log stdout format raw local0', logGlobal: 'log global', logFormat: 'option httplog' };
}

/** HAProxy's own way to many routes: a map of prefixes, looked up in a tree. */
function writeMap(setup: ProxySetup): string {
  const path = join(setup.directory, 'routes.map');
  writeFileSync(path, setup.routes.map((route) => `${route}/ pool\n`).join(''));
  return path;
}
