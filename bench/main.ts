/**
 * `npm run bench`: CPU per request of Fairlead beside HAProxy, nginx and Go, interleaved in one run.
 * docs/benchmarks.md says how it measures and what it does not show.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureBudgets, renderBudgets } from './budgets.ts';
import { drawChart } from './chart.ts';
import { endChildrenOnExit } from './children.ts';
import { versionOf } from './commands.ts';
import { idleConnections, IDLE_CONNECTIONS, measureIdle } from './idle.ts';
import { describeMachine, lookForOthers, measureSpeed, pinSelf, refuseMachine } from './machine.ts';
import { measureRow } from './measure.ts';
import { parseOptions, USAGE } from './options.ts';
import type { BenchOptions } from './options.ts';
import type { ProxyKind } from './proxies/proxy.ts';
import { selectProxies } from './proxies/select.ts';
import { renderIdle, renderRow, renderSummary } from './report.ts';
import type { BenchResults, BudgetResult, IdleResult, RowResult } from './results.ts';
import { plain, ROWS, secured } from './rows.ts';
import type { Contestant, Row } from './rows.ts';
import { startScene } from './scene.ts';
import { upstreamName } from './upstream.ts';

const RESULTS = fileURLToPath(new URL('./results', import.meta.url));
const CHART = fileURLToPath(new URL('../docs/images/bench.svg', import.meta.url));

const say = (line: string): void => console.log(line);

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') return say(USAGE);
  const refusal = refuseMachine();
  if (refusal !== null) throw new Error(refusal);
  endChildrenOnExit();
  pinSelf();
  if (options.rows.length === 0) return measureBudgetsAlone();
  const { proxies, notes } = await selectProxies(options, say);
  const others = await lookForOthers();
  if (others !== null) notes.push(others);
  for (const note of notes) say(`! ${note}`);
  const versions = Object.fromEntries(proxies.map((proxy) => [proxy.name, proxy.version()]));
  for (const [name, version] of Object.entries(versions)) say(`${name}: ${version}`);
  const startedAt = new Date().toISOString();
  const speedBefore = measureSpeed();
  const rows = await measureRows(options, proxies, notes);
  const idle = [
    ...(options.rows.includes('idle') ? await measureIdles(proxies.map(plain), notes) : []),
    ...(options.rows.includes('idle-tls') ? await measureIdles(withTls(proxies), notes) : []),
  ];
  const loopNs = [speedBefore, measureSpeed()] as const;
  const budgets = options.withBudgets ? await tryBudgets(notes) : null;
  say(`\na turn of a fixed loop: ${loopNs[0].toFixed(2)} ns before, ${loopNs[1].toFixed(2)} ns after`);
  finish({
    results: {
      startedAt,
      machine: describeMachine(loopNs),
      settings: settingsOf(options),
      versions: { ...versions, wrk: versionOf('wrk', ['-v']), upstream: upstreamName() },
      notes,
      rows,
      idle,
      budgets,
    },
    options,
  });
}

/** Rows with the same contestants share a scene. */
async function measureRows(
  options: BenchOptions,
  proxies: readonly ProxyKind[],
  notes: string[],
): Promise<RowResult[]> {
  const groups = new Map<string, Row[]>();
  for (const row of ROWS.filter(({ id }) => options.rows.includes(id))) {
    const key = `${row.endpoints} ${row
      .contestants(proxies)
      .map(({ id }) => id)
      .join()}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const results: RowResult[] = [];
  for (const rows of groups.values()) results.push(...(await measureScene(rows, options, proxies, notes)));
  return results;
}

async function measureScene(
  rows: readonly Row[],
  options: BenchOptions,
  proxies: readonly ProxyKind[],
  notes: string[],
): Promise<RowResult[]> {
  const { endpoints } = rows[0];
  const contestants = rows[0].contestants(proxies);
  const profileDirectory = options.isProfiling ? profileDirectoryOf(rows[0]) : null;
  const scene = await startScene({ endpoints, contestants, profileDirectory });
  for (const [{ label }, problem] of scene.failed)
    note(`${label} is left out of "${rows[0].title}": ${problem}`, notes);
  const results: RowResult[] = [];
  try {
    for (const row of rows) {
      const result = await measureRow(row, scene, options);
      results.push(result);
      say(renderRow(result));
    }
  } finally {
    await scene.end();
  }
  if (profileDirectory !== null) note(`profiles: node bench/profile-summary.ts ${profileDirectory}`, notes);
  return results;
}

function withTls(proxies: readonly ProxyKind[]): Contestant[] {
  return secured(proxies).map((contestant) => ({ ...contestant, label: `${contestant.label}, TLS` }));
}

async function measureIdles(contestants: readonly Contestant[], notes: string[]): Promise<IdleResult[]> {
  const connections = idleConnections();
  if (connections < IDLE_CONNECTIONS) note(`the descriptor limit allows only ${connections} idle connections`, notes);
  const results: IdleResult[] = [];
  for (const contestant of contestants) results.push(await measureIdle(contestant, connections));
  say(renderIdle(results));
  return results;
}

/** The rows of the last complete run stay beside them. */
async function measureBudgetsAlone(): Promise<void> {
  const budgets = await measureBudgets();
  say(renderBudgets(budgets));
  const file = join(RESULTS, 'latest.json');
  const results = JSON.parse(readFileSync(file, 'utf8')) as BenchResults;
  writeFileSync(file, `${JSON.stringify({ ...results, budgets }, null, 2)}\n`);
  say(`\nwritten: ${relative(process.cwd(), file)}`);
}

/** Without a network nothing can be installed, and the rows count all the same. */
async function tryBudgets(notes: string[]): Promise<BudgetResult | null> {
  try {
    const budgets = await measureBudgets();
    say(renderBudgets(budgets));
    return budgets;
  } catch (error) {
    note(`budgets were not measured: ${error instanceof Error ? error.message : String(error)}`, notes);
    return null;
  }
}

function finish({ results, options }: { results: BenchResults; options: BenchOptions }): void {
  const name = options.isComplete ? 'latest.json' : options.isQuick ? 'quick.json' : 'partial.json';
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, name);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  say(`\nwritten: ${relative(process.cwd(), file)}`);
  if (options.isComplete) {
    mkdirSync(join(CHART, '..'), { recursive: true });
    writeFileSync(CHART, drawChart(results));
    say(`written: ${relative(process.cwd(), CHART)}`);
  }
  const summary = renderSummary(results);
  if (summary !== '') say(`\n${summary}`);
}

function note(text: string, notes: string[]): void {
  notes.push(text);
  say(`! ${text}`);
}

function profileDirectoryOf({ id }: Row): string {
  const directory = join(RESULTS, `profile-${id}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`);
  mkdirSync(directory, { recursive: true });
  return directory;
}

function settingsOf({ rounds, seconds, warmSeconds, isProfiling }: BenchOptions): BenchResults['settings'] {
  return { rounds, seconds, warmSeconds, isProfiling };
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // Leaving ends the children; waiting for them to leave first would take for ever.
  process.exit(1);
}
