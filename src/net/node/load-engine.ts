/** Engines are loaded when they are needed: a process has one of them. */
import type { CreateEngine, NodeEngine } from './connection-engine.ts';

/** Where this Node does not have what it takes, the result makes the next best one. */
export async function loadEngine(wanted: NodeEngine): Promise<CreateEngine> {
  if (wanted === 'handle') {
    const { handleParts } = await import('./handle-internals.ts');
    if (handleParts === null) return loadEngine('onread');
    const { HandleEngine } = await import('./handle-engine.ts');
    return (host) => new HandleEngine(handleParts, host);
  }
  const { StreamEngine } = await import('./stream-engine.ts');
  return (host) => new StreamEngine(wanted, host);
}
