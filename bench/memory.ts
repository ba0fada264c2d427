/** Memory of processes as /proc/PID/status tells it, in bytes. See proc(5). */
import { readFileSync, writeFileSync } from 'node:fs';

/** Resident now, summed over the processes. */
export function residentBytes(pids: readonly number[]): number {
  return sum(pids, 'VmRSS');
}

/** Most that was resident since the last reset, summed over the processes. */
export function peakBytes(pids: readonly number[]): number {
  return sum(pids, 'VmHWM');
}

/** Lets the peak begin anew; where that is not allowed the peak counts from the start of the process. */
export function resetPeak(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // not ours to reset
    }
  }
}

function sum(pids: readonly number[], field: string): number {
  return pids.reduce((total, pid) => total + statusField(pid, field), 0);
}

function statusField(pid: number, field: string): number {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return match === null ? 0 : Number(match[1]) * 1024;
  } catch {
    return 0;
  }
}
