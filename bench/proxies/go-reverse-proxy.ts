import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand, versionOf } from '../commands.ts';
import { buildGo } from '../go.ts';
import type { ProxyKind, ProxySetup } from './proxy.ts';

/** Go's httputil.ReverseProxy, built from bench/go/reverse-proxy. */
export const goReverseProxy: ProxyKind = {
  name: 'go',
  label: 'Go ReverseProxy',
  program: 'go',
  hasThreads: false,
  logs: [],
  layers: ['http'],
  hasTls: false,
  missing: () => (findCommand('go') === null ? 'go is not installed' : null),
  version: () => versionOf(findCommand('go') ?? 'go', ['version']),
  async prepare(setup) {
    const endpoints = setup.endpointPorts.map((port) => `127.0.0.1:${port}`).join(',');
    const args = ['-listen', `127.0.0.1:${setup.port}`, '-endpoints', endpoints];
    if (setup.routes.length > 0) args.push('-routes', writeRoutes(setup));
    return { command: 'env', args: ['GOMAXPROCS=1', await buildGo('reverse-proxy'), ...args] };
  },
};

function writeRoutes(setup: ProxySetup): string {
  const path = join(setup.directory, 'routes');
  writeFileSync(path, setup.routes.map((route) => `${route}\n`).join(''));
  return path;
}
