/** What this machine gives a process: processors, descriptors, and a setting of the kernel that matters to reloads. */
import { availableParallelism, cpus } from 'node:os';
import type { Config } from '../config/config.ts';
import { countConnections, readDescriptorLimit } from '../runtime/control/descriptors.ts';
import { boundByQuota, canReusePort, countThreads, readSystemFile } from '../runtime/control/threads.ts';
import type { ReadSystemFile } from '../runtime/control/threads.ts';

export interface Machine {
  readonly threads: number;
  /** Why this number. */
  readonly threadsReason: string;
  /** The limit of open files and sockets. */
  readonly descriptors: number;
  /** Client connections. */
  readonly maxConnections: number;
  readonly connectionsReason: string;
  /** `net.ipv4.tcp_migrate_req`; null where the kernel has none. */
  readonly tcpMigrateReq: number | null;
  readonly tcpMigrateReqMeaning: string;
}

/** What a config can leave to the machine. */
export interface MachineConfig {
  readonly threads: Config['threads'];
  readonly settings: Pick<Config['settings'], 'maxConnections'>;
}

/** What the system reports; a test can put other values here. */
export interface SystemFacts {
  readonly read: ReadSystemFile;
  /** Of the machine. */
  readonly processors: number;
  /** Of this process, as `os.availableParallelism()` counts them. */
  readonly available: number;
  /** Several threads can listen on one address. */
  readonly canShare: boolean;
}

const SYSTEM: SystemFacts = {
  read: readSystemFile,
  processors: cpus().length,
  available: availableParallelism(),
  canShare: canReusePort,
};

export function readMachine(config: MachineConfig, system: SystemFacts = SYSTEM): Machine {
  const { read } = system;
  const { threads: written, settings } = config;
  const descriptors = readDescriptorLimit(read);
  const maxConnections = countConnections(settings.maxConnections, read);
  const { threads, reason } = explainThreads(written, system);
  const tcpMigrateReq = readMigrate(read);
  return {
    threads,
    threadsReason: reason,
    descriptors,
    maxConnections,
    connectionsReason: explainConnections(settings.maxConnections, maxConnections, descriptors),
    tcpMigrateReq,
    tcpMigrateReqMeaning: explainMigrate(tcpMigrateReq, threads),
  };
}

function explainThreads(written: number | 'auto', system: SystemFacts): { threads: number; reason: string } {
  const { processors, available, canShare, read } = system;
  if (written !== 'auto') return { threads: countThreads(written), reason: 'as the config says' };
  if (!canShare) return { threads: 1, reason: 'auto: threads cannot share an address on this system' };
  const threads = boundByQuota(available, read);
  const allowed = countAllowed(read) ?? processors;
  if (threads < available) return { threads, reason: `auto: a cgroup v1 quota, of ${available} processors` };
  if (available < allowed) return { threads, reason: `auto: a cgroup v2 quota, of ${allowed} processors` };
  if (allowed < processors) return { threads, reason: `auto: affinity, of ${processors} processors` };
  return { threads, reason: `auto: ${processors === 1 ? 'the only processor' : `all ${processors} processors`}` };
}

/** Processors that the affinity of this process allows: `0-3,8` is five. */
function countAllowed(read: ReadSystemFile): number | null {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(read('/proc/self/status') ?? '')?.[1];
  if (list === undefined) return null;
  return list.split(',').reduce((sum, range) => {
    const [first, last = first] = range.split('-').map(Number);
    return sum + last - first + 1;
  }, 0);
}

function explainConnections(written: number | 'auto', maxConnections: number, descriptors: number): string {
  const limit = `the limit of ${descriptors} descriptors`;
  if (written === 'auto') return `auto: three quarters of what is left of ${limit}`;
  return maxConnections > descriptors ? `as the config says; more than ${limit} allows` : 'as the config says';
}

function readMigrate(read: ReadSystemFile): number | null {
  const text = read('/proc/sys/net/ipv4/tcp_migrate_req')?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** Threads that are replaced on purpose hand their sockets on and lose nothing either way. */
function explainMigrate(value: number | null, threads: number): string {
  if (threads <= 1) return 'of no matter with one thread';
  if (value === null) return 'not on this system: as if it were 0';
  if (value > 0) return 'connections that wait at a thread that dies go to another';
  return 'connections that wait at a thread that dies are reset; none are where threads are replaced on purpose';
}
