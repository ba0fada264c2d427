/** What a control plane takes from its surroundings, and what it tells them. */
import type { CheckTools } from '../../checks/endpoint-check.ts';
import type { HealthEvent, PanicEvent } from '../../checks/pool-health.ts';
import type { OverflowEvent } from './overflow-watch.ts';
import type { WithheldEjection } from '../../checks/pool-outages.ts';
import type { Scheduler } from '../../checks/scheduler.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { PoolFailure } from './pool-failures.ts';
import type { ConnectionRefusal } from './refused-connections.ts';
import type { HandshakeFailure } from './handshake-counts.ts';
import type { CertificateEvent } from './certificate-event.ts';
import type { ListEvent } from './list-event.ts';
import type { MiddlewareFailure, SlowMiddleware } from './middleware-event.ts';
import type { WorkerFault } from './reports.ts';
import type { Lookup } from './resolve-names.ts';
import type { WorkerChange } from './succession.ts';
import type { SocketChange } from './unix-listeners.ts';
import type { CreateLink } from './worker-link.ts';

export interface ControlPlaneOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly lookup: Lookup;
  readonly allowTestFaults: boolean;
  /** Whether authorities are asked for the certificates that a config wants. */
  readonly getsCertificates: boolean;
  readonly workerUrl: URL;
  readonly probes: CheckTools['probes'];
  /** All data planes are in this thread, however many there are. */
  readonly isInline: boolean;
  /** For data planes in this thread, with `threads: 0` or `isInline`. */
  readonly loadInlineLinks: () => Promise<CreateLink>;
  readonly events: ControlPlaneEvents;
}

export interface ControlPlaneEvents {
  onHealth(event: HealthEvent): void;
  onPanic(event: PanicEvent): void;
  onWithheld(event: WithheldEjection): void;
  onOverflow(event: OverflowEvent): void;
  onWorker(change: WorkerChange): void;
  onSocketChange(change: SocketChange): void;
  onFailure(failure: PoolFailure): void;
  onRefused(refusal: ConnectionRefusal): void;
  onHandshakeFailure(failure: HandshakeFailure): void;
  onCertificate(event: CertificateEvent): void;
  onList(event: ListEvent): void;
  onMiddlewareFailure(failure: MiddlewareFailure): void;
  onSlowMiddleware(slow: SlowMiddleware): void;
  onFault(fault: WorkerFault): void;
  onLimit(connections: number): void;
  /** Something is wrong with the access log. */
  onLogTrouble(message: string): void;
  /** No worker is left, and none will come. */
  onDead(): void;
}
