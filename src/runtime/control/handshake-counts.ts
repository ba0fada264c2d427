/**
 * How the handshakes of clients have ended, over all threads: counted since the start, and those that failed told for the
 * log, at most once a second for each listener.
 */
import type { Scheduler } from '../../checks/scheduler.ts';
import type { TlsFailureReason } from '../../net/tls.ts';
import type { EndedHandshakes } from '../shared/data-plane-report.ts';
import { WindowedEvents } from './windowed-events.ts';

const HANDSHAKE_WINDOW_MS = 1000;

/** Handshakes of clients that failed; all but `count` is of the last of them. */
export interface HandshakeFailure extends EndedHandshakes {
  readonly reason: TlsFailureReason;
  /** In how many milliseconds; 0: the first of them, at once. */
  readonly withinMs: number;
}

/** The figures of a listener that ends TLS. */
export interface ListenerTlsStats {
  /** Handshakes that were done. Up to a second late, as the others. */
  readonly handshakes: number;
  /** Those that failed, by the reason: `unknown-name`, `version`, `timeout` … */
  readonly handshakeFailures: Readonly<Record<string, number>>;
}

type FailedHandshakes = EndedHandshakes & { readonly reason: TlsFailureReason };

export class HandshakeCounts {
  readonly #events: WindowedEvents<FailedHandshakes>;
  /** By listener, then by reason. */
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(scheduler: Scheduler, onFailure: (failure: HandshakeFailure) => void) {
    this.#events = new WindowedEvents(scheduler, HANDSHAKE_WINDOW_MS, (failed, withinMs) => {
      const { listener, reason, code, serverName, address, count } = failed;
      onFailure({ listener, reason, code, serverName, address, count, withinMs });
    });
  }

  take(ended: EndedHandshakes): void {
    const { listener, reason, count } = ended;
    const counts = this.#counts.get(listener) ?? new Map<string, number>();
    this.#counts.set(listener, counts.set(reason, (counts.get(reason) ?? 0) + count));
    if (reason !== '') this.#events.take(listener, { ...ended, reason });
  }

  of(listener: string): ListenerTlsStats {
    const { '': handshakes = 0, ...handshakeFailures } = Object.fromEntries(this.#counts.get(listener) ?? []);
    return { handshakes, handshakeFailures };
  }

  /** Says what has not been said. */
  close(): void {
    this.#events.close();
  }
}
