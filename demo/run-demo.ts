/** The demo: on a terminal a live table with keys, elsewhere a line a second. */
import { runLines } from './run-lines.ts';
import { runScreen } from './run-screen.ts';

/** Resolves when it was ended: by SIGINT, SIGTERM, SIGHUP, the end of stdout, or by q. */
export async function runDemo(): Promise<void> {
  const ended = Promise.withResolvers<null>();
  const end = (): void => ended.resolve(null);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  // The reader of our lines has gone: `npm start | head`.
  process.stdout.on('error', end);
  if (isLive()) await runScreen(ended.promise, process.stdout, process.stdin);
  else await runLines(ended.promise);
}

/** A terminal on both sides that can be drawn on. */
function isLive(): boolean {
  return process.stdout.isTTY && process.stdin.isTTY && process.env['TERM'] !== 'dumb';
}
