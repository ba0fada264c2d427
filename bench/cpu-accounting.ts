/**
 * CPU time as the operating system accounts for it: /proc/PID/stat holds utime and stime of a process, all its
 * threads included (the sum is exact; the kernel divides it into user and system by what each tick found).
 * See proc(5). A process that keeps workers, as nginx does, is the sum over its tree.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { clockTicks } from './commands.ts';

const MICROSECONDS_PER_TICK = 1e6 / clockTicks();

export interface CpuTimes {
  readonly userUs: number;
  readonly systemUs: number;
}

export interface CpuSample extends CpuTimes {
  /** Each thread of each process of the tree, by `pid/tid`. */
  readonly threads: ReadonlyMap<string, ThreadTimes>;
}

export interface ThreadTimes extends CpuTimes {
  readonly name: string;
}

/** What a core did, in µs since boot. */
export interface CoreSample {
  readonly busyUs: number;
  /** Taken by the hypervisor for other guests. */
  readonly stolenUs: number;
}

export interface ProcessStat extends ThreadTimes {
  readonly parent: number;
}

/** One line of /proc/PID/stat; the name stands in parentheses and may hold blanks and parentheses itself. */
export function parseStat(line: string): ProcessStat {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const fields = line.slice(close + 2).split(' ');
  return {
    name: line.slice(open + 1, close),
    parent: Number(fields[1]),
    userUs: Number(fields[11]) * MICROSECONDS_PER_TICK,
    systemUs: Number(fields[12]) * MICROSECONDS_PER_TICK,
  };
}

/** The process and all below it, parents first. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(`/proc/${name}/stat`) : null;
    if (stat !== null) children.set(stat.parent, [...(children.get(stat.parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (let index = 0; index < tree.length; index++) tree.push(...(children.get(tree[index]) ?? []));
  return tree;
}

/** CPU used so far by these processes and their threads. */
export function sampleCpu(pids: readonly number[]): CpuSample {
  let userUs = 0;
  let systemUs = 0;
  const threads = new Map<string, ThreadTimes>();
  for (const pid of pids) {
    const stat = readStat(`/proc/${pid}/stat`);
    if (stat === null) continue;
    userUs += stat.userUs;
    systemUs += stat.systemUs;
    for (const tid of readdirSync(`/proc/${pid}/task`)) {
      const thread = readStat(`/proc/${pid}/task/${tid}/stat`);
      if (thread !== null) threads.set(`${pid}/${tid}`, thread);
    }
  }
  return { userUs, systemUs, threads };
}

export function sampleCore(core: number): CoreSample {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`there is no core ${core}`);
  const [user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number);
  return {
    busyUs: (user + nice + system + irq + softirq) * MICROSECONDS_PER_TICK,
    stolenUs: steal * MICROSECONDS_PER_TICK,
  };
}

/** null: it has ended in the meantime. */
function readStat(path: string): ProcessStat | null {
  try {
    return parseStat(readFileSync(path, 'latin1'));
  } catch {
    return null;
  }
}
