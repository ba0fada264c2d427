/** What a run found, as it stands in bench/results/*.json. Times are µs, sizes bytes; a time that is not known is NaN, there null. */
import type { Spread } from './statistics.ts';

export interface BenchResults {
  readonly startedAt: string;
  readonly machine: MachineDescription;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly versions: Readonly<Record<string, string>>;
  /** What is missing and why, and what disturbed the run. */
  readonly notes: readonly string[];
  readonly rows: readonly RowResult[];
  readonly idle: readonly IdleResult[];
  /** null where they were not measured. */
  readonly budgets: BudgetResult | null;
}

export interface MachineDescription {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly congestionControl: string;
  /** Nanoseconds a turn of a fixed loop took, before and after the run. */
  readonly loopNs: readonly [before: number, after: number];
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly contestants: readonly ContestantResult[];
}

export interface ContestantResult {
  readonly id: string;
  readonly label: string;
  /** Why its figures do not count; null if they do. */
  readonly void: string | null;
  /** CPU of the whole process per request. */
  readonly cpuUs: { readonly user: number; readonly system: number; readonly total: Spread };
  readonly ratio: { readonly to: string; readonly spread: Spread } | null;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly peakBytes: number;
  readonly requestsPerSecond: number;
  /** Share of the proxies' core that the contestant used while it was measured. */
  readonly busy: number;
  /** Share of that core used by anything else, or taken by the hypervisor. */
  readonly disturbed: number;
  /** CPU per request of each thread that used a hundredth or more. */
  readonly threads: readonly ThreadShare[];
  readonly rounds: readonly Round[];
}

export interface ThreadShare {
  readonly name: string;
  readonly cpuUs: number;
}

export interface Round {
  readonly requests: number;
  readonly durationUs: number;
  readonly userUs: number;
  readonly systemUs: number;
  readonly busyUs: number;
  readonly disturbedUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly peakBytes: number;
  readonly problem: string | null;
  readonly threads: readonly ThreadShare[];
}

export interface IdleResult {
  readonly id: string;
  readonly label: string;
  readonly void: string | null;
  readonly connections: number;
  readonly bytesPerConnection: number;
  readonly residentBefore: number;
  readonly residentAfter: number;
}

/** What it costs before the first request. */
export interface BudgetResult {
  readonly measuredAt: string;
  /** The commit, and the Node it ran on. */
  readonly version: string;
  readonly tarballBytes: number;
  /** Of node_modules after `npm install` of the tarball into an empty folder, in blocks of the file system. */
  readonly installedBytes: number;
  /** Itself included. */
  readonly packages: number;
  /** From the start of the process, with one worker, to the first answered request. */
  readonly startMs: Spread;
  /** Resident, all threads included, some seconds after the first request. */
  readonly restingBytes: { readonly oneWorker: number; readonly twoWorkers: number };
}
