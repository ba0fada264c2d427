/**
 * `npm run bench`: CPU per request of Fairlead beside HAProxy, nginx and Go, interleaved in one run.
 * docs/benchmarks.md says how it measures and what it does not show.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { drawChart } from './chart.ts';
import { endChildrenOnExit } from './children.ts';
import { findCommand, installMissing, versionOf } from './commands.ts';
import { idleConnections, IDLE_CONNECTIONS, measureIdle } from './idle.ts';
import { describeMachine, lookForOthers, pinSelf, refuseMachine } from './machine.ts';
import { measureRow } from './measure.ts';
import { parseOptions, USAGE } from './options.ts';
import type { BenchOptions } from './options.ts';
import { PROXIES } from './proxies/all.ts';
import { fairleadOf } from './proxies/fairlead.ts';
import type { ProxyKind } from './proxies/proxy.ts';
import { renderIdle, renderRow, renderSummary } from './report.ts';
import type { BenchResults, IdleResult, RowResult } from './results.ts';
import { plain, ROWS } from './rows.ts';
import type { Row } from './rows.ts';
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
  const { proxies, notes } = await findProxies(options);
  const others = await lookForOthers();
  if (others !== null) notes.push(others);
  for (const note of notes) say(`! ${note}`);
  const versions = Object.fromEntries(proxies.map((proxy) => [proxy.name, proxy.version()]));
  for (const [name, version] of Object.entries(versions)) say(`${name}: ${version}`);
  const startedAt = new Date().toISOString();
  const rows = await measureRows(options, proxies, notes);
  const idle = options.rows.includes('idle') ? await measureIdles(proxies, notes) : [];
  finish({
    results: {
      startedAt,
      machine: describeMachine(),
      settings: settingsOf(options),
      versions: { ...versions, wrk: versionOf('wrk', ['-v']), upstream: upstreamName() },
      notes,
      rows,
      idle,
    },
    options,
  });
}

async function findProxies(options: BenchOptions): Promise<{ proxies: ProxyKind[]; notes: string[] }> {
  const candidates = [...PROXIES, ...(await extraProxies(options))];
  const isWanted = ({ name }: ProxyKind): boolean => options.proxies.length === 0 || options.proxies.includes(name);
  const extras = candidates.slice(PROXIES.length);
  const wanted = [...PROXIES.filter(isWanted), ...extras];
  // Go also builds the upstream, so it is worth installing even where its own column is not asked for.
  const programs = new Set(['wrk', 'go', ...wanted.flatMap(({ program }) => program ?? [])]);
  const notes = options.mayInstall ? installMissing([...programs], say) : [];
  if (findCommand('wrk') === null) throw new Error([...notes, 'nothing can be measured without wrk'].join('\n'));
  if (findCommand('taskset') === null) throw new Error('nothing can be pinned to a core without taskset (util-linux)');
  const proxies: ProxyKind[] = [];
  for (const proxy of wanted) {
    const missing = proxy.missing();
    if (missing === null) proxies.push(proxy);
    else notes.push(`${proxy.label} is left out: ${missing}`);
  }
  return { proxies, notes };
}

async function extraProxies({ against, modules }: BenchOptions): Promise<ProxyKind[]> {
  const extra = against === null ? [] : [fairleadOf(resolve(against), 'fairlead-against', 'Fairlead of --against')];
  for (const file of modules) {
    const module = (await import(pathToFileURL(resolve(file)).href)) as { proxy?: ProxyKind };
    if (module.proxy === undefined) throw new Error(`${file} exports no \`proxy\``);
    extra.push(module.proxy);
  }
  return extra;
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

async function measureIdles(proxies: readonly ProxyKind[], notes: string[]): Promise<IdleResult[]> {
  const connections = idleConnections();
  if (connections < IDLE_CONNECTIONS) note(`the descriptor limit allows only ${connections} idle connections`, notes);
  const results: IdleResult[] = [];
  for (const proxy of proxies) results.push(await measureIdle(plain(proxy), connections));
  say(renderIdle(results));
  return results;
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
  process.exitCode = 1;
}
