/** The parts of a config on their way from text to the whole. */
import type { RouteMatch } from '../core/snapshot.ts';
import type { EndpointConfig, RouteConfig } from './config.ts';

/** A part and its place. */
export interface Part<T> {
  readonly path: readonly (string | number)[];
  readonly value: T;
}

/**
 * The input of the checks over several parts: what can be read of each part, including those with a mistake of their
 * own.
 */
export interface Parts {
  readonly listeners: readonly Part<ReadListener>[];
  readonly routes: readonly Part<ReadRoute>[];
  readonly pools: readonly Part<ReadPool>[];
  /** Of every pool in the text. */
  readonly poolNames: readonly string[];
}

export interface ReadListener {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Left out: its port is one of TCP. */
  readonly udp?: unknown;
}

/** A route; null for what cannot be read. */
export interface ReadRoute {
  readonly id: string | null;
  /** Null where it has none, too. */
  readonly pool: string | null;
  readonly matches: readonly RouteMatch[] | null;
  /** Null where it has none, too. */
  readonly replacePrefix: RouteConfig['replacePrefix'];
}

export interface ReadPool {
  /** Null where it cannot be read. */
  readonly endpoints: readonly (EndpointConfig | null)[];
}
