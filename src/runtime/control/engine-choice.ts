/** Which engine this process has: tried out once, by itself or by the one that has read its config for it. */
import type { NodeEngine } from '../../net/node/connection-engine.ts';

export type { NodeEngine };

let chosen: Promise<NodeEngine> | null = null;

/** It has been tried out in another process, on the same Node. */
export function knowEngine(engine: NodeEngine): void {
  chosen = Promise.resolve(engine);
}

/** Opens a listening socket on 127.0.0.1 for a moment, once. */
export function chooseEngine(): Promise<NodeEngine> {
  return (chosen ??= import('../../net/node/probe.ts').then(({ probeEngines }) => probeEngines()));
}
