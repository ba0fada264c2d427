/**
 * `node bench/profile-summary.ts FILE…|DIR [--top N]`: where the time of a V8 CPU profile went. One file is one
 * thread; for each, the functions with the most time of their own, as shares of the time that was not idle.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The parts of a .cpuprofile that are looked at (Chrome DevTools protocol, Profiler.Profile). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** µs before each sample. */
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  readonly us: number;
}

export interface ProfileSummary {
  readonly idleUs: number;
  readonly busyUs: number;
  /** Most first. */
  readonly functions: readonly SelfTime[];
}

export function summarizeProfile({ nodes, samples, timeDeltas }: CpuProfile): ProfileSummary {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const name = names.get(id) ?? '(unknown)';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
  const idleUs = times.get('(idle)') ?? 0;
  times.delete('(idle)');
  const functions = [...times].map(([name, us]) => ({ name, us })).sort((a, b) => b.us - a.us);
  return { idleUs, busyUs: functions.reduce((sum, { us }) => sum + us, 0), functions };
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${url.replace(/^.*\/(?=[^/]+\/[^/]+$)/, '')}:${lineNumber + 1}`;
}

export function renderSummary(title: string, { busyUs, idleUs, functions }: ProfileSummary, top: number): string {
  const lines = functions.slice(0, top).map(({ name, us }) => {
    const share = ((us / busyUs) * 100).toFixed(1).padStart(5);
    return `  ${share} %  ${(us / 1000).toFixed(0).padStart(7)} ms  ${name}`;
  });
  const total = `${(busyUs / 1000).toFixed(0)} ms at work, ${(idleUs / 1000).toFixed(0)} ms idle`;
  return [`${title}: ${total}`, ...lines].join('\n');
}

function profileFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith('.cpuprofile'));
    return names.sort().map((name) => join(path, name));
  });
}

function main(): void {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { top: { type: 'string' } } });
  if (positionals.length === 0) throw new Error('node bench/profile-summary.ts FILE…|DIR [--top N]');
  for (const file of profileFiles(positionals)) {
    const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
    console.log(`${renderSummary(basename(file), summarizeProfile(profile), Number(values.top ?? 25))}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
