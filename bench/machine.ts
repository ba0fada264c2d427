/** The machine the figures belong to, and whether it is quiet enough for any. */
import { spawnSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { sampleCore } from './cpu-accounting.ts';
import type { MachineDescription } from './results.ts';
import { LOAD_CORE, PROXY_CORE } from './scene.ts';

const LOOK_MS = 500;

/** More than this share of a core in use by others is worth a warning. */
const QUIET = 0.05;

export function describeMachine(): MachineDescription {
  return { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, kernel: release() };
}

/** @returns why the bench cannot run here, or null */
export function refuseMachine(): string | null {
  if (process.platform !== 'linux') return 'the bench reads /proc and pins to cores: it needs Linux';
  if (cpus().length < 2) return 'the bench needs two cores, one for the proxies and one for the load';
  return null;
}

/** Keeps this process off the proxies' core. */
export function pinSelf(): void {
  spawnSync('taskset', ['-a', '-c', '-p', String(LOAD_CORE), String(process.pid)], { stdio: 'ignore' });
}

/** Looks at both cores before anything runs. @returns a warning, or null */
export async function lookForOthers(): Promise<string | null> {
  const cores = [PROXY_CORE, LOAD_CORE];
  const before = cores.map(sampleCore);
  await delay(LOOK_MS);
  const busy = cores.map((core, index) => (sampleCore(core).busyUs - before[index].busyUs) / (LOOK_MS * 1000));
  if (busy.every((share) => share < QUIET)) return null;
  const shares = cores.map((core, index) => `core ${core} ${Math.round(busy[index] * 100)} %`).join(', ');
  return `other processes were at work when the bench began (${shares}): the figures mean little`;
}
