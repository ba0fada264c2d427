/** Tells the control plane how the handshakes of clients end: each ending at most once a second for each listener. */
import type { TlsFailure } from '../../net/tls.ts';
import type { ConnectionFacts } from '../../net/transport.ts';
import type { EndedHandshakes } from '../shared/data-plane-report.ts';
import { SummedReports } from './summed-reports.ts';
import type { SummedReportsOptions } from './summed-reports.ts';

export class HandshakeCounts {
  readonly #reports: SummedReports<EndedHandshakes>;

  constructor(options: SummedReportsOptions<EndedHandshakes>) {
    this.#reports = new SummedReports(options);
  }

  /** `failure` null: it is done. `facts`: of the connection as it was before TLS, with the name that was asked for. */
  note(listener: string, failure: TlsFailure | null, { peer, serverName }: ConnectionFacts): void {
    const { reason, code } = failure ?? DONE;
    this.#reports.note(`${reason} ${listener}`, {
      listener,
      reason,
      code,
      serverName,
      address: peer.address,
      count: 1,
    });
  }

  /** Tells what has not been told. */
  flush(): void {
    this.#reports.flush();
  }
}

const DONE = { reason: '', code: '' } as const;
