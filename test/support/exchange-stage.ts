/**
 * An exchange with a client, endpoints and a clock under the test's hand: no sockets, no codec. Events come in the order in
 * which the test makes them happen.
 */
import { definitionOf } from '../../src/core/balancer/definition-of.ts';
import assert from 'node:assert/strict';
import { diffSnapshots } from '../../src/config/diff.ts';
import type { Clock } from '../../src/core/clock.ts';
import { UNBOUNDED_MEMORY } from '../../src/core/kept-memory.ts';
import type { KeptMemory } from '../../src/core/kept-memory.ts';
import type { TrialResult } from '../../src/core/health/evidence.ts';
import { createSeededRandom } from '../../src/core/random.ts';
import type { PoolTable } from '../../src/core/shared/pool-table.ts';
import { RouteTable } from '../../src/core/shared/route-table.ts';
import type { Attempt } from '../../src/http/attempt.ts';
import type { ExchangeLog } from '../../src/http/exchange-log.ts';
import { Exchange } from '../../src/http/exchange/exchange.ts';
import type { ExchangeHost } from '../../src/http/exchange/exchange-host.ts';
import { STATES } from '../../src/http/exchange/states.ts';
import type { StateName } from '../../src/http/exchange/states.ts';
import type { RequestHead } from '../../src/http/head.ts';
import type { ExchangeRecord } from '../../src/http/record.ts';
import { compileSteps } from '../../src/http/steps/route-steps.ts';
import type { Step } from '../../src/http/steps/step.ts';
import type { HttpPool, HttpWaiter, UpstreamFailure } from '../../src/http/stream.ts';
import { nodeTurns } from '../../src/net/loop-turns.ts';
import { TimerWheel } from '../../src/net/timer-wheel.ts';
import { createRouting } from '../../src/runtime/worker/routing.ts';
import { ALL_STEPS } from '../../src/runtime/worker/all-steps.ts';
import * as limitParts from '../../src/runtime/worker/limit-parts.ts';
import { LoadedParts } from '../../src/runtime/worker/loaded-parts.ts';
import { PoolSet } from '../../src/runtime/worker/pool-set.ts';
import * as proxyParts from '../../src/runtime/worker/proxy-parts.ts';
import * as tcpParts from '../../src/runtime/worker/tcp-parts.ts';
import type { Home } from '../../src/upstream/leased.ts';
import type { Dialing } from '../../src/upstream/waiter.ts';
import { testSnapshot } from './data-plane.ts';
import type { TestPlaneOptions } from './data-plane.ts';
import { StageClient, StageUpstream, responseHead } from './exchange-peers.ts';

export * from './exchange-peers.ts';

function failOn(error: unknown): never {
  assert.fail(String(error));
}

export interface StageOptions extends Omit<TestPlaneOptions, 'ports'> {
  /** Of the endpoints of the pool, default 1 and 2. */
  readonly ports?: readonly number[];
  readonly steps?: readonly Step[];
  /** Of its routes. */
  readonly log?: ExchangeLog;
  /** Of its endpoints, where the pool is sticky. */
  readonly stickyValues?: readonly string[];
  readonly memory?: KeptMemory;
  /** Takes faults of our own; without it they fail the test. */
  readonly onFault?: (error: unknown) => void;
}

export class Stage {
  /** ms. It is not 0, which means never in an exchange. */
  now = 1000;
  readonly client: StageClient;
  readonly upstreams: StageUpstream[] = [];
  readonly dialled: { waiter: HttpWaiter; home: Home<HttpWaiter>; isOver: boolean }[] = [];
  readonly exchange: Exchange;
  readonly pool: HttpPool;
  readonly table: PoolTable;
  readonly routes: RouteTable;
  readonly wheel: TimerWheel;
  readonly host: ExchangeHost;
  recycled = 0;
  readonly trials: { readonly number: number; readonly result: TrialResult }[] = [];
  /** What the records of exchanges that failed said when they ended. */
  readonly failed: Pick<ExchangeRecord, 'status' | 'reason' | 'cause' | 'attempts'>[] = [];

