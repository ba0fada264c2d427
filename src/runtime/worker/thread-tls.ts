/** All that one data plane needs to end TLS: loaded when it first hears of certificates, since most never do. */
import { FAULTS } from '../../core/errors.ts';
import type { Timeouts } from '../../core/snapshot.ts';
import { faultResponse } from '../../http1/fault-response.ts';
import { createTlsProfile } from '../../net/node/tls-profile.ts';
import type { Stage } from '../../net/stages.ts';
import { Greetings, HelloStage } from '../../net/stages/hello.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';
import type { Transport } from '../../net/transport.ts';
import type { DataPlaneReport } from '../shared/data-plane-report.ts';
import type { TlsMaterial } from '../shared/tls-material.ts';
import { HandshakeCounts } from './handshake-counts.ts';
import { TlsListeners } from './tls-listeners.ts';

export interface ThreadTlsHost {
  readonly transport: Transport;
  readonly wheel: TimerWheel;
  readonly timeouts: Timeouts;
  /** The time as an HTTP date. */
  httpDate(): string;
  reportFault(error: unknown): void;
  /** Too many clients are on their way into TLS, or there is room again. */
  readonly onCrowded: ((isCrowded: boolean) => void) | null;
}

/** Nothing is known of a request that is not read. */
const PLAIN_ANSWER = { requestId: '', wantsJson: false, isHead: false, connection: 'close' } as const;

export class ThreadTls {
  readonly #host: ThreadTlsHost;
  readonly #greetings: Greetings;
  readonly #handshakes: HandshakeCounts;
  readonly #listeners: TlsListeners;

  constructor(host: ThreadTlsHost, report: (report: DataPlaneReport) => void) {
    this.#host = host;
    this.#greetings = new Greetings((isCrowded) => host.onCrowded?.(isCrowded));
    this.#handshakes = new HandshakeCounts({
      wheel: host.wheel,
      tell: (ended) => report({ type: 'handshakes-ended', ...ended }),
      reportFault: (error) => host.reportFault(error),
    });
    this.#listeners = new TlsListeners({
      createProfile: createTlsProfile,
      handshakeTimeoutMs: () => host.timeouts.tlsHandshakeMs,
    });
  }

  /** What all listeners have from now on. */
  apply(materials: readonly TlsMaterial[]): void {
    this.#listeners.apply(materials);
  }

  /** What the connections of a listener pass, by its id. */
  stageOf(id: string): Stage {
    const host = this.#host;
    const { transport, wheel } = host;
    const names = this.#listeners.of(id);
    return new HelloStage({
      transport,
      wheel,
      greetings: this.#greetings,
      timeoutMs: () => host.timeouts.tlsHandshakeMs,
      choose: (hello, { localAddress }) => names.choose(hello, localAddress),
      plainAnswer: () => faultResponse(FAULTS.plainHttpOnTls, { ...PLAIN_ANSWER, date: host.httpDate() }),
      ended: ({ facts }, failure) => this.#handshakes.note(id, failure, facts),
    });
  }

  /** Tells what has not been told. */
  flush(): void {
    this.#handshakes.flush();
  }
}
