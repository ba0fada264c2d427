/**
 * The conformance suite of every engine behind `net/transport.ts`: every call, and every order of events that the
 * contract speaks of, three ways each. A new engine is one more file like `transport-onread.test.ts`.
 */
import { endings } from './transport-endings.ts';
import { plainFacts } from './transport-facts.ts';
import { guard } from './transport-guard.ts';
import { listeners } from './transport-listeners.ts';
import { looks } from './transport-looks.ts';
import { reads } from './transport-reads.ts';
import { relays } from './transport-relays.ts';
import type { CreateTransport } from './transport-stage.ts';
import { writes } from './transport-writes.ts';

export type { CreateTransport } from './transport-stage.ts';

export function transportConformance(name: string, create: CreateTransport): void {
  streamConformance(name, create);
  plainFacts(name, create);
}

/** All but what is said of a connection, for an engine whose connections speak something over TCP. */
export function streamConformance(name: string, create: CreateTransport): void {
  writes(name, create);
  reads(name, create);
  endings(name, create);
  relays(name, create);
  guard(name, create);
  listeners(name, create);
  looks(name, create);
}
