/**
 * Which connections the listeners of all threads have refused: counted since the start, and told for the log at most once
 * a second for each listener and reason.
 */
import type { Scheduler } from '../../checks/scheduler.ts';
import type { RefusedConnections } from '../shared/data-plane-report.ts';
import { WindowedEvents } from './windowed-events.ts';

export const REFUSAL_WINDOW_MS = 1000;

/** Connections that a listener refused before they had a protocol, or ended because their client was too slow. */
export interface ConnectionRefusal extends RefusedConnections {
  /** In how many milliseconds; 0: the first of them, at once. */
  readonly withinMs: number;
}

export class RefusalCounts {
  readonly #events: WindowedEvents<RefusedConnections>;
  /** By listener, then by reason. */
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(scheduler: Scheduler, onRefused: (refusal: ConnectionRefusal) => void) {
    this.#events = new WindowedEvents(scheduler, REFUSAL_WINDOW_MS, (refused, withinMs) => {
      const { listener, reason, rule, address, count } = refused;
      onRefused({ listener, reason, rule, address, count, withinMs });
    });
  }

  take(refused: RefusedConnections): void {
    const { listener, reason, count } = refused;
    const counts = this.#counts.get(listener) ?? new Map<string, number>();
    this.#counts.set(listener, counts.set(reason, (counts.get(reason) ?? 0) + count));
    this.#events.take(`${listener} ${reason}`, refused);
  }

  /** Of a listener, by the reason, since the start. */
  of(listener: string): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts.get(listener) ?? []);
  }

  /** Says what has not been said. */
  close(): void {
    this.#events.close();
  }
}
