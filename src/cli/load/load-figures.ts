/** The results of a load so far: answers, latencies, errors, and the servers that answered. */
import { createHistogram } from 'node:perf_hooks';

/** Edges of the drawn histogram in ms, 1-2-5 a decade; answers slower than the last edge have a row of their own. */
const EDGES_MS: readonly number[] = [-2, -1, 0, 1, 2, 3, 4].flatMap((power) =>
  [1, 2, 5].map((step) => Number((step * 10 ** power).toPrecision(1))),
);
const PERCENTILES = [50, 75, 90, 99, 99.9] as const;
const LONGEST_US = 3_600_000_000;

export interface Latencies {
  readonly mean: number;
  readonly stdev: number;
  readonly min: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p99: number;
  readonly 'p99.9': number;
  readonly max: number;
}

export interface HistogramRow {
  /** Upper edge, inclusive; null for what is slower than any. */
  readonly toMs: number | null;
  readonly count: number;
}

export interface LoadSummary {
  readonly elapsedMs: number;
  readonly answers: number;
  readonly answersPerSecond: number;
  /** Of answers, heads included. */
  readonly bytes: number;
  /** Requests that got no answer, by the reason: a code such as ECONNREFUSED, or `timeout`. */
  readonly errors: Readonly<Record<string, number>>;
  /** By status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Null where nothing was answered. */
  readonly latencyMs: Latencies | null;
  /** From the first row that has something to the last. */
  readonly histogram: readonly HistogramRow[];
  /** Answers by the server that they name, most first. */
  readonly servers: Readonly<Record<string, number>>;
  /** Answers that name none. */
  readonly unnamed: number;
}

export class LoadFigures {
  readonly #latencies = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 });
  readonly #rows = new Uint32Array(EDGES_MS.length + 1);
  readonly #statuses = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #servers = new Map<string, number>();
  #answers = 0;
  #errorCount = 0;
  #failures = 0;
  #bytes = 0;
  #named = 0;

  get answers(): number {
    return this.#answers;
  }

  /** Requests without an answer. */
  get errors(): number {
    return this.#errorCount;
  }

  /** Whether any request got an answer below 500. */
  get hasSucceeded(): boolean {
    return this.#answers > this.#failures;
  }

  addAnswer(status: number, latencyMs: number, bytes: number): void {
    this.#answers++;
    if (status >= 500) this.#failures++;
    this.#bytes += bytes;
    add(this.#statuses, String(status));
    this.#latencies.record(Math.min(LONGEST_US, Math.max(1, Math.round(latencyMs * 1000))));
    const row = EDGES_MS.findIndex((edge) => latencyMs <= edge);
    this.#rows[row === -1 ? EDGES_MS.length : row]++;
  }

  addError(reason: string, count = 1): void {
    this.#errorCount += count;
    add(this.#errors, reason, count);
  }

  /** The server that an answer names. */
  addServer(name: string): void {
    this.#named++;
    add(this.#servers, name);
  }

  summarize(elapsedMs: number): LoadSummary {
    return {
      elapsedMs: Math.round(elapsedMs),
      answers: this.#answers,
      answersPerSecond: elapsedMs > 0 ? Math.round((this.#answers * 10_000) / elapsedMs) / 10 : 0,
      bytes: this.#bytes,
      errors: sorted(this.#errors),
      statuses: sorted(this.#statuses),
      latencyMs: this.#answers === 0 ? null : this.#readLatencies(),
      histogram: this.#readRows(),
      servers: sorted(this.#servers),
      unnamed: Math.max(0, this.#answers - this.#named),
    };
  }

  #readLatencies(): Latencies {
    const { mean, stddev, min, max } = this.#latencies;
    const [p50, p75, p90, p99, p999] = PERCENTILES.map((percent) => toMs(this.#latencies.percentile(percent)));
    return { mean: toMs(mean), stdev: toMs(stddev), min: toMs(min), p50, p75, p90, p99, 'p99.9': p999, max: toMs(max) };
  }

  #readRows(): HistogramRow[] {
    const rows = [...this.#rows].map((count, index) => ({ toMs: EDGES_MS[index] ?? null, count }));
    const first = rows.findIndex(({ count }) => count > 0);
    return first === -1 ? [] : rows.slice(first, rows.findLastIndex(({ count }) => count > 0) + 1);
  }
}

function add(counts: Map<string, number>, key: string, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** Most first. */
function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

/** Microseconds to milliseconds, as exact as they were measured. */
function toMs(us: number): number {
  return Math.round(us) / 1000;
}
