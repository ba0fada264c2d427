/**
 * `npm run drill`: servers fail under load, and what that costs clients is counted, for Fairlead, nginx and HAProxy.
 * docs/staying-up.md says what it does and holds its table.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endChildrenOnExit } from '../children.ts';
import { installMissing } from '../commands.ts';
import { OVER_TLS, PLAIN } from './client-side.ts';
import type { ClientSide } from './client-side.ts';
import { CONTESTANTS } from './contestants.ts';
import type { Contestant } from './contestants.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import { drillOverload, renderOverload } from './overload.ts';
import { drawOverload } from './overload-chart.ts';
import { isInNamespace, runInNamespace, whyNoNamespace } from './namespace.ts';
import { renderFigures, renderLine, renderTable, renderTerms, worstOf } from './report.ts';
import type { DrillOutcome } from './outcome.ts';
import type { DrillResult } from './report.ts';
import { keepResults } from './results.ts';
import { runDrill } from './run-drill.ts';
import { QUEUE_PAGE, writePage } from './write-page.ts';

const OVERLOAD_CHART = fileURLToPath(new URL('../../docs/images/overload.svg', import.meta.url));
const CALM_MS = 3000;
const AFTER_MS = 6000;

const USAGE = `npm run drill -- [options]
  --faults a,b       only these: ${FAULTS.map(({ id }) => id).join(', ')}
  --proxies a,b      only these: ${CONTESTANTS.map(({ name }) => name).join(', ')}
  --runs N           runs of each, the worst counts (1)
  --overload         no fault: 0.5 to 3 times what the servers can do, into docs/queue.md with --write
  --tls              the clients come by HTTPS; not with --write
  --tls-endpoints    the servers speak TLS, and are verified; not with --write
  --write            writes the results to bench/results/drill.json and docs/staying-up.md, in the place of the same
                     faults and proxies
  --no-install       installs nothing, leaves out what is missing`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      faults: { type: 'string' },
      proxies: { type: 'string' },
      runs: { type: 'string', default: '1' },
      overload: { type: 'boolean', default: false },
      tls: { type: 'boolean', default: false },
      'tls-endpoints': { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      'no-install': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return say(USAGE);
  const faults = chosen(FAULTS, values.faults, ({ id }) => id);
  const contestants = chosen(CONTESTANTS, values.proxies, ({ name }) => name);
  const runs = Number(values.runs);
  if (values.overload) return overload(contestants, values.write);
  const hasTlsEndpoints = values['tls-endpoints'];
  if ((values.tls || hasTlsEndpoints) && values.write)
    throw new Error('--write writes what was met without TLS: leave out --tls and --tls-endpoints');
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs wants a whole number from 1');
  if (!isInNamespace()) {
    const programs = ['ip', 'nft', ...contestants.flatMap(({ program }) => program ?? [])];
    if (!values['no-install']) for (const note of installMissing(programs, say)) say(`! ${note}`);
    const reason = whyNoNamespace();
    if (reason === null) return runInNamespace(process.argv.slice(1));
    say(`! without a network namespace of its own (${reason}): faults that lose packets are left out`);
  }
  endChildrenOnExit();
  const possible = faults.filter(({ needsNamespace }) => needsNamespace !== true || isInNamespace());
  const results = await drillAll(possible, contestants, { runs, hasTlsEndpoints, side: values.tls ? OVER_TLS : PLAIN });
  say(`\n${renderTable(results)}\n\n${renderFigures(results)}`);
  if (values.write) {
    const kept = keepResults(results);
    await writePage({ failures: renderTable(kept), figures: renderFigures(kept), terms: renderTerms(kept) });
  }
  return 0;
}

async function overload(contestants: readonly Contestant[], isWriting: boolean): Promise<number> {
  endChildrenOnExit();
  const limited = contestants.filter(({ name }) => name !== 'fairlead-defaults');
  for (const contestant of limited) say(`${contestant.label}: ${contestant.version()}`);
  const points = await drillOverload(limited, say);
  say(`\n${renderOverload(points)}`);
  if (isWriting) {
    await writePage({ overload: `${renderOverload(points)}\n\n${termsOf(limited)} ${machineNow()}` }, QUEUE_PAGE);
    writeFileSync(OVERLOAD_CHART, drawOverload(points));
  }
  return 0;
}

interface RunTerms {
  readonly runs: number;
  readonly side: ClientSide;
  readonly hasTlsEndpoints: boolean;
}

async function drillAll(
  faults: readonly Fault[],
  contestants: readonly Contestant[],
  terms: RunTerms,
): Promise<DrillResult[]> {
  for (const contestant of contestants) say(`${contestant.label}: ${contestant.version()}`);
  const results: DrillResult[] = [];
  for (const fault of faults) {
    say(`\n${fault.title}`);
    for (const contestant of contestants) {
      if (fault.killsWorker === true && contestant.killWorker === null) continue;
      const worst = await worstRun(fault, contestant, terms);
      if (worst === null) continue;
      const { id, title, wanted } = fault;
      const proxy = { proxy: contestant.label, version: contestant.version() };
      results.push({ fault: id, title, wanted, ...proxy, date: today(), worst, runs: terms.runs });
    }
  }
  return results;
}

/** What else the machine had to do says how far the figures hold. */
function machineNow(): string {
  return `${availableParallelism()} processors, load average ${loadavg()[0].toFixed(1)}.`;
}

function termsOf(contestants: readonly Contestant[]): string {
  const versions = contestants.map((contestant) => `${contestant.label}: ${contestant.version()}`);
  return `One run each, ${today()}. ${versions.join('; ')}.`;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Returns null where a run could not be made, and says why. */
async function worstRun(
  fault: Fault,
  contestant: Contestant,
  { runs, ...terms }: RunTerms,
): Promise<DrillOutcome | null> {
  const outcomes: DrillOutcome[] = [];
  for (let run = 0; run < runs; run++) {
    try {
      const outcome = await runDrill(fault, contestant, { calmMs: CALM_MS, afterMs: AFTER_MS, ...terms });
      say(renderLine(contestant.label, outcome));
      outcomes.push(outcome);
    } catch (error) {
      say(`! ${contestant.label} is left out: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }
  return worstOf(outcomes);
}

/** @throws Error for a name that is not there */
function chosen<T>(all: readonly T[], names: string | undefined, nameOf: (item: T) => string): readonly T[] {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((item) => nameOf(item) === name);
    if (found === undefined) throw new Error(`no such name: ${name} (there are ${all.map(nameOf).join(', ')})`);
    return found;
  });
}

function say(line: string): 0 {
  console.log(line);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
