/** The proxies of the drill, on the same terms. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Child, Command } from '../children.ts';
import { findCommand, versionOf } from '../commands.ts';
import { processTree } from '../cpu-accounting.ts';
import { fillTemplate } from '../template.ts';

export interface DrillSetup {
  readonly directory: string;
  readonly port: number;
  readonly endpointPorts: readonly number[];
  readonly retries503: boolean;
  /** Null: as many as it starts by itself on one core. */
  readonly workers: number | null;
  /** One of them is to be killed. */
  readonly killsWorker: boolean;
  /** Which configs it is run with; null: those for faults. */
  readonly scene: 'overload' | null;
  /** File with the chain and the key with which it ends TLS; null: it takes plain HTTP. */
  readonly pem: string | null;
  /** File with what endpoints are verified by; null: they speak plain HTTP. */
  readonly endpointPem: string | null;
}

export interface Contestant {
  readonly name: string;
  readonly label: string;
  /** Debian's program, installed where it is missing; null: none. */
  readonly program: string | null;
  version(): string;
  prepare(setup: DrillSetup): Command;
  /** Ends one of its workers at once; null: it has none that could be ended by itself. */
  readonly killWorker: ((proxy: Child) => void) | null;
}

const FAIRLEAD_TO_KILL = fileURLToPath(new URL('./fairlead-server.ts', import.meta.url));
const FAIRLEAD = fileURLToPath(new URL('../../bin/fairlead.js', import.meta.url));

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: 'nginx',
    label: 'nginx',
    program: 'nginx',
    version: () => versionOf(pathOf('nginx'), ['-v']),
    prepare: (setup) => {
      const args = ['-e', 'stderr', '-p', setup.directory, '-c', writeConfig('nginx.conf', setup)];
      return { command: pathOf('nginx'), args };
    },
    killWorker: (proxy) => process.kill(processTree(proxy.pid)[1], 'SIGKILL'),
  },
  {
    name: 'haproxy',
    label: 'HAProxy',
    program: 'haproxy',
    version: () => versionOf(pathOf('haproxy'), ['-v']),
    prepare: (setup) => ({ command: pathOf('haproxy'), args: ['-db', '-f', writeConfig('haproxy.cfg', setup)] }),
    // Its threads are those of one process.
    killWorker: null,
  },
  fairleadWith('fairlead', 'Fairlead', 'fairlead.yaml'),
  fairleadWith('fairlead-defaults', 'Fairlead, defaults', 'fairlead-defaults.yaml'),
];

function fairleadWith(name: string, label: string, config: string): Contestant {
  return {
    name,
    label,
    program: null,
    version: () => `Node ${process.version}`,
    prepare: (setup) => {
      const written = writeConfig(config, setup);
      const args = setup.killsWorker ? [FAIRLEAD_TO_KILL, written] : [FAIRLEAD, 'run', '-c', written];
      return { command: process.execPath, args };
    },
    killWorker: (proxy) => proxy.write('kill worker\n'),
  };
}

function pathOf(program: string): string {
  return findCommand(program) ?? program;
}

function writeConfig(name: string, setup: DrillSetup): string {
  const filled = fillTemplate(
    readFileSync(new URL(`./configs/${setup.scene === null ? '' : `${setup.scene}/`}${name}`, import.meta.url), 'utf8'),
    {
      values: {
        port: setup.port,
        directory: setup.directory,
        retries503: setup.retries503 ? 'where 503 is tried again' : null,
        workers: setup.workers,
        plain: setup.pem === null ? 'without TLS' : null,
        pem: setup.pem,
        plainEndpoints: setup.endpointPem === null ? 'servers without TLS' : null,
        endpointPem: setup.endpointPem,
        user: process.getuid?.() === 0 ? 'root' : null,
      },
      endpoints: setup.endpointPorts.map((port, index) => ({ port, index })),
      routes: [],
    },
  );
  const path = join(setup.directory, name);
  writeFileSync(path, filled);
  return path;
}
