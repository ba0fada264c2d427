/** Builds the Go programs of bench/go, once per run, with the standard library alone. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './children.ts';
import { findCommand } from './commands.ts';
import { scratchDirectory } from './scratch.ts';

const built = new Map<string, Promise<string>>();

/** @returns the path of the program */
export function buildGo(name: string): Promise<string> {
  const known = built.get(name) ?? build(name);
  built.set(name, known);
  return known;
}

async function build(name: string): Promise<string> {
  const output = join(scratchDirectory(), name);
  const source = fileURLToPath(new URL(`./go/${name}/main.go`, import.meta.url));
  await runToEnd({ command: findCommand('go') ?? 'go', args: ['build', '-o', output, source] });
  return output;
}
