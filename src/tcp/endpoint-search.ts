/**
 * The search of a session for its endpoint, up to the connection. Nothing has been sent anywhere, so that a connect that
 * fails goes on elsewhere, by the rules and within the bounds that hold for requests of HTTP.
 *
 * | state      | connected | connect failed      | place      | moved     | released | timeout             |
 * | ---------- | --------- | ------------------- | ---------- | --------- | -------- | ------------------- |
 * | connecting | found     | the next, or failed | –          | the next¹ | –        | as a failed connect |
 * | waiting    | –         | –                   | connecting | the next  | –        | failed              |
 * | held       | –         | –                   | –          | –         | the next | failed              |
 * | over       | –         | –                   | –          | –         | –        | –                   |
 *
 * *waiting* is for a connection of one endpoint (`maxConnections`), *held* for the pool (`pool-wait.ts`). ¹ with
 * `retry.rescue`
 */
import { BUDGET_SPENT, FAULTS } from '../core/errors.ts';
import type { Fault } from '../core/errors.ts';
import { isBlamed } from '../core/health/evidence.ts';
import type { TrialResult } from '../core/health/evidence.ts';
import { MOST_MOVES, mayRetry } from '../core/resilience/retry-policy.ts';
import {
  COUNTER_ATTEMPTS,
  COUNTER_BUDGET_SPENT,
  COUNTER_MOVES,
  COUNTER_RETRIES,
} from '../core/shared/pool-counters.ts';
import { ROUTE_BUDGET_SPENT, ROUTE_MOVES, ROUTE_RETRIES } from '../core/shared/route-table.ts';
import { Timer } from '../net/timer-wheel.ts';
import type { Connection } from '../net/transport.ts';
import type { Admission, Queued } from '../upstream/admission.ts';
import { MOST_PICKS, Picking, acquireEndpoint } from '../upstream/choosing.ts';
import type { ConnectFailure } from '../upstream/connect-failure.ts';
import { KEEPS_NONE } from '../upstream/owner.ts';
import type { PickedTrial } from '../upstream/pool-pick.ts';
import { LEASE_OWN } from '../upstream/waiter.ts';
import type { Dialing, LeaseWant } from '../upstream/waiter.ts';
import { takeConnectTrial } from './connect-trial.ts';
import { PoolWait } from './pool-wait.ts';
import type { WaitingSearch } from './pool-wait.ts';
import type { SessionRecord } from './session-record.ts';
import type { TcpEndpoint, TcpHost, TcpRoute } from './tcp-host.ts';
import type { EndpointConnection, TcpWaiter } from './tcp-pool-dialer.ts';

const CONNECTING = 0;
const WAITING = 1;
const HELD = 2;
const OVER = 3;

const NONE: readonly TcpEndpoint[] = [];

type Failure = ConnectFailure | 'connect-timeout' | 'queue-timeout' | 'endpoint-removed';

const FAILURE_FAULTS: Readonly<Record<Failure, Fault>> = {
  refused: FAULTS.connectFailed,
  unreachable: FAULTS.connectFailed,
  'certificate-rejected': FAULTS.certificateRejected,
  'tls-failed': FAULTS.tlsFailed,
  reset: FAULTS.connectFailed,
  'connect-timeout': FAULTS.connectTimeout,
  'queue-timeout': FAULTS.queueTimeout,
  'local-resources': FAULTS.ourResources,
  'endpoint-removed': FAULTS.endpointRemoved,
};

/** Whom an endpoint is searched for. */
export interface Searcher {
  readonly record: SessionRecord;
  /** Nothing is read from it meanwhile. */
  readonly client: Pick<Connection, 'facts' | 'localAddress' | 'look' | 'peerState'>;
  /** It holds the place at the endpoint from now on, and releases it. */
  onFound(upstream: EndpointConnection, endpoint: TcpEndpoint): void;
  onNotFound(reason: string): void;
  /** Our own code threw. */
  onOwnFault(): void;
}

const picking = new Picking();

export class EndpointSearch extends Timer implements TcpWaiter, WaitingSearch {
  readonly want: LeaseWant = LEASE_OWN;
  /** No pool of a session speaks TLS. */
  readonly peerName = '';
  readonly owner = KEEPS_NONE;
  readonly #searcher: Searcher;
  readonly #route: TcpRoute;
  readonly #host: TcpHost;
  readonly #key: number;
  #state = OVER;
  /** The one it is at just now. */
  endpoint: TcpEndpoint | null = null;
  #dialing: Dialing | null = null;
  #trial: PickedTrial<TcpWaiter> | null = null;
  #startedAt = 0;
  /** Attempts that count. */
  #counted = 0;
  #tried = NONE;
  #refused = NONE;
  /** Since when it has moved on from refused connects, waits left out. */
  #movingSince = 0;
  /** Made when it has to wait, or to ask whether it has. */
  #wait: PoolWait | null = null;
  #heldAt = 0;

