import { existsSync } from 'node:fs';
import { findCommand, versionOf } from '../commands.ts';
import { writeConfig } from './proxy.ts';
import type { ProxyKind } from './proxy.ts';

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

export const nginx: ProxyKind = {
  name: 'nginx',
  label: 'nginx',
  program: 'nginx',
  hasThreads: false,
  logs: ['combined'],
  layers: ['http', 'tcp', 'passthrough', 'udp'],
  hasTls: true,
  missing: () => (findCommand('nginx') === null ? 'nginx is not installed' : null),
  version: () => versionOf(program(), ['-v']),
  prepare(setup) {
    // As root a worker would become another user and could not write into our directory.
    const user = process.getuid?.() === 0 ? 'root' : null;
    // Debian builds it as a module, which the distribution's own config loads.
    const loadModule = existsSync(STREAM_MODULE) ? `load_module ${STREAM_MODULE};` : null;
    const config =
      setup.layer === 'http'
        ? writeConfig('nginx.conf', setup, { user })
        : writeConfig(`nginx-${setup.layer}.conf`, setup, { user, loadModule });
    return { command: program(), args: ['-e', 'stderr', '-p', setup.directory, '-c', config] };
  },
};

function program(): string {
  return findCommand('nginx') ?? 'nginx';
}
