/** What the control plane hears of the endpoints of one data plane. */
import type { Evidence, TrialResult } from '../../core/health/evidence.ts';
import type { Blame, EndpointReports, ReportedEndpoint } from '../../upstream/endpoint.ts';
import type { DataPlaneReport } from '../shared/data-plane-report.ts';

export class ReportsToMain implements EndpointReports {
  readonly #report: (report: DataPlaneReport) => void;

  constructor(report: (report: DataPlaneReport) => void) {
    this.#report = report;
  }

  onFailuresReached(endpoint: ReportedEndpoint, kind: Evidence, { failure, detail }: Blame): void {
    const { slot, generation } = endpoint.spec;
    this.#report({ type: 'failures-reached', pool: endpoint.poolId, slot, generation, kind, failure, detail });
  }

  onBreakerFailure(endpoint: ReportedEndpoint, inARow: Evidence | null, { failure, detail }: Blame): void {
    const { slot, generation } = endpoint.spec;
    this.#report({ type: 'breaker-failure', pool: endpoint.poolId, slot, generation, inARow, failure, detail });
  }

  onPassiveFailure(endpoint: ReportedEndpoint, isFirst: boolean, blame: Blame): void {
    const { slot, generation } = endpoint.spec;
    this.#report({ type: 'passive-failure', pool: endpoint.poolId, slot, generation, isFirst, ...blame });
  }

  onTrialEnded(endpoint: ReportedEndpoint, number: number, result: TrialResult): void {
    const { slot, generation } = endpoint.spec;
    this.#report({ type: 'trial-ended', pool: endpoint.poolId, slot, generation, number, result });
  }

  onRecovered(endpoint: ReportedEndpoint): void {
    const { slot, generation } = endpoint.spec;
    this.#report({ type: 'recovered', pool: endpoint.poolId, slot, generation });
  }
}
