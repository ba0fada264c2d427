/** Starts the server behind the proxies: the Go program, or where Go is missing the same on Node. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startPinned } from './children.ts';
import type { Child, Command } from './children.ts';
import { findCommand } from './commands.ts';
import { buildGo } from './go.ts';

export interface Upstream {
  readonly child: Child;
  readonly ports: readonly number[];
  /** Value of X-Bench-Token in its answers: what carries it has passed our own endpoint. */
  readonly token: string;
}

export async function startUpstream(core: number, endpoints: number): Promise<Upstream> {
  const token = randomBytes(8).toString('hex');
  const { command, args } = await program();
  const child = startPinned(core, { command, args: [...args, `--ports=${endpoints}`, `--token=${token}`] });
  const line = await child.line();
  return { child, ports: portsOf(line), token };
}

/** Which of the two runs, for the report. */
export function upstreamName(): string {
  return findCommand('go') === null ? 'node:net' : 'Go, epoll';
}

async function program(): Promise<Command> {
  if (findCommand('go') !== null) return { command: await buildGo('upstream'), args: [] };
  return { command: process.execPath, args: [fileURLToPath(new URL('./node-upstream.ts', import.meta.url))] };
}

function portsOf(line: string): number[] {
  const answer: unknown = JSON.parse(line);
  if (typeof answer === 'object' && answer !== null && 'ports' in answer && Array.isArray(answer.ports)) {
    return answer.ports.map(Number);
  }
  throw new Error(`the upstream said ${line}`);
}
