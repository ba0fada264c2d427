/** A transport with any of the engines, at once: for who has no need to load only the one it takes. */
import type { ConnectionEngine, NodeEngine } from './connection-engine.ts';
import type { ConnectionHost } from './connection-host.ts';
import { HandleEngine } from './handle-engine.ts';
import { isCalledAsKnown } from './handle-check.ts';
import { handleParts } from './handle-internals.ts';
import { StreamEngine } from './stream-engine.ts';
import { NodeTransport } from './transport.ts';
import type { NodeTransportOptions } from './transport.ts';

/** The one that is taken where nobody names one. */
export const bestEngine: NodeEngine = handleParts !== null && isCalledAsKnown() ? 'handle' : 'onread';

export interface AnyTransportOptions extends Omit<NodeTransportOptions, 'createEngine'> {
  /** Default: `handle` where Node looks as if it could, else `onread`; `chooseEngine` makes sure. */
  readonly engine?: NodeEngine;
}

export function createNodeTransport({ engine = bestEngine, ...options }: AnyTransportOptions): NodeTransport {
  return new NodeTransport({ ...options, createEngine: (host) => createEngine(engine, host) });
}

function createEngine(wanted: NodeEngine, host: ConnectionHost): ConnectionEngine {
  if (wanted === 'handle' && bestEngine === wanted && handleParts !== null) return new HandleEngine(handleParts, host);
  return new StreamEngine(wanted === 'data' ? 'data' : 'onread', host);
}
