/** A limit of what is under way at the same time, as the config has it. */
import type { KeySpec } from '../snapshot.ts';

/** At most so many requests of one key under way at the same time. */
export interface ConcurrencySpec {
  /** Identity: its route and its place, with a blank between them. */
  readonly id: string;
  /** Requests of one key at the same time, over all threads. */
  readonly max: number;
  /** What they have in common; `missing` `random`: who lacks a part of it is not limited. */
  readonly key: KeySpec;
  /** Of which there is room for so many. */
  readonly keys: number;
}

/** The figures of a limit of concurrency, over all threads. They begin at 0 with its table. */
export interface ConcurrencyStats {
  readonly route: string;
  /** Its place among those of the route, from 1. */
  readonly place: number;
  readonly max: number;
  readonly key: readonly string[];
  /** Requests that are counted at this moment. */
  readonly held: number;
  /** Requests that it has let through. */
  readonly admitted: number;
  /** Answered 429 `concurrency-limited` because of it. */
  readonly refused: number;
  /** Let through uncounted, since there was no room for their key: `keys` is too small. */
  readonly untracked: number;
}
