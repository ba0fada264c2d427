/** The machine the figures belong to, and whether it is quiet enough for any. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { sampleCore } from './cpu-accounting.ts';
import type { MachineDescription } from './results.ts';
import { LOAD_CORE, PROXY_CORE } from './scene.ts';

const LOOK_MS = 500;

const SPEED_TRIES = 5;
const SPEED_TURNS = 2e7;

/** More than this share of a core in use by others is worth a warning. */
const QUIET = 0.05;

export function describeMachine(loopNs: MachineDescription['loopNs']): MachineDescription {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    congestionControl: congestionControl(),
    loopNs,
  };
}

/** BBR paces by timers, which costs CPU on the loopback too, for everybody. */
function congestionControl(): string {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

/**
 * Nanoseconds for one turn of a fixed loop, the best of some: shared machines change their speed under a run, and
 * figures in µs from two runs compare only where this one is the same.
 */
export function measureSpeed(): number {
  let best = Infinity;
  let state = 1;
  for (let attempt = 0; attempt < SPEED_TRIES; attempt++) {
    const begin = performance.now();
    for (let turn = 0; turn < SPEED_TURNS; turn++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
    // `state` is looked at, so that the loop is not optimized away.
    if (state !== 0) best = Math.min(best, performance.now() - begin);
  }
  return (best * 1e6) / SPEED_TURNS;
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
