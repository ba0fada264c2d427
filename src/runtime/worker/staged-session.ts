/**
 * A connection whose stages are under way: it counts as a client's, and is asked to go like any other. What a drain finds
 * here has the second that idle connections have. Where its listener has left the config meanwhile, its session has the
 * drain time from its beginning on.
 */
import type { Limits, ListenerSpec } from '../../core/snapshot.ts';
import { ClientConnection } from '../../http/client-connection.ts';
import type { ServerHost, ServerSession } from '../../http/server-host.ts';
import { passStages } from '../../net/stages.ts';
import type { Stage, StageHandler, StagesOwner } from '../../net/stages.ts';
import { Timer } from '../../net/timer-wheel.ts';
import type { AcceptedConnection, ConnectionHandler } from '../../net/transport.ts';

const DRAIN_MS = 1000;

/** What a connection becomes behind its stages. */
export interface Opened extends ConnectionHandler {
  /** It is asked to go: its listener has left the config. */
  leave(): void;
  destroy(): void;
}

export type OpenStaged = (connection: AcceptedConnection) => Opened;

export class StagedSession extends Timer implements ServerSession, StagesOwner {
  readonly connection: ClientConnection;
  readonly #accepted: AcceptedConnection;
  readonly #host: ServerHost;
  #stage: StageHandler | null = null;
  /** Its listener has left the config. */
  #isLeaving = false;
  /** What has become of it after that. */
  #left: Opened | null = null;
  readonly #openStaged: OpenStaged;

  constructor(accepted: AcceptedConnection, listener: ListenerSpec, host: ServerHost, openStaged: OpenStaged) {
    super();
    this.#openStaged = openStaged;
    this.#accepted = accepted;
    this.#host = host;
    this.connection = new ClientConnection(listener, accepted.facts, accepted);
  }

  /** Returns who hears of the connection first. */
  begin(stages: readonly Stage[]): ConnectionHandler {
    this.#host.opened(this);
    if (this.#host.isDraining) this.drain();
    return passStages(this.#accepted, stages, this);
  }

  entered(stage: StageHandler): void {
    this.#stage = stage;
  }

  open(connection: AcceptedConnection): ConnectionHandler {
    const session = this.#openStaged(connection);
    // Behind it, so that the thread does not look idle in between.
    this.gone();
    if (!this.#isLeaving) return session;
    this.#left = session;
    session.leave();
    this.#host.wheel.arm(this, this.#host.timeouts.drainMs);
    return session;
  }

  gone(): void {
    this.#host.wheel.disarm(this);
    this.#host.closed(this);
  }

  drain(): void {
    this.#host.wheel.arm(this, DRAIN_MS);
  }

  leave(): void {
    this.#isLeaving = true;
    this.drain();
  }

  override onTimeout(): void {
    if (this.#left !== null) this.#left.destroy();
    else if (this.#stage?.abort === undefined) this.#accepted.close();
    else this.#stage.abort();
  }

  visitExchanges(): void {}

  updateLimits(_limits: Limits): void {}

  destroy(): void {
    if (this.#stage?.abort === undefined) this.#accepted.reset();
    else this.#stage.abort();
  }
}
