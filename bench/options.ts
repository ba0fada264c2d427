/** The command line of the bench. */
import { parseArgs } from 'node:util';
import { ROWS } from './rows.ts';

export interface BenchOptions {
  /** Ids of rows, `idle` and `idle-tls` among them. */
  readonly rows: readonly string[];
  readonly isQuick: boolean;
  /** All rows were asked for: the chart is drawn. */
  readonly isComplete: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  /** Install size, memory at rest, time to start: with all rows, or alone. */
  readonly withBudgets: boolean;
  /** Names of proxies to leave in; empty: all. */
  readonly proxies: readonly string[];
  /** Another checkout of Fairlead to run beside this one. */
  readonly against: string | null;
  /** Modules that export a `proxy` of kind ProxyKind. */
  readonly modules: readonly string[];
  readonly isProfiling: boolean;
  readonly mayInstall: boolean;
}

const IDLE_ROWS = ['idle', 'idle-tls'];

export const USAGE = `npm run bench -- [options]
  --quick            the browser row alone, HAProxy, nginx and Fairlead, under a minute
  --rows a,b         only these rows: ${[...ROWS.map((row) => row.id), ...IDLE_ROWS].join(', ')}
  --budgets          install size, memory at rest and time to start; alone, without rows
  --workers          the same as --rows workers
  --proxies a,b      only these proxies: haproxy, nginx, go, fairlead
  --against DIR      another checkout of Fairlead beside this one
  --with FILE        a module that exports \`proxy\` (bench/proxies/proxy.ts), beside the others; may be repeated
  --rounds N         rounds of each row (5; quick: 4)
  --seconds N        length of a round (4; quick: 3)
  --cpu-prof         Fairlead under V8's profiler: says where the profiles are (the figures do not count then)
  --no-install       install nothing, leave out what is missing`;

const ALL_ROWS = [...ROWS.map((row) => row.id), ...IDLE_ROWS];
const QUICK_PROXIES = ['haproxy', 'nginx', 'fairlead'];

/** @throws Error with a text for the user */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help === true) return 'help';
  const isQuick = values.quick === true;
  const wanted = wantedRows(values.rows, values.workers === true, isQuick);
  const isBudgets = values.budgets === true;
  const isComplete = !isBudgets && wanted === null && values.proxies === undefined && values['cpu-prof'] !== true;
  return {
    rows: wanted ?? (isBudgets ? [] : ALL_ROWS),
    isQuick,
    isComplete,
    withBudgets: isBudgets || isComplete,
    rounds: positive('--rounds', values.rounds, isQuick ? 4 : 5),
    seconds: positive('--seconds', values.seconds, isQuick ? 3 : 4),
    warmSeconds: 2,
    proxies: values.proxies?.split(',') ?? (isQuick ? QUICK_PROXIES : []),
    against: values.against ?? null,
    modules: values.with ?? [],
    isProfiling: values['cpu-prof'] === true,
    mayInstall: values['no-install'] !== true,
  };
}

const OPTIONS = {
  quick: { type: 'boolean' },
  rows: { type: 'string' },
  workers: { type: 'boolean' },
  budgets: { type: 'boolean' },
  proxies: { type: 'string' },
  against: { type: 'string' },
  with: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  'cpu-prof': { type: 'boolean' },
  'no-install': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** null: all of them. */
function wantedRows(rows: string | undefined, workers: boolean, isQuick: boolean): readonly string[] | null {
  const wanted = [...(rows?.split(',') ?? []), ...(workers ? ['workers'] : [])];
  const unknown = wanted.filter((row) => !ALL_ROWS.includes(row));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')} (there are ${ALL_ROWS.join(', ')})`);
  if (wanted.length > 0) return wanted;
  return isQuick ? ['browser'] : null;
}

/** wrk counts in whole seconds. */
function positive(name: string, text: string | undefined, byDefault: number): number {
  const value = text === undefined ? byDefault : Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} wants a whole number from 1, not ${text ?? ''}`);
  return value;
}
