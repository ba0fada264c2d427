/** `fairlead load`: sends requests and prints a report. */
import { readFile } from 'node:fs/promises';
import { EXIT_FAILED, EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE } from '../exit-codes.ts';
import { findAutocannon } from './autocannon.ts';
import { Load } from './generate-load.ts';
import { LoadFigures } from './load-figures.ts';
import type { LoadOptions } from './load-options.ts';
import { formatReport, toJsonReport } from './load-report.ts';
import { ProgressBar } from './progress-bar.ts';

const MISSING = `fairlead load sends with autocannon, which is not installed. It is no dependency of Fairlead, since
whoever only balances has no use for it. Install it beside Fairlead, then try again:

  npm install autocannon`;

/** Resolves to the exit code: 1 where every request failed. */
export async function runLoad(options: LoadOptions): Promise<number> {
  const autocannon = await findAutocannon();
  if (autocannon === null) {
    console.error(MISSING);
    return EXIT_UNAVAILABLE;
  }
  const body = await readBody(options.body);
  if (typeof body === 'string') {
    console.error(`fairlead: ${body}`);
    return EXIT_USAGE;
  }
  const figures = new LoadFigures();
  const load = new Load(autocannon, options, body, figures);
  const elapsedMs = await watchLoad(load, figures, options);
  const summary = figures.summarize(elapsedMs);
  console.log(options.json ? JSON.stringify(toJsonReport(options, summary), null, 2) : formatReport(options, summary));
  return figures.hasSucceeded ? EXIT_OK : EXIT_FAILED;
}

/** Shows how far it is; a signal ends it early. */
async function watchLoad(load: Load, figures: LoadFigures, options: LoadOptions): Promise<number> {
  const onSignal = (): void => load.stop();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  const bar = process.stderr.isTTY && !options.json ? new ProgressBar(process.stderr, options, figures) : null;
  try {
    return await load.waitForEnd();
  } finally {
    bar?.close();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
}

/** The bytes to send, or a text that says why they cannot be read. */
async function readBody(written: string | undefined): Promise<Buffer | null | string> {
  if (written === undefined) return null;
  if (!written.startsWith('@')) return Buffer.from(written);
  const file = written.slice(1);
  try {
    return await readFile(file);
  } catch (error) {
    return `--body @${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