  /** `key`: as the pool's policy goes by it, 0 where it does not. */
  constructor(searcher: Searcher, route: TcpRoute, host: TcpHost, key: number) {
    super();
    this.#searcher = searcher;
    this.#route = route;
    this.#host = host;
    this.#key = key;
  }

  get client(): Searcher['client'] {
    return this.#searcher.client;
  }

  begin(): void {
    const { pool } = this.#route;
    // Whoever is held already came first.
    const isBehindHeld = pool.holding.isHolding && this.#wait?.wasHeld !== true;
    if (pool.admission !== null && !isBehindHeld) {
      this.#askForPlace(pool.admission);
      return;
    }
    const endpoint = isBehindHeld ? null : this.#pick();
    if (endpoint === null) this.#hold(FAULTS.noEndpoint);
    else this.#connect(endpoint);
  }

  /** Gives up whatever is under way: the client has left, or is to. Nobody hears of it. */
  abandon(): void {
    this.#letGo();
    this.#state = OVER;
    this.#wait?.leave();
    this.#wait?.endPermit(false);
  }

  // ——— one endpoint

  #pick(): TcpEndpoint | null {
    const { pool, isShared } = this.#route;
    picking.key = this.#key;
    picking.rank = this.#wait?.rank ?? 0;
    if (this.#tried.length === 0) {
      this.#trial = takeConnectTrial(pool, picking, isShared);
      if (this.#trial !== null) return this.#trial.endpoint;
    }
    return acquireEndpoint(pool, picking, this.#tried, this.#refused);
  }

  /** At an endpoint that is acquired. */
  #connect(endpoint: TcpEndpoint): void {
    const { record } = this.#searcher;
    const now = this.#host.now();
    this.endpoint = endpoint;
    this.#startedAt = now;
    this.#counted++;
    record.attempts++;
    record.endpoint = endpoint.spec.id;
    record.queuedUntil = now;
    this.#state = CONNECTING;
    endpoint.count(COUNTER_ATTEMPTS, 1);
    if (!endpoint.leases.lease(this, now)) {
      this.#state = WAITING;
      if (!this.#waiting().takeMemory()) {
        this.#fail(FAULTS.memory.code);
        return;
      }
    }
    this.#host.wheel.arm(this, this.#route.spec.connectMs);
  }

  onDialing(dialing: Dialing): void {
    this.#dialing = dialing;
  }

