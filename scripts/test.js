/**
 * `npm test`: every test on Node 26, then those that depend on Node's own inside on Node 24, then both totals in
 * the form in which node:test writes them. `npm run test:long` (`--long`): those of test/long/ instead. Further
 * arguments go to `node --test`: `npm test -- --test-name-pattern=drain`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../bin/node-version.js';
import { runChild } from '../bin/run-child.js';
import { ensureInstalled, NODE_26 } from './install.js';
import { PLANS } from './test-plan.js';

const REPORTER = new URL('./test-totals-reporter.js', import.meta.url).href;
const FILE_DEADLINE = new URL('./test-file-deadline.js', import.meta.url).href;
/**
 * Where compiled code and stripped sources are kept, from one file to the next and for the threads of each: without it
 * half the work of most files is to load the same sources again. The folder that Node takes where none is named.
 */
const KEPT_CODE = process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache');
/** Installs what tests drive beside Node. */
const TOOLS = fileURLToPath(new URL('./test-tools.ts', import.meta.url));

const LONG = '--long';
const PLAN = process.argv.includes(LONG) ? PLANS.long : PLANS.ordinary;
const CONCURRENCY = Math.min(PLAN.mostConcurrency, Math.max(PLAN.leastConcurrency, availableParallelism()));
const ARGUMENTS = process.argv.slice(2).filter((argument) => argument !== LONG);

async function main() {
  const startedAt = Date.now();
  await ensureInstalled();
  if (existsSync(NODE_26)) await runChild(NODE_26, [TOOLS, ...PLAN.tools]);
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (interrupted = true));
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  const results = [];
  try {
    for (const run of PLAN.runs) {
      if (interrupted) break;
      if (existsSync(run.node)) results.push(await runTests(run, join(folder, 'totals.json')));
      else console.log(`\n${run.name} is not installed on ${process.platform}-${process.arch}: its run is left out.`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  printSummary(results, Date.now() - startedAt);
  process.exitCode = !interrupted && results.every(isGood) ? 0 : 1;
}

async function runTests({ name, node, files }, totalsFile) {
  console.log(`\n=== ${name} ===\n`);
  rmSync(totalsFile, { force: true });
  const args = [
    `--import=${FILE_DEADLINE}?ms=${PLAN.fileDeadlineMs}`,
    '--test',
    `--test-concurrency=${CONCURRENCY}`,
    `--test-timeout=${PLAN.testTimeoutMs}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${REPORTER}`,
    `--test-reporter-destination=${totalsFile}`,
    ...ARGUMENTS,
    ...files,
  ];
  // At the deadline the runner gets SIGTERM: it ends its files and names those that were unfinished.
  const env = { ...process.env, NODE_COMPILE_CACHE: KEPT_CODE };
  const options = { cwd: PACKAGE_ROOT, env, stdio: ['ignore', 'inherit', 'inherit'], timeout: PLAN.runDeadlineMs };
  const { code } = await runChild(node, args, options);
  return { name, code, totals: readTotals(totalsFile) };
}

/** A run in which no test passed proves nothing, unless its tests were chosen by hand. */
function isGood({ code, totals }) {
  return code === 0 && totals !== null && (totals.passed > 0 || ARGUMENTS.length > 0);
}

/** Null where the run was ended before they were written, or in the middle. */
function readTotals(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function printSummary(results, durationMs) {
  console.log('\n=== All runs ===\n');
  for (const { name, code, totals } of results) console.log(`${name}: ${describe(code, totals)}`);
  printLines('⚠ NOT TESTED on this machine, and why:', results, 'skips');
  printLines('✖ failing tests:', results, 'failures');
  const sum = (key) => results.reduce((total, result) => total + (result.totals?.[key] ?? 0), 0);
  const words = { tests: 'tests', suites: 'suites', passed: 'pass', failed: 'fail', cancelled: 'cancelled' };
  console.log('');
  for (const [key, word] of Object.entries({ ...words, skipped: 'skipped', todo: 'todo' })) {
    console.log(`ℹ ${word} ${sum(key)}`);
  }
  console.log(`ℹ duration_ms ${durationMs}`);
}

function printLines(title, results, key) {
  const lines = results.flatMap(({ name, totals }) => (totals?.[key] ?? []).map((line) => `  ${name}: ${line}`));
  if (lines.length > 0) console.log(`\n${title}\n${lines.join('\n')}`);
}

function describe(code, totals) {
  if (totals === null) return `ended with code ${code} before its totals were known`;
  return `${totals.passed} of ${totals.tests} tests pass${code === 0 ? '' : `, exit code ${code}`}`;
}

await main();
