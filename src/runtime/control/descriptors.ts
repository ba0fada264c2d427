/** How many client connections the descriptors of this process allow. */
import { readSystemFile } from './threads.ts';
import type { ReadSystemFile } from './threads.ts';

/** Kept for files, listeners, threads, and the control plane's own sockets. */
const RESERVED = 256;
/** Clients get three quarters of the rest; endpoints need the other one. */
const CLIENT_SHARE = 3 / 4;
/** POSIX systems without /proc: what macOS gives a process that does not ask for more. */
const ASSUMED_LIMIT = 10_240;
const LEAST = 16;

/** The config's `maxConnections`, `auto` worked out. */
export function countConnections(maxConnections: number | 'auto', read: ReadSystemFile = readSystemFile): number {
  if (maxConnections !== 'auto') return maxConnections;
  return Math.max(LEAST, Math.floor((readDescriptorLimit(read) - RESERVED) * CLIENT_SHARE));
}

/** Node raises the soft limit to the hard one when it starts, so that the soft one is what counts. */
export function readDescriptorLimit(read: ReadSystemFile): number {
  const line = /^Max open files\s+(\S+)/m.exec(read('/proc/self/limits') ?? '');
  if (line === null) return ASSUMED_LIMIT;
  const limit = Number(line[1]);
  return Number.isNaN(limit) ? 2 ** 20 : limit;
}
