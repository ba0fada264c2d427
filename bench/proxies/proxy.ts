/** What the bench knows of a proxy; each kind is one file, and a row in all.ts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../children.ts';
import type { Layer } from '../rows.ts';
import { SERVER_NAME } from '../tls-certificates.ts';
import { fillTemplate } from '../template.ts';

export interface ProxySetup {
  /** Directory of its own, for its config and what else it writes. */
  readonly directory: string;
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  readonly endpointPorts: readonly number[];
  readonly threads: number;
  /** Path prefixes, each a route to the one pool; empty: a single route for everything. */
  readonly routes: readonly string[];
  /** Format of its access log, which goes to `access.log` in its directory; null: it is off. */
  readonly log: 'combined' | 'json' | null;
  readonly layer: Layer;
  /** File with the chain and the key with which it ends TLS; null: it takes plain HTTP. */
  readonly pem: string | null;
  /** File with what its endpoints are verified by, which speak TLS; null: they do not. */
  readonly endpointCa: string | null;
  /** Where V8 writes CPU profiles, for kinds that run on Node; null: no profile. */
  readonly profileDirectory: string | null;
}

export interface ProxyKind {
  /** Stands in results and on the command line. */
  readonly name: string;
  /** Stands in tables and in the chart. */
  readonly label: string;
  /** Program it needs, for installing. */
  readonly program: string | null;
  /** Whether it can run with more than one thread. */
  readonly hasThreads: boolean;
  /** Formats of its access log that are measured. */
  readonly logs: readonly ('combined' | 'json')[];
  /** What it can be measured at. */
  readonly layers: readonly Layer[];
  /** Whether it is measured with TLS. */
  readonly hasTls: boolean;
  /** Why it cannot run here, or null. */
  missing(): string | null;
  version(): string;
  /** Writes its config into the directory and says how to start it. */
  prepare(setup: ProxySetup): Command | Promise<Command>;
}

/** Fills in a config file of bench/configs and writes it into the proxy's directory. */
export function writeConfig(name: string, setup: ProxySetup, values: Record<string, string | null> = {}): string {
  const template = readFileSync(new URL(`../configs/${name}`, import.meta.url), 'utf8');
  const filled = fillTemplate(template, {
    values: {
      port: setup.port,
      threads: setup.threads,
      directory: setup.directory,
      log: setup.log,
      noLog: setup.log === null ? 'off' : null,
      plain: setup.pem === null ? 'without TLS' : null,
      pem: setup.pem,
      serverName: SERVER_NAME,
      plainEndpoints: setup.endpointCa === null ? 'without TLS' : null,
      endpointCa: setup.endpointCa,
      endpointScheme: setup.endpointCa === null ? 'http' : 'https',
      scheme: setup.pem === null ? 'http' : 'https',
      onlyPool: setup.routes.length === 0 ? 'pool' : null,
      ...values,
    },
    endpoints: setup.endpointPorts.map((port, index) => ({ port, index })),
    routes: setup.routes.map((path) => ({ path })),
  });
  const path = join(setup.directory, name);
  writeFileSync(path, filled);
  return path;
}
