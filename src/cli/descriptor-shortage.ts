/** Too few open files and sockets for what is to run: one message instead of an error wherever they run out first. */
import type { Config } from '../config/config.ts';
import { readMachine } from './machine.ts';
import type { SystemFacts } from './machine.ts';
import { RAISE_LIMIT } from './shortage-error.ts';

/** What a process has open before any request: 23, and 8 for each thread, and some that it opens for a moment. */
const OF_THE_PROCESS = 32;
const OF_A_THREAD = 8;
/** A few clients, each with a connection to an endpoint; below that nothing is served. */
const LEAST_CONNECTIONS = 32;

/** Null: there are enough. */
export function describeShortage(config: Config, system?: SystemFacts): string | null {
  const { threads, descriptors } = readMachine(config, system);
  const needed = countNeeded(threads, config.listeners.length);
  if (descriptors >= needed) return null;
  const asked = `${threads} ${threads === 1 ? 'thread needs' : 'threads need'} at least ${needed}`;
  const isEnoughForOne = threads > 1 && descriptors >= countNeeded(1, config.listeners.length);
  const fewer = isEnoughForOne ? ' Or take fewer threads: --threads 1.' : '';
  return `this process may have ${descriptors} files and sockets open, and ${asked}. ${RAISE_LIMIT}${fewer}`;
}

function countNeeded(threads: number, listeners: number): number {
  return OF_THE_PROCESS + threads * (OF_A_THREAD + listeners) + LEAST_CONNECTIONS;
}
