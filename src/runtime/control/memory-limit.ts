/** How much a process may keep for later. */
import { totalmem } from 'node:os';

const SHARE = 1 / 4;
const LEAST_BYTES = 64 * 1024 * 1024;

/** What the system says, so that a test can say something else. */
export interface SystemMemory {
  /** Of the machine. */
  readonly total: number;
  /** Of the cgroup, v2 or v1; 0 or more than there is where none is set. */
  readonly constrained: number;
}

/** The config's `memory.max`, `auto` worked out. */
export function countMemory(maxBytes: number | 'auto', system: SystemMemory = readMemory()): number {
  if (maxBytes !== 'auto') return maxBytes;
  const { total, constrained } = system;
  const there = constrained > 0 ? Math.min(total, constrained) : total;
  return Math.max(LEAST_BYTES, Math.floor(there * SHARE));
}

function readMemory(): SystemMemory {
  return { total: totalmem(), constrained: process.constrainedMemory() };
}
