import { findCommand, versionOf } from '../commands.ts';
import { writeConfig } from './proxy.ts';
import type { ProxyKind } from './proxy.ts';

export const nginx: ProxyKind = {
  name: 'nginx',
  label: 'nginx',
  program: 'nginx',
  hasThreads: false,
  logs: ['combined'],
  missing: () => (findCommand('nginx') === null ? 'nginx is not installed' : null),
  version: () => versionOf(program(), ['-v']),
  prepare(setup) {
    // As root a worker would become another user and could not write into our directory.
    const user = process.getuid?.() === 0 ? 'root' : null;
    const config = writeConfig('nginx.conf', setup, { user });
    return { command: program(), args: ['-e', 'stderr', '-p', setup.directory, '-c', config] };
  },
};

function program(): string {
  return findCommand('nginx') ?? 'nginx';
}
