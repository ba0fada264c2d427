/** The command line's entry, called by bin/fairlead.js. The only module that ends the process. */
import { findByUrl } from '../runtime/shared/find-by-url.ts';
import { EXIT_INTERNAL, EXIT_UNAVAILABLE } from './exit-codes.ts';
import { isShortage, RAISE_LIMIT } from './shortage-error.ts';
import { writtenOut } from './written-out.ts';

/** What ends by a signal ends though nobody reads what it has printed; others wait for their readers, as programs do. */
const ENDED_BY_SIGNALS: ReadonlySet<string> = new Set(['run', 'dev', 'backend']);
const UNREAD_MS = 1000;

/** Runs a command to its end, and ends the process with its exit code. */
export async function main(args: readonly string[]): Promise<void> {
  findByUrl();
  // Without a listener Node opens its debugger on this signal, which log rotation sends to whatever it finds.
  process.on('SIGUSR1', () => {});
  // A SIGHUP while a balancer starts must not end it. It need not be remembered: the config is still to be read.
  if (args[0] === 'run') process.on('SIGHUP', () => {});
  process.on('uncaughtException', (error) => {
    if (isShortage(error)) {
      console.error(`fairlead: ${error.message}. ${RAISE_LIMIT}`);
      process.exit(EXIT_UNAVAILABLE);
    }
    console.error('fairlead: a bug of ours:', error);
    process.exit(EXIT_INTERNAL);
  });
  // The reader of the output has gone, or the disk is full: a balancer goes on without its lines.
  const output = [process.stdout, process.stderr];
  for (const stream of output) stream.on('error', () => {});
  const code = await carryOut(args);
  await writtenOut(output, ENDED_BY_SIGNALS.has(args[0]) ? UNREAD_MS : Infinity);
  process.exit(code);
}

/** What serves is loaded apart from what only starts it, and commands apart from each other. */
async function carryOut(args: readonly string[]): Promise<number> {
  if (args[0] === 'run' || args[0] === 'dev') {
    const { serveCommand } = await import('./serve-command.ts');
    const code = await serveCommand(args);
    if (code !== null) return code;
  }
  const { runCommand } = await import('./run-command.ts');
  return runCommand(args);
}
