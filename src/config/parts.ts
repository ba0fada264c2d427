/** The parts of a config on their way from text to the whole. */
import type { Limits } from '../core/snapshot.ts';
import type { Config, PoolConfig, RouteConfig } from './config.ts';

/** A part that passed, and where it stands. */
export interface Part<T> {
  readonly path: readonly (string | number)[];
  readonly value: T;
}

/** What passed, for the checks over several parts. */
export interface Parts {
  readonly listeners: readonly Part<Config['listeners'][number]>[];
  readonly routes: readonly Part<RouteConfig>[];
  readonly pools: readonly Part<PoolConfig>[];
  /** Of every pool in the text, whether it passed or not. */
  readonly poolNames: readonly string[];
  readonly limits: Limits;
}
