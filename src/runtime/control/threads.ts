/** How many data-plane threads `threads: auto` means here. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Reads a file of the system; null where there is none. */
export type ReadSystemFile = (path: string) => string | null;

export const readSystemFile: ReadSystemFile = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/**
 * Several threads can listen on one address here, and the kernel spreads connections over them (libuv's list for
 * UV_TCP_REUSEPORT). Elsewhere, as on macOS, one thread listens.
 */
export const canReusePort = ['linux', 'freebsd', 'aix', 'sunos'].includes(process.platform);

/** The threads of a config: `auto` is what the machine gives, 1 where threads cannot share an address. */
export function countThreads(threads: number | 'auto'): number {
  if (threads !== 'auto') return threads;
  return canReusePort ? boundByQuota(availableParallelism(), readSystemFile) : 1;
}

/**
 * `os.availableParallelism()` honours affinity and a cgroup v2 quota; one of cgroup v1 we read ourselves. A quota of
 * 2.5 processors is 2 threads: a third one would be stopped for half of each period.
 */
export function boundByQuota(processors: number, read: ReadSystemFile): number {
  const quota = readQuota(read);
  return Math.max(1, Math.min(processors, Math.floor(quota)));
}

/** Processors that a cgroup v1 quota allows; infinite without one. */
function readQuota(read: ReadSystemFile): number {
  let least = Infinity;
  for (const directory of cpuDirectories(read)) {
    const quota = Number(read(`${directory}/cpu.cfs_quota_us`) ?? -1);
    const period = Number(read(`${directory}/cpu.cfs_period_us`) ?? 0);
    if (quota > 0 && period > 0) least = Math.min(least, quota / period);
  }
  return least;
}

/** Our own cgroup and those above it; inside a container its own is mounted as the root. */
function cpuDirectories(read: ReadSystemFile): string[] {
  const line = (read('/proc/self/cgroup') ?? '')
    .split('\n')
    .find((text) => /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:/.test(text));
  const roots = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct'];
  if (line === undefined) return roots;
  const parts = line
    .slice(line.indexOf(':', line.indexOf(':') + 1) + 1)
    .split('/')
    .filter((part) => part !== '');
  const paths = parts.map((_part, index) => `/${parts.slice(0, index + 1).join('/')}`);
  return roots.flatMap((root) => [root, ...paths.map((path) => root + path)]);
}
