/** Runs wrk with requests of ours, byte for byte, and reads what it counted. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPinned } from './children.ts';
import { findCommand } from './commands.ts';
import { scratchDirectory } from './scratch.ts';
import { SERVER_NAME } from './tls-certificates.ts';

const SCRIPT = fileURLToPath(new URL('./wrk/request.lua', import.meta.url));

export interface Load {
  readonly port: number;
  readonly isSecure: boolean;
  /** File from `writeRequests`. */
  readonly file: string;
  readonly connections: number;
  readonly seconds: number;
}

/** Latencies are NaN where they are not known. */
export interface WrkResult {
  readonly requests: number;
  readonly durationUs: number;
  readonly bytes: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: Readonly<Record<'connect' | 'read' | 'write' | 'timeout' | 'status', number>>;
}

/** @returns the file that a `Load` names */
export function writeRequests(name: string, requests: readonly string[]): string {
  const file = join(scratchDirectory(), `${name}.requests`);
  writeFileSync(file, requests.join('\0'), 'latin1');
  return file;
}

export async function runWrk(core: number, load: Load): Promise<WrkResult> {
  // A name, where TLS asks for one.
  const url = load.isSecure ? `https://${SERVER_NAME}:${load.port}/` : `http://127.0.0.1:${load.port}/`;
  // wrk takes whole seconds, or a number with a unit that it multiplies; the shortest unit is the second.
  const duration = `${Math.max(1, Math.round(load.seconds))}s`;
  const args = ['-t1', `-c${load.connections}`, `-d${duration}`, '--timeout=10s', `-s${SCRIPT}`, url, '--', load.file];
  const child = startPinned(core, { command: findCommand('wrk') ?? 'wrk', args });
  const result = JSON.parse(await child.line('wrk-result ')) as WrkResult;
  await child.exited;
  return result;
}

/** What went wrong, in words; null if nothing did. wrk counts statuses from 400 as errors. */
export function describeErrors({ errors, requests }: WrkResult): string | null {
  const named = Object.entries(errors).filter(([, count]) => count > 0);
  if (named.length > 0) return named.map(([name, count]) => `${count} ${name} errors`).join(', ');
  return requests === 0 ? 'no request was answered' : null;
}
