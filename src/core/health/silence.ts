/**
 * Silence: an endpoint that takes requests and answers none, while others answer. A hung or frozen process is found by it
 * within about a second, where a timeout takes thirty. Two pure parts: how long a route's answers may take
 * ({@link FirstBytes}), and who is silent ({@link findSilent}).
 */
import { HISTOGRAM_BUCKETS, bucketEnd, quantile } from '../shared/histogram.ts';
import type { Pulse } from '../shared/pulse-board.ts';

const SLICE_MS = 10_000;
const SLICES_OF_MINUTE = 6;
const SLICES = 60;
/** Fewer answers than these in ten minutes say nothing. */
const FEWEST_ANSWERS = 100;

const LEAST_MS = 1000;
const TIMES_P99 = 4;
const TIMES_LONGEST = 1.5;

/** As many attempts have to be overdue that were sent after the last byte … */
const FEWEST_OVERDUE = 3;
/**
 * … or so many, beside older ones: a policy that goes by load sends hardly anything to an endpoint that has some in
 * flight, and then those that were under way when it froze are most of what it ever gets.
 */
const FEWEST_WITH_OLDER = 2;
const FEWEST_IN_ALL = 4;
/** In both cases the others have to have answered as many requests that were sent later. */
const FEWEST_ANSWERED = 3;
/** Threads publish at different moments of a tenth of a second. */
const SLOP_MS = 200;

interface Slice {
  readonly count: number;
  readonly longestMs: number;
  /** Null once it is older than a minute. */
  histogram: Float64Array | null;
}

/** Times to the first byte of one route, in slices of ten seconds. */
export class FirstBytes {
  /** The oldest first. */
  readonly #slices: Slice[] = [];
  #before: Float64Array | null = null;
  #current: Slice = { count: 0, longestMs: 0, histogram: null };
  #beganAt = 0;

  /** `cumulative`: the histogram since the start of the process. To be called about once a second. */
  learn(cumulative: Float64Array, now: number): void {
    if (this.#before === null) {
      this.#before = new Float64Array(HISTOGRAM_BUCKETS);
      this.#beganAt = now;
    }
    const before = this.#before;
    this.#current = sliceOf(cumulative.map((count, bucket) => Math.max(0, count - before[bucket])));
    if (now - this.#beganAt < SLICE_MS) return;
    this.#beganAt = now;
    this.#before = cumulative;
    this.#slices.push(this.#current);
    this.#current = { count: 0, longestMs: 0, histogram: null };
    if (this.#slices.length > SLICES) this.#slices.shift();
    if (this.#slices.length > SLICES_OF_MINUTE)
      this.#slices[this.#slices.length - SLICES_OF_MINUTE - 1].histogram = null;
  }

  /** The slices of the last ten minutes, the one that runs included. */
  get slices(): readonly Slice[] {
    return [...this.#slices, this.#current];
  }
}

function sliceOf(histogram: Float64Array): Slice {
  let count = 0;
  let longest = -1;
  for (let bucket = 0; bucket < histogram.length; bucket++) {
    count += histogram[bucket];
    if (histogram[bucket] > 0) longest = bucket;
  }
  return { count, longestMs: longest < 0 ? 0 : bucketEnd(longest), histogram };
}

/**
 * How long an attempt of these routes may be without an answer before it is overdue, ms: the greatest of 1 s, four times
 * the 99th percentile of the last minute, and one and a half times the longest of the last ten minutes. 0: fewer than 100
 * answers are known, which is too few to tell.
 */
export function silenceMs(routes: readonly FirstBytes[]): number {
  const slices = routes.flatMap((route) => route.slices);
  if (slices.reduce((sum, { count }) => sum + count, 0) < FEWEST_ANSWERS) return 0;
  const minute = new Float64Array(HISTOGRAM_BUCKETS);
  let longestMs = 0;
  for (const slice of slices) {
    longestMs = Math.max(longestMs, slice.longestMs);
    slice.histogram?.forEach((count, bucket) => (minute[bucket] += count));
  }
  return Math.ceil(Math.max(LEAST_MS, TIMES_P99 * quantile(minute, 0.99), TIMES_LONGEST * longestMs));
}

/** One endpoint as all threads together see it. */
export interface EndpointPulses {
  readonly slot: number;
  /** One for each thread. */
  readonly pulses: readonly Pulse[];
}

/** An endpoint from which nothing comes. */
export interface Silent {
  readonly slot: number;
  readonly overdue: number;
  /** Since the oldest of those was sent that were sent after its last byte, ms. */
  readonly oldestMs: number;
}

/**
 * Who of a pool is silent: at least 3 attempts are overdue, no byte has come on any connection since the oldest of these
 * was sent, and the others have answered at least 3 requests that were sent later. Two of them are enough where at
 * least 4 are overdue together with those that were sent before the last byte came.
 */
export function findSilent(endpoints: readonly EndpointPulses[]): readonly Silent[] {
  return endpoints.flatMap(({ slot, pulses }): readonly Silent[] => {
    const overdue = pulses.reduce((sum, pulse) => sum + pulse.overdue, 0);
    const inAll = pulses.reduce((sum, pulse) => sum + pulse.overdueInAll, 0);
    if (overdue < FEWEST_OVERDUE && !(overdue >= FEWEST_WITH_OLDER && inAll >= FEWEST_IN_ALL)) return [];
    const oldestMs = Math.max(...pulses.map((pulse) => (pulse.overdue > 0 ? pulse.oldestMs : 0)));
    if (pulses.some(({ heardMs }) => heardMs < oldestMs)) return [];
    const others = endpoints.filter((other) => other.slot !== slot).flatMap((other) => other.pulses);
    const answered = others.flatMap(({ answeredMs }) => answeredMs).filter((age) => age + SLOP_MS < oldestMs);
    return answered.length < FEWEST_ANSWERED ? [] : [{ slot, overdue: inAll, oldestMs }];
  });
}