  onPlace(): void {
    if (this.#state !== WAITING) return;
    this.#state = CONNECTING;
    this.#wait?.giveMemory();
    this.#startedAt = this.#host.now();
    this.#searcher.record.queuedUntil = this.#startedAt;
    this.#host.wheel.arm(this, this.#route.spec.connectMs);
  }

  onConnected(upstream: EndpointConnection): void {
    const endpoint = this.endpoint as TcpEndpoint;
    const { pool } = this.#route;
    const now = this.#host.now();
    this.#state = OVER;
    this.endpoint = null;
    this.#dialing = null;
    this.#host.wheel.disarm(this);
    this.#searcher.record.connectedAt = now;
    this.#endTrial('passed');
    endpoint.connected();
    pool.observed(endpoint, now - this.#startedAt, true);
    pool.answered(now, this.#host);
    this.#wait?.endPermit(true);
    this.#searcher.onFound(upstream, endpoint);
  }

  onConnectFailed(failure: ConnectFailure, code: string): void {
    this.#dialing = null;
    this.#searcher.record.cause = code;
    // Whatever it was: this endpoint takes no connect.
    this.#attemptFailed(failure === 'reset' ? 'unreachable' : failure);
  }

  override onTimeout(): void {
    this.#searcher.record.cause = '';
    this.#attemptFailed(this.#state === WAITING ? 'queue-timeout' : 'connect-timeout');
  }

  /** Its endpoint takes nothing new: it has left the config while this waited there, or is down. */
  onMoved(): void {
    const { endpoint } = this;
    if (endpoint === null || (this.#state === CONNECTING && !this.#route.pool.spec.retry.rescue)) return;
    this.#letGo();
    this.#countMove(endpoint);
    this.begin();
  }

  /** Its endpoint has left the config, and its time is over. */
  onEndpointGone(): void {
    this.#attemptFailed('endpoint-removed');
  }

  #attemptFailed(failure: Failure): void {
    const endpoint = this.endpoint as TcpEndpoint;
    if (isBlamed(failure)) {
      const tookMs = this.#host.now() - this.#startedAt;
      this.#endTrial(failure);
      endpoint.failed({ failure, detail: '', tookMs });
      this.#route.pool.observed(endpoint, tookMs, false);
    }
    this.#letGo();
    this.#tried = [...this.#tried, endpoint];
    this.#goOn(failure, endpoint);
  }

  #goOn(failure: Failure, endpoint: TcpEndpoint): void {
    const unsent = { isSent: false, wasReused: false, hasAnswered: false, isReplayable: true };
    const decision = mayRetry(
      { ...unsent, failure, number: this.#counted },
      { isRepeatable: true },
      this.#route.pool.spec.retry,
    );
    const { code } = FAILURE_FAULTS[failure];
    if (decision === 'move') this.#moveOn(endpoint);
    else if (decision === 'no') this.#fail(code);
    else if (this.#takeRetry(endpoint)) this.begin();
    else this.#fail(`${code}: ${BUDGET_SPENT}`);
  }

  /** A connect was refused: another endpoint at once, as far as the bounds for that allow. */
  #moveOn(endpoint: TcpEndpoint): void {
    const { pool, spec } = this.#route;
    if (this.#refused.length === 0) this.#movingSince = this.#startedAt;
    this.#refused = [...this.#refused, endpoint];
    const isInTime = this.#host.now() - this.#movingSince < spec.connectMs;
    const next = this.#refused.length <= MOST_MOVES && isInTime ? this.#pick() : null;
    if (next !== null) {
      this.#countMove(endpoint);
      this.#connect(next);
    } else if (pool.admission !== null && pool.isFull(this.#refused, this.#waiting().rank))
      this.#waitForPlace(pool.admission);
    else if (pool.isReachable(this.#refused)) this.#fail(FAULTS.connectFailed.code);
    else this.#hold(FAULTS.connectFailed);
  }

  #takeRetry(endpoint: TcpEndpoint): boolean {
    const isAllowed = this.#route.pool.takeRetry();
    endpoint.count(isAllowed ? COUNTER_RETRIES : COUNTER_BUDGET_SPENT, 1);
    this.#host.routeTable.count(this.#route.slot, isAllowed ? ROUTE_RETRIES : ROUTE_BUDGET_SPENT, 1);
    return isAllowed;
  }

  /** Nothing was sent: it is as if there had been no attempt. */
  #countMove(endpoint: TcpEndpoint): void {
    this.#counted--;
    endpoint.count(COUNTER_MOVES, 1);
    this.#host.routeTable.count(this.#route.slot, ROUTE_MOVES, 1);
  }

  /** Nothing more is wanted of the endpoint that it is at. */
  #letGo(): void {
    const { endpoint } = this;
    if (endpoint === null) return;
    this.endpoint = null;
    if (this.#state === WAITING) endpoint.leases.cancel(this);
    this.#dialing?.abort();
    this.#dialing = null;
    this.#endTrial('void');
    this.#host.wheel.disarm(this);
    this.#wait?.giveMemory();
    this.#route.pool.release(endpoint);
  }

  #endTrial(result: TrialResult): void {
    const trial = this.#trial;
    this.#trial = null;
    trial?.endpoint.trialEnded(trial.number, result);
  }

  // ——— the pool

  /** In a pool with limits: a place at once where there is one and nobody comes first, else in turn. */
  #askForPlace(admission: Admission<Queued>): void {
    let isFull = this.#waiting().isBehind(admission);
    for (let looks = 0; looks < MOST_PICKS && !isFull; looks++) {
      const endpoint = this.#pick();
      if (endpoint !== null) {
        this.#connect(endpoint);
        return;
      }
      // Other threads give places back, and take them, while one is looked for.
      isFull = this.#route.pool.isFull(this.#refused, this.#waiting().rank);
    }
    if (isFull) this.#waitForPlace(admission);
    else this.#hold(FAULTS.noEndpoint);
  }

  #waitForPlace(admission: Admission<Queued>): void {
    this.#waitBy((wait) => wait.waitForPlace(admission));
  }

  #hold(fault: Fault): void {
    this.#waitBy((wait) => wait.hold(fault));
  }

  #waitBy(begin: (wait: PoolWait) => void): void {
    this.#state = HELD;
    this.#heldAt = this.#host.now();
    begin(this.#waiting());
    if (this.#wait?.isWaiting === true) this.#searcher.record.endpoint = '';
  }

  #waiting(): PoolWait {
    this.#wait ??= new PoolWait(this, this.#searcher.client, this.#route, this.#host);
    return this.#wait;
  }

  /** It begins as if it had not been anywhere yet, where it was held until there is somebody to try. */
  onReleased(isAnew: boolean): void {
    if (isAnew) {
      this.#tried = NONE;
      this.#refused = NONE;
    } else this.#movingSince += this.#host.now() - this.#heldAt;
    this.begin();
  }

  onWaitFailed(reason: string): void {
    this.#fail(reason);
  }

  #fail(reason: string): void {
    this.abandon();
    this.#searcher.onNotFound(reason);
  }

  override onFault(): void {
    this.onOwnFault();
  }

  onOwnFault(): void {
    this.#searcher.onOwnFault();
  }
}
