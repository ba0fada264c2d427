/** What Fairlead costs before the first request: on disk, in memory at rest, and in time until it answers. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ENVIRONMENT, packPackage } from '../scripts/packed-package.ts';
import { startBackend } from '../src/backend/backend.ts';
import { Child } from './children.ts';
import { versionOf } from './commands.ts';
import { residentBytes } from './memory.ts';
import type { BudgetResult } from './results.ts';
import { scratchDirectory } from './scratch.ts';
import { spreadOf } from './statistics.ts';

const STARTS = 5;
const LEAST_THREADS = 1;
const MORE_THREADS = 2;
/** Until the garbage collector and the allocators have come to rest. */
const SETTLE_MS = 10_000;
const LISTENER = 'fairlead: listener web on ';

const run = promisify(execFile);

/**
 * Packs this checkout, installs it from the registry into an empty folder, and starts it there on all processors.
 * @throws Error where npm cannot install, e.g. without a network
 */
export async function measureBudgets(): Promise<BudgetResult> {
  const folder = join(scratchDirectory(), 'budgets');
  const project = join(folder, 'project');
  mkdirSync(project, { recursive: true });
  const tarball = await packPackage(folder);
  await run('npm', ['install', '--prefix', project, '--omit=dev', '--no-audit', '--no-fund', tarball], {
    cwd: project,
    env: ENVIRONMENT,
  });
  const modules = join(project, 'node_modules');
  const bin = join(modules, 'fairlead/bin/fairlead.js');
  const starts = [];
  for (let round = 0; round < STARTS; round++) starts.push(await measureStart(bin, LEAST_THREADS, 0));
  const resting = [];
  for (const threads of [LEAST_THREADS, MORE_THREADS]) resting.push(await measureStart(bin, threads, SETTLE_MS));
  return {
    measuredAt: new Date().toISOString(),
    version: `${versionOf('git', ['-C', import.meta.dirname, 'describe', '--always', '--dirty'])}, Node ${process.version}`,
    tarballBytes: statSync(tarball).size,
    installedBytes: await bytesOnDisk(modules),
    packages: countPackages(modules),
    startMs: spreadOf(starts.map(({ startMs }) => startMs)),
    restingBytes: { oneWorker: resting[0].residentBytes, twoWorkers: resting[1].residentBytes },
  };
}

export function renderBudgets(budgets: BudgetResult): string {
  const { startMs, restingBytes } = budgets;
  const lines = [
    ['installed, all packages', mebibytes(budgets.installedBytes)],
    ['packages, itself included', String(budgets.packages)],
    ['tarball', mebibytes(budgets.tarballBytes)],
    ['memory at rest, 1 worker', mebibytes(restingBytes.oneWorker)],
    ['memory at rest, 2 workers', mebibytes(restingBytes.twoWorkers)],
    [
      'start to first answer, 1 worker',
      `${ms(startMs.median)} (${STARTS} starts, ${ms(startMs.min)} to ${ms(startMs.max)})`,
    ],
  ];
  return ['\nbudgets', ...lines.map(([name, value]) => `  ${name.padEnd(33)}${value}`)].join('\n');
}

interface Start {
  readonly startMs: number;
  /** Of the process, all threads included, `settleMs` after its first answer. */
  readonly residentBytes: number;
}

/** Starts it anew before a server of ours, and asks as soon as it says that it listens. */
async function measureStart(bin: string, threads: number, settleMs: number): Promise<Start> {
  await using backend = await startBackend({ name: 'budget' });
  const options = ['--to', `127.0.0.1:${backend.port}`, '--listen', '127.0.0.1:0', '--threads', String(threads)];
  const began = performance.now();
  const child = startOnAllCores([bin, 'run', ...options]);
  try {
    const url = await child.line(LISTENER);
    const response = await fetch(url);
    const startMs = performance.now() - began;
    const name = response.headers.get('x-backend');
    if (name !== 'budget') throw new Error(`${url} is not answered by the bench's own server: ${response.status}`);
    await response.arrayBuffer();
    await delay(settleMs);
    return { startMs, residentBytes: residentBytes([child.pid]) };
  } finally {
    await child.end();
  }
}

/** The bench itself keeps to one core, which its children inherit. */
function startOnAllCores(args: readonly string[]): Child {
  const cores = `0-${cpus().length - 1}`;
  return new Child(
    spawn('taskset', ['-c', cores, process.execPath, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: ENVIRONMENT }),
  );
}

/** What the files take, in whole blocks of the file system. */
async function bytesOnDisk(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const stats = names.map((name) => statSync(join(folder, name)));
  return stats.reduce((total, { blocks }) => total + blocks * 512, 0);
}

function countPackages(modules: string): number {
  const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as { packages: object };
  return Object.keys(lock.packages).length;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
