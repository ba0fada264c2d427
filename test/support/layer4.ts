/** A listener of layer 4 for data planes of tests: everything that comes goes to the pool `web`. */
import type { ListenerSpec, TcpSpec } from '../../src/core/snapshot.ts';

const SPEC: TcpSpec = { pool: 'web', idleMs: 3_600_000, halfClosedMs: 60_000, connectMs: 2000 };

export function layer4(more: Partial<TcpSpec> = {}): Partial<ListenerSpec> {
  return { tcp: { ...SPEC, ...more } };
}
