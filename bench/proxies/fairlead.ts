import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { versionOf } from '../commands.ts';
import { writeConfig } from './proxy.ts';
import type { ProxyKind } from './proxy.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Fairlead of this checkout, with the Node that runs the bench. */
export const fairlead: ProxyKind = fairleadOf(ROOT, 'fairlead', 'Fairlead');

/** Fairlead of another checkout, to compare two states of the code in one run. */
export function fairleadOf(checkout: string, name: string, label: string): ProxyKind {
  const program = join(checkout, 'bin/fairlead.js');
  return {
    name,
    label,
    program: null,
    hasThreads: true,
    logs: ['combined', 'json'],
    layers: ['http', 'tcp', 'passthrough', 'udp'],
    hasTls: true,
    missing: () => (existsSync(program) ? null : `${program} does not exist`),
    version: () => describe(checkout),
    prepare(setup) {
      const config = writeConfig(setup.layer === 'http' ? 'fairlead.yaml' : `fairlead-${setup.layer}.yaml`, setup);
      const profile = setup.profileDirectory === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${setup.profileDirectory}`];
      return { command: process.execPath, args: [...profile, program, 'run', '-c', config] };
    },
  };
}

/** The commit, whether it was changed since, and whether `bin/fairlead.js` takes the built or the plain sources. */
function describe(checkout: string): string {
  const commit = versionOf('git', ['-C', checkout, 'describe', '--always', '--dirty']);
  const sources = existsSync(join(checkout, 'dist/cli/main.js')) ? 'dist' : 'src';
  return `${commit} (${sources}), Node ${process.version}`;
}