  constructor({
    steps = [],
    log,
    stickyValues = [],
    memory = UNBOUNDED_MEMORY,
    onFault = failOn,
    ...options
  }: StageOptions = {}) {
    const clock: Clock = { now: () => this.now, wallTime: () => this.now };
    const given = { ...options, ports: options.ports ?? [1, 2] };
    const plain = testSnapshot(given);
    const pools = plain.pools.map((pool) => {
      const endpoints = pool.endpoints.map((each, at) => ({ ...each, stickyValue: stickyValues[at] ?? '' }));
      return { ...pool, endpoints };
    });
    const snapshot = { ...plain, pools };
    this.client = new StageClient(given);
    this.wheel = new TimerWheel({ clock, onFault });
    const poolSet = new PoolSet({
      worker: 0,
      random: createSeededRandom(1),
      clock,
      turns: nodeTurns,
      reports: {
        onFailuresReached() {},
        onPassiveFailure() {},
        onBreakerFailure() {},
        onTrialEnded: (_endpoint, number, result) => this.trials.push({ number, result }),
        onRecovered() {},
      },
      reportFault: onFault,
      parts: new LoadedParts({ definitionOf, limitParts, proxyParts, tcpParts, steps: ALL_STEPS }),
      createDialer: (home) => ({ dial: (waiter) => this.#dial(home, waiter as HttpWaiter), updateLimits() {} }),
      onRetired() {},
    });
    poolSet.apply(snapshot, diffSnapshots(null, snapshot));
    this.pool = poolSet.get('web');
    this.table = this.pool.table;
    this.routes = new RouteTable(snapshot.routeTable, 0);
    const routing = createRouting(
      snapshot,
      poolSet,
      () => log ?? null,
      null,
      () => compileSteps(steps),
    );
    this.host = {
      routing,
      unroutedLog: null,
      routeTable: this.routes,
      wheel: this.wheel,
      random: createSeededRandom(2),
      isDraining: false,
      memory,
      now: () => this.now,
      ranMs: (since, now) => now - since,
      wallTime: () => this.now,
      nextRequestId: () => 'id',
      reportFault: onFault,
      isTrusted: () => false,
      refusals: { note: () => {} },
      failed: ({ status, reason, cause, attempts }) => this.failed.push({ status, reason, cause, attempts }),
      recycle: () => this.recycled++,
    };
    this.exchange = new Exchange(this.host);
    this.exchange.client = this.client;
  }

  get state(): StateName {
    return STATES[this.exchange.state];
  }

  /** A request comes, complete unless it has a body. */
  request(head: RequestHead, isWhole = head.bodyKind === 0): void {
    this.exchange.client = this.client;
    this.exchange.onRequest(head);
    // Of one that is over with its head nobody hears any more.
    if (isWhole && this.state !== 'idle') this.exchange.onRequestEnd('');
    this.exchange.onRequestFlush();
  }

  /** The attempt's answer, whole. */
  answer(status = 200, body = 'hello'): void {
    this.exchange.attempt?.onResponse(responseHead(status));
    this.exchange.attempt?.onResponseBody(Buffer.from(body), 0, body.length);
    this.exchange.attempt?.onResponseEnd('');
  }

  #dial(home: Home<HttpWaiter>, waiter: HttpWaiter): Dialing {
    const dial = { waiter, home, isOver: false };
    this.dialled.push(dial);
    return { abort: () => this.refuse(dial) };
  }

  /** A connect ends without a connection. */
  refuse(dial: { home: Home<HttpWaiter>; isOver: boolean }): void {
    if (dial.isOver) return;
    dial.isOver = true;
    dial.home.closed();
  }

  /** The last connect succeeds. `isReused`: as if it were a connection that was kept. */
  connect(isReused = false): StageUpstream {
    const dial = this.dialled[this.dialled.length - 1];
    dial.isOver = true;
    const upstream = new StageUpstream(dial.home, isReused);
    this.upstreams.push(upstream);
    dial.waiter.onUpstreamReady(upstream);
    return upstream;
  }

  /** The attempt fails: the connect under way, or the connection. */
  fail(failure: UpstreamFailure, hasAnswered = false, detail = ''): void {
    const attempt = this.exchange.attempt as Attempt;
    // One that reports its failure has lost its socket before.
    if (attempt.stream !== null) attempt.stream.abort();
    else for (const dial of this.dialled) this.refuse(dial);
    attempt.onUpstreamFailed(failure, hasAnswered, detail);
  }

  /** Time passes, and timers run out. */
  advance(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 10);
      this.wheel.tick();
    }
  }

  /** Nothing is left behind: each connection ended once, and so did the exchange. */
  end(): void {
    if (this.state !== 'idle') this.exchange.onClientGone();
    assert.equal(this.state, 'idle');
    assert.equal(this.client.doneCount, this.recycled);
    for (const upstream of this.upstreams) assert.equal(upstream.ends, 1, 'each connection ends once');
    assert.deepEqual(new Set(this.left()), new Set([0]));
    this.wheel.stop();
  }

  /** The counts that must be zero in the end. */
  left(): number[] {
    return this.pool.endpoints.flatMap(({ slot }) => [this.table.inFlight(slot), this.table.connections[slot]]);
  }
}
