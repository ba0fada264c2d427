/** Gives a row's load to each contestant in turn, round after round, and accounts for what it cost. */
import { sampleCore, sampleCpu } from './cpu-accounting.ts';
import type { CpuSample } from './cpu-accounting.ts';
import { runHandshakes } from './handshakes.ts';
import { peakBytes, resetPeak } from './memory.ts';
import type { ContestantResult, Round, RowResult, ThreadShare } from './results.ts';
import { CONNECTIONS, isSecure } from './rows.ts';
import type { Contestant, Row } from './rows.ts';
import { LOAD_CORE, PROXY_CORE } from './scene.ts';
import type { Running, Scene } from './scene.ts';
import { median, pairedRatio, spreadOf } from './statistics.ts';
import { runUdpLoad } from './udp-load.ts';
import { describeErrors, runWrk, writeRequests } from './wrk.ts';
import type { WrkResult } from './wrk.ts';

export interface Schedule {
  readonly rounds: number;
  readonly seconds: number;
  /** Load before the first round that is not counted: connections open, code gets compiled. */
  readonly warmSeconds: number;
}

export async function measureRow(row: Row, scene: Scene, schedule: Schedule): Promise<RowResult> {
  const loads = new Map(scene.running.map((proxy) => [proxy, loadOf(row, proxy)]));
  for (const load of loads.values()) await load(schedule.warmSeconds);
  const rounds = new Map<Running, Round[]>(scene.running.map((proxy) => [proxy, []]));
  for (let round = 0; round < schedule.rounds; round++) {
    for (const [proxy, load] of loads) rounds.get(proxy)?.push(await measureRound(proxy, load, schedule.seconds));
  }
  return { id: row.id, title: row.title, contestants: summarize(rounds) };
}

type RunLoad = (seconds: number) => Promise<WrkResult>;

function loadOf(row: Row, { contestant, port }: Running): RunLoad {
  const { handshakes: kind } = row;
  if (contestant.layer === 'udp')
    return (seconds) => runUdpLoad(LOAD_CORE, { port, seconds, connections: CONNECTIONS });
  if (kind !== undefined) return (seconds) => runHandshakes(LOAD_CORE, { port, kind, seconds });
  const file = writeRequests(`${row.id}-${contestant.id}`, row.requests(`127.0.0.1:${port}`));
  const isTls = isSecure(contestant);
  return (seconds) => runWrk(LOAD_CORE, { port, isSecure: isTls, file, seconds, connections: CONNECTIONS });
}

async function measureRound(proxy: Running, load: RunLoad, seconds: number): Promise<Round> {
  resetPeak(proxy.pids);
  const coreBefore = sampleCore(PROXY_CORE);
  const before = sampleCpu(proxy.pids);
  const result = await load(seconds);
  const after = sampleCpu(proxy.pids);
  const coreAfter = sampleCore(PROXY_CORE);
  const userUs = after.userUs - before.userUs;
  const systemUs = after.systemUs - before.systemUs;
  const ownUs = userUs + systemUs;
  const stolenUs = coreAfter.stolenUs - coreBefore.stolenUs;
  return {
    requests: result.requests,
    durationUs: result.durationUs,
    userUs,
    systemUs,
    busyUs: ownUs,
    disturbedUs: Math.max(0, coreAfter.busyUs - coreBefore.busyUs - ownUs) + stolenUs,
    p50Us: result.p50Us,
    p99Us: result.p99Us,
    peakBytes: peakBytes(proxy.pids),
    problem: proxy.child.isRunning ? describeErrors(result) : `it ended: ${proxy.child.complaint}`,
    threads: threadShares(before, after, result.requests),
  };
}

/** CPU per request of each thread, the largest first; threads that used less than a hundredth are left out. */
function threadShares(before: CpuSample, after: CpuSample, requests: number): ThreadShare[] {
  const shares: ThreadShare[] = [];
  for (const [id, thread] of after.threads) {
    const earlier = before.threads.get(id);
    const cpuUs = thread.userUs + thread.systemUs - (earlier === undefined ? 0 : earlier.userUs + earlier.systemUs);
    shares.push({ name: thread.name, cpuUs: cpuUs / requests });
  }
  const total = shares.reduce((sum, share) => sum + share.cpuUs, 0);
  return shares.filter((share) => share.cpuUs > total / 100).sort((a, b) => b.cpuUs - a.cpuUs);
}

function summarize(rounds: ReadonlyMap<Running, readonly Round[]>): ContestantResult[] {
  const byId = new Map([...rounds].map(([{ contestant }, measured]) => [contestant.id, { contestant, measured }]));
  return [...byId.values()].map(({ contestant, measured }) => {
    const baseline = byId.get(contestant.baseline);
    const middle = (value: (round: Round) => number): number => median(measured.map(value));
    return {
      id: contestant.id,
      label: contestant.label,
      void: problemOf(measured),
      cpuUs: {
        user: middle((round) => round.userUs / round.requests),
        system: middle((round) => round.systemUs / round.requests),
        total: spreadOf(measured.map(cpuPerRequest)),
      },
      ratio: baseline === undefined ? null : ratioTo(baseline.contestant, baseline.measured, measured),
      p50Us: middle((round) => round.p50Us),
      p99Us: middle((round) => round.p99Us),
      peakBytes: Math.max(...measured.map((round) => round.peakBytes)),
      requestsPerSecond: Math.round(middle((round) => (round.requests / round.durationUs) * 1e6)),
      busy: middle((round) => round.busyUs / round.durationUs),
      disturbed: middle((round) => round.disturbedUs / round.durationUs),
      threads: middleThreads(measured),
      rounds: measured,
    };
  });
}

/** null where one of the two is void. */
function ratioTo({ label }: Contestant, baseline: readonly Round[], own: readonly Round[]): ContestantResult['ratio'] {
  if (problemOf(baseline) !== null || problemOf(own) !== null) return null;
  return { to: label, spread: pairedRatio(own.map(cpuPerRequest), baseline.map(cpuPerRequest)) };
}

/** One round with an error makes all of them void: who answers errors does less work. */
function problemOf(rounds: readonly Round[]): string | null {
  return rounds.find((round) => round.problem !== null)?.problem ?? null;
}

function cpuPerRequest(round: Round): number {
  return (round.userUs + round.systemUs) / round.requests;
}

/** The threads of the round in the middle, so that their sum is the cost of a round that took place. */
function middleThreads(rounds: readonly Round[]): readonly ThreadShare[] {
  const sorted = [...rounds].sort((a, b) => cpuPerRequest(a) - cpuPerRequest(b));
  return sorted[sorted.length >> 1]?.threads ?? [];
}
