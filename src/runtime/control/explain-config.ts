/** What a config would run on this machine, without running it. */
import type { Config, RouteConfig } from '../../config/config.ts';
import { explainOrder } from '../../core/routing/explain-order.ts';
import type { RouteLine } from '../../core/routing/explain-order.ts';
import { chooseEngine } from './engine-choice.ts';
import type { NodeEngine } from '../../net/node/transport.ts';
import { countThreads } from './threads.ts';

export interface ExplainedConfig {
  readonly config: Config;
  readonly engine: NodeEngine;
  /** Data-plane threads, 0: in the caller's. */
  readonly threads: number;
  /** In the order in which they are tried. */
  readonly routes: readonly RouteLine<RouteConfig>[];
}

/** Opens a listening socket on 127.0.0.1 for a moment, to test the engine. */
export async function explainConfig(config: Config): Promise<ExplainedConfig> {
  const engine = await chooseEngine();
  return { config, engine, threads: countThreads(config.threads), routes: explainOrder(config.routes) };
}
