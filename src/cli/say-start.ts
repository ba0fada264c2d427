/** What a person wants to know first, on stdout: addresses to open, and what runs behind them. */
import { relative } from 'node:path';
import { nameOfPolicy } from '../core/balancer/policies.ts';
import type { Config } from '../config/config.ts';
import type { Balancer } from '../runtime/balancer.ts';
import type { ListenerAddress } from '../runtime/control/listeners.ts';
import { addressText, urlText } from '../runtime/shared/listener-key.ts';
import { countThreads } from '../runtime/control/threads.ts';
import type { LogFormat } from './commands/shared-options.ts';
import { formatLogLine } from './log.ts';
import type { LogFields } from './log.ts';
import { readVersion } from './read-version.ts';

export interface StartFacts {
  /** The config as it was named; null: the command line. */
  readonly file: string | null;
  readonly format: LogFormat;
  /** When the process began, by `performance.now()`. */
  readonly startedAt: number;
}

/** The lines `fairlead: listener NAME on http://HOST:PORT` (or https) are for scripts too; the others may change. */
export function sayStart(balancer: Balancer, config: Config, { file, format, startedAt }: StartFacts): void {
  const threads = countThreads(config.threads);
  const from = file === null ? 'no config' : relative('', file) || file;
  const lines: StartLine[] = [
    { text: `version ${readVersion()}, Node ${process.versions.node}, ${count(threads, 'thread')}, ${from}` },
    ...balancer.addresses().map((address) => ({
      text: describeAddress(address),
      fields: { listener: address.listener, address: addressText(address) },
    })),
    ...describePools(config, balancer),
    { text: `ready after ${Math.ceil(performance.now() - startedAt)} ms` },
  ];
  for (const { text, fields = {} } of lines) {
    const line = { text, level: 'info', fields } as const;
    console.log(format === 'json' ? formatLogLine('json', line, new Date()) : `fairlead: ${text}`);
  }
}

interface StartLine {
  readonly text: string;
  readonly fields?: LogFields;
}

/** An address that can be opened in a browser; for one that means every address, that of this machine in brackets. */
function describeAddress(address: ListenerAddress): string {
  const isEvery = address.host === '' || address.host === '0.0.0.0' || address.host === '::';
  const { listener, protocol, port } = address;
  const here = isEvery ? ` (${protocol}://localhost:${port})` : '';
  return `listener ${listener} on ${urlText(address, protocol)}${here}`;
}

/** Health as far as it is known: checks have only begun. */
function describePools({ pools }: Config, balancer: Balancer): StartLine[] {
  const stats = balancer.stats();
  return pools.map(({ id, policy, checks }) => {
    const endpoints = stats.pools.find(({ pool }) => pool === id)?.endpoints ?? [];
    const sick = endpoints.filter(({ health }) => !['healthy', 'unchecked'].includes(health.state)).length;
    const health = checks.length === 0 ? 'not checked' : sick === 0 ? 'checks begin' : `${sick} not healthy yet`;
    const text = `pool ${id}: ${count(endpoints.length, 'endpoint')} by ${nameOfPolicy(policy)}, ${health}`;
    return { text, fields: { pool: id, endpoints: endpoints.length, policy: nameOfPolicy(policy) } };
  });
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
