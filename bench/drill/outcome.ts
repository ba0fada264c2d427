/** What a drill says, worked out of what clients got and what came to the servers. */
import type { Arrival } from './drill-server.ts';
import type { Sent } from './load.ts';

export interface DrillOutcome {
  readonly sent: number;
  /** Everything but a complete right answer in time. */
  readonly failed: number;
  /** Failed, but could have been sent again: a GET, or a POST that came to no server. */
  readonly saveable: number;
  /** Requests that came to more than one server, or twice to one. */
  readonly repeated: number;
  /** POSTs among them. */
  readonly doublePosts: number;
  /** Complete answers with another request's content. */
  readonly wrong: number;
  /** Longest time without a right answer, in milliseconds. */
  readonly longestGapMs: number;
  /**
   * From the beginning of the fault until hardly any request met it: failed, came to two servers or took longer than
   * usual. Null if it was met to its end.
   */
  readonly detectMs: number | null;
  /** From the beginning of the fault until the last request that failed was due; 0 if none did. */
  readonly lastFailureMs: number;
  /** From the end of the fault until the server at fault has its share again; null if it never had. */
  readonly shareMs: number | null;
}

export interface DrillRecord {
  readonly sent: readonly Sent[];
  /** Of each server. */
  readonly arrivals: readonly (readonly Arrival[])[];
  /** Its place among the servers; null: none in particular. */
  readonly serverAtFault: number | null;
  readonly faultBeganMs: number;
  readonly faultEndedMs: number;
}

/** Shares and faults are judged over windows of this length. */
const WINDOW_MS = 500;
const STEP_MS = 50;
/** The part of an equal share that counts as having it, since shares in a window scatter. */
const ENOUGH = 0.8;
/** At most so many requests of a window meet a fault that has been found: one in a while tries the server again. */
const FEW = 0.02;
/** A server of the drill takes 40 ms at most, without a fault. */
const UNUSUAL_MS = 200;

export function outcomeOf(record: DrillRecord): DrillOutcome {
  const failed = record.sent.filter(({ outcome }) => outcome !== 'right');
  const times = countArrivals(record.arrivals);
  const repeated = record.sent.filter(({ id }) => (times.get(id) ?? 0) > 1);
  const lastDueMs = failed.reduce((last, { dueMs }) => Math.max(last, dueMs), record.faultBeganMs);
  return {
    sent: record.sent.length,
    failed: failed.length,
    saveable: failed.filter(({ id, method }) => method === 'GET' || !times.has(id)).length,
    repeated: repeated.length,
    doublePosts: repeated.filter(({ method }) => method === 'POST').length,
    wrong: failed.filter(({ outcome }) => outcome === 'wrong').length,
    longestGapMs: longestGapMs(record.sent),
    detectMs: detectMs(record, new Set(repeated.map(({ id }) => id))),
    lastFailureMs: lastDueMs - record.faultBeganMs,
    shareMs: shareMs(record),
  };
}

function countArrivals(arrivals: DrillRecord['arrivals']): Map<string, number> {
  const times = new Map<string, number>();
  for (const { id } of arrivals.flat()) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
}

function longestGapMs(sent: readonly Sent[]): number {
  const ends = sent
    .filter(({ outcome }) => outcome === 'right')
    .map(({ dueMs, tookMs }) => dueMs + tookMs)
    .sort((a, b) => a - b);
  return ends.reduce((longest, end, index) => (index === 0 ? 0 : Math.max(longest, end - ends[index - 1])), 0);
}

function detectMs({ sent, faultBeganMs, faultEndedMs }: DrillRecord, repeated: ReadonlySet<string>): number | null {
  const hasMet = ({ id, outcome, tookMs }: Sent): boolean =>
    outcome !== 'right' || repeated.has(id) || tookMs > UNUSUAL_MS;
  for (let from = faultBeganMs; from + WINDOW_MS <= faultEndedMs; from += STEP_MS) {
    const window = sent.filter(({ dueMs }) => dueMs >= from && dueMs < from + WINDOW_MS);
    if (window.filter(hasMet).length <= FEW * window.length) return from - faultBeganMs;
  }
  return null;
}

/**
 * When the first time began in which enough of what arrived came to the server. Requests that were due before the fault
 * ended are left out: a frozen server finds many of them when it goes on.
 */
function shareMs({ sent, arrivals, serverAtFault, faultEndedMs }: DrillRecord): number | null {
  if (serverAtFault === null) return null;
  const isLater = new Set(sent.filter(({ dueMs }) => dueMs >= faultEndedMs).map(({ id }) => id));
  const after = arrivals.map((list) => list.filter(({ id }) => isLater.has(id)).map(({ atMs }) => atMs));
  const last = Math.max(...after.map((list) => list.at(-1) ?? 0));
  for (let from = faultEndedMs; from + WINDOW_MS <= last; from += STEP_MS) {
    const counts = after.map((list) => list.filter((at) => at >= from && at < from + WINDOW_MS).length);
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total > 0 && counts[serverAtFault] >= (ENOUGH * total) / counts.length) return from - faultEndedMs;
  }
  return null;
}
