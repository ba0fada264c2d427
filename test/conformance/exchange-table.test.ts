/**
 * Walks every cell of the exchange's table: brings an exchange into each state, lets each event happen, and
 * compares what it did with `exchange-expected.ts`. Client, endpoint and clock are actors under the test's hand; after
 * each cell nothing may be left behind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffSnapshots } from '../../src/config/diff.ts';
import type { Clock } from '../../src/core/clock.ts';
import { FAULTS } from '../../src/core/errors.ts';
import type { Fault } from '../../src/core/errors.ts';
import { UNBOUNDED_MEMORY } from '../../src/core/kept-memory.ts';
import { createSeededRandom } from '../../src/core/random.ts';
import { evidenceNumber } from '../../src/core/health/evidence.ts';
import { REFUSED, UNHEALTHY } from '../../src/core/shared/pool-table.ts';
import type { PoolTable } from '../../src/core/shared/pool-table.ts';
import { RouteTable } from '../../src/core/shared/route-table.ts';
import type { Attempt } from '../../src/http/attempt.ts';
import { ClientConnection } from '../../src/http/client-connection.ts';
import { Exchange } from '../../src/http/exchange/exchange.ts';
import type { ExchangeHost } from '../../src/http/exchange/exchange-host.ts';
import { EVENTS, STATES } from '../../src/http/exchange/states.ts';
import type { EventName, StateName } from '../../src/http/exchange/states.ts';
import type { ResponseSource } from '../../src/http/exchange/source.ts';
import { BODY_CHUNKED, BODY_LENGTH, RequestHead, ResponseHead } from '../../src/http/head.ts';
import { compileSteps } from '../../src/http/steps/route-steps.ts';
import { LATER } from '../../src/http/steps/step.ts';
import type { Step } from '../../src/http/steps/step.ts';
import type { ClientStream, HttpWaiter, UpstreamStream } from '../../src/http/stream.ts';
import { nodeTurns } from '../../src/net/loop-turns.ts';
import { TimerWheel } from '../../src/net/timer-wheel.ts';
import { createRouting } from '../../src/runtime/worker/routing.ts';
import { LoadedParts } from '../../src/runtime/worker/loaded-parts.ts';
import { PoolSet } from '../../src/runtime/worker/pool-set.ts';
import type { Home } from '../../src/upstream/leased.ts';
import type { Dialing } from '../../src/upstream/waiter.ts';
import { TIMEOUTS, testSnapshot } from '../support/data-plane.ts';
import { EXPECTED } from './exchange-expected.ts';

class Client implements ClientStream {
  readonly takenBytes = -1;
  readonly connection = new ClientConnection(
    testSnapshot({ ports: [] }).listeners[0],
    {
      scheme: 'http',
      alpn: '',
      serverName: '',
      peer: { address: '127.0.0.1', port: 50_000 },
      localPort: 80,
      tls: null,
    },
    { localAddress: '127.0.0.1' },
  );
  isBlocked = false;
  readonly hasBegun = true;
  sent = '';
  doneCount = 0;

  #say(what: string): void {
    this.sent = this.sent === '' ? what : `${this.sent} ${what}`;
  }
  sendInformational(head: ResponseHead): void {
    this.#say(String(head.status));
  }
  sendHead(head: ResponseHead): void {
    this.#say(String(head.status));
  }
  look(): void {}
  sendBody(): boolean {
    this.#say('bytes');
    return !this.isBlocked;
  }
  sendEnd(): void {
    this.#say('end');
  }
  flush(): void {}
  abort(): void {
    this.#say('cut');
  }
  sendFault(fault: Fault): void {
    this.#say(String(fault.status));
  }
  pauseBody(): void {}
  resumeBody(): void {}
  upgrade(head: ResponseHead): void {
    this.#say(String(head.status));
  }
  endTunnel(): void {
    this.#say('fin');
  }
  done(): void {
    this.doneCount++;
  }
}

class Upstream implements UpstreamStream {
  readonly takenBytes = -1;
  readonly isReused = false;
  readonly hasAnswered = false;
  isBlocked = false;
  /** How often it was given back or given up: exactly once each. */
  ends = 0;
  readonly #home: Home<HttpWaiter>;

  constructor(home: Home<HttpWaiter>) {
    this.#home = home;
  }
  sendHead(): void {}
  look(): void {}
  sendBody(): boolean {
    return !this.isBlocked;
  }
  sendEnd(): void {}
  flush(): void {}
  pauseBody(): void {}
  resumeBody(): void {}
  endTunnel(): void {}
  release(): void {
    this.#gone();
  }
  abort(): void {
    this.#gone();
  }
  /** The socket closes, whoever wanted it. */
  #gone(): void {
    this.ends++;
    this.#home.closed();
  }
}

class Stage {
  now = 0;
  readonly client = new Client();
  readonly upstreams: Upstream[] = [];
  readonly dialled: { waiter: HttpWaiter; home: Home<HttpWaiter>; isOver: boolean }[] = [];
  readonly x: Exchange;
  readonly table: PoolTable;
  readonly wheel: TimerWheel;
  recycled = 0;

  constructor(maxConnections: number, steps: readonly Step[]) {
    const clock: Clock = { now: () => this.now, wallTime: () => this.now };
    const snapshot = testSnapshot({
      ports: [1, 2],
      pool: { maxConnections, queue: { maxWaiting: 10, timeoutMs: 0, targetMs: 0, holdMs: 1000 } },
      timeouts: { totalMs: 1000, perTryMs: 500 },
    });
    this.wheel = new TimerWheel({ clock, onFault: (error) => assert.fail(String(error)) });
    const pools = new PoolSet({
      worker: 0,
      random: createSeededRandom(1),
      clock,
      turns: nodeTurns,
      reports: {
        onFailuresReached() {},
        onPassiveFailure() {},
        onBreakerFailure() {},
        onTrialEnded() {},
        onRecovered() {},
      },
      reportFault: (error) => assert.fail(String(error)),
      parts: new LoadedParts(null),
      createDialer: (home) => ({ dial: (waiter) => this.#dial(home, waiter as HttpWaiter), updateLimits() {} }),
      onRetired() {},
    });
    pools.apply(snapshot, diffSnapshots(null, snapshot));
    this.table = pools.get('web').table;
    const routing = createRouting(
      snapshot,
      pools,
      () => null,
      () => compileSteps(steps),
    );
    const plane: ExchangeHost = {
      routing,
      unroutedLog: null,
      routeTable: new RouteTable(snapshot.routeTable, 0),
      wheel: this.wheel,
      random: createSeededRandom(2),
      isDraining: false,
      memory: UNBOUNDED_MEMORY,
      now: () => this.now,
      ranMs: (since, now) => now - since,
      wallTime: () => this.now,
      nextRequestId: () => 'id',
      reportFault: (error) => assert.fail(String(error)),
      isTrusted: () => false,
      failed: () => {},
      recycle: () => this.recycled++,
    };
    this.x = new Exchange(plane);
    this.x.client = this.client;
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

  connect(): void {
    const dial = this.dialled[this.dialled.length - 1];
    dial.isOver = true;
    const upstream = new Upstream(dial.home);
    this.upstreams.push(upstream);
    dial.waiter.onUpstreamReady(upstream);
  }

  /** The counts that must be zero in the end. */
  left(): number[] {
    return [0, 1].flatMap((slot) => [this.table.inFlight(slot), this.table.connections[slot]]);
  }
}

function requestHead(withBody: boolean, upgrade: string): RequestHead {
  const head = new RequestHead();
  head.method = withBody ? 'POST' : 'GET';
  head.target = '/';
  head.authority = head.host = 'a';
  head.upgrade = upgrade;
  if (withBody) head.bodyKind = BODY_CHUNKED;
  return head;
}

function responseHead(status: number): ResponseHead {
  const head = new ResponseHead();
  head.status = status;
  head.bodyKind = status === 200 ? BODY_LENGTH : 0;
  head.contentLength = 5;
  head.upgrade = status === 101 ? 'websocket' : '';
  return head;
}

/** Never says what it decided. */
const WAITS: Step = {
  name: 'waits',
  onRequest(view) {
    view.defer(1000);
    return LATER;
  },
};

/** Brings a new exchange into a state. Those that read a body have one under way. */
function reach(state: StateName): Stage {
  const stage = new Stage(state === 'waiting' ? 1 : 0, state === 'deciding' ? [WAITS] : []);
  const { x, table } = stage;
  if (state === 'idle') {
    x.head = requestHead(true, '');
    return stage;
  }
  if (state === 'waiting') {
    // Somebody else has all the places there are.
    for (const slot of [0, 1]) table.tryOpen(slot, 1);
  }
  if (state === 'held') for (const slot of [0, 1]) table.setHealth(slot, UNHEALTHY | REFUSED);
  const hasBody =
    state === 'deciding' ||
    state === 'held' ||
    state === 'waiting' ||
    state === 'connecting' ||
    state === 'sending' ||
    state === 'responding' ||
    state === 'flushing';
  x.onRequest(requestHead(hasBody, state === 'tunnel' ? 'websocket' : ''));
  if (!hasBody) x.onRequestEnd('');
  x.onRequestFlush();
  if (state === 'held') for (const slot of [0, 1]) table.setHealth(slot, 0);
  if (state === 'deciding' || state === 'held' || state === 'waiting' || state === 'connecting') return stage;
  stage.connect();
  if (state === 'between') {
    stage.upstreams[0].abort();
    x.attempt?.onUpstreamFailed('reset', false, '');
  }
  if (state === 'responding' || state === 'flushing') x.attempt?.onResponse(responseHead(200));
  if (state === 'flushing') {
    stage.client.isBlocked = true;
    x.attempt?.onResponseEnd('');
  }
  if (state === 'tunnel') x.attempt?.onResponse(responseHead(101));
  return stage;
}

const BYTES = Buffer.from('bytes');

function happen(stage: Stage, event: EventName): void {
  const { x } = stage;
  switch (event) {
    case 'request':
      x.onRequest(requestHead(true, ''));
      return;
    case 'requestBytes':
      x.onRequestBody(BYTES, 0, BYTES.length);
      return;
    case 'requestBroken':
      x.onRequestBroken(FAULTS.badChunk);
      return;
    case 'ready':
      if (STATES[x.state] === 'connecting') stage.connect();
      else x.dispatch(EVENTS.indexOf('ready'));
      return;
    case 'informational':
      x.dispatch(EVENTS.indexOf('informational'), sourceOf(x, 103));
      return;
    case 'response':
      x.dispatch(EVENTS.indexOf('response'), sourceOf(x, 200));
      return;
    case 'responseBytes':
      x.dispatchBytes(EVENTS.indexOf('responseBytes'), x.source, BYTES, 0, BYTES.length);
      return;
    case 'responseEnd':
      x.dispatch(EVENTS.indexOf('responseEnd'), x.source);
      return;
    case 'decided':
      if (x.pending === null) break;
      x.pending.pass();
      return;
    case 'failed':
      fail(stage);
      return;
    case 'rivalReady':
    case 'rivalResponse':
    case 'rivalFailed':
      if (x.rival === null) break;
      happenToRival(stage, x.rival, event);
      return;
    case 'requestTimeout':
    case 'responseTimeout':
      timeOut(stage, event);
      return;
    default:
  }
  x.dispatch(EVENTS.indexOf(event));
}

/** A second attempt beside the one that awaits its answer: that one's endpoint has fallen silent. */
function beginRival({ x, table }: Stage): void {
  const { attempt } = x;
  const slot = attempt?.endpoint?.slot ?? 0;
  table.rescue[slot] = evidenceNumber('silent');
  attempt?.onMoved();
  assert.notEqual(x.rival, null);
}

function happenToRival(stage: Stage, rival: Attempt, event: EventName): void {
  if (event === 'rivalFailed') {
    for (const dial of stage.dialled) stage.refuse(dial);
    rival.onUpstreamFailed('refused', false, '');
    return;
  }
  stage.connect();
  if (event === 'rivalResponse') rival.onResponse(responseHead(200));
}

/** A side that is blocked has all its time to take something. */
function timeOut(stage: Stage, event: EventName): void {
  const { x } = stage;
  const before = x.state;
  const isBlocked = x.client?.isBlocked === true || x.attempt?.stream?.isBlocked === true;
  for (let turn = 0; turn < (isBlocked ? 3 : 1) && x.state === before; turn++) {
    x.dispatch(EVENTS.indexOf(event));
    stage.now += TIMEOUTS.writeIdleMs;
  }
}

/** The attempt that is under way, with this head; somebody else where there is none. */
function sourceOf(x: Exchange, status: number): ResponseSource {
  const response = responseHead(status);
  if (x.attempt === null) {
    const nothing = (): void => {};
    const [answered, succeeded, pauseBody, resumeBody, complete, abandon, blame] = Array<() => void>(7).fill(nothing);
    return { response, trailers: '', answered, succeeded, pauseBody, resumeBody, complete, abandon, blame };
  }
  x.attempt.response = response;
  return x.attempt;
}

function fail(stage: Stage): void {
  const { x } = stage;
  const attempt = x.attempt;
  if (attempt === null) {
    x.dispatch(EVENTS.indexOf('failed'));
    return;
  }
  // An attempt that reports its failure has lost its socket before.
  if (attempt.stream !== null) attempt.stream.abort();
  else for (const dial of stage.dialled) stage.refuse(dial);
  attempt.onUpstreamFailed(STATES[x.state] === 'connecting' ? 'refused' : 'reset', false, '');
}

const WITH_RIVAL: ReadonlySet<EventName> = new Set(['rivalReady', 'rivalResponse', 'rivalFailed', 'retryDue']);

for (const state of STATES) {
  for (const event of EVENTS) {
    const expected = EXPECTED[state][event];
    test(`${state} × ${event}: ${expected}`, () => {
      const stage = reach(state);
      const { x, client } = stage;
      assert.equal(STATES[x.state], state);
      if (state === 'awaiting' && WITH_RIVAL.has(event)) beginRival(stage);
      client.sent = '';
      const dials = stage.dialled.length;
      if (expected === 'never') {
        assert.throws(() => happen(stage, event), /cannot happen/);
      } else {
        happen(stage, event);
        const now = STATES[x.state];
        const parts = [now === state ? '=' : now, client.sent, stage.dialled.length > dials ? 'dial' : ''];
        const result = parts.filter((part) => part !== '').join(' ');
        assert.equal(result, expected);
      }
      leave(stage, state);
    });
  }
}

/** Ends what is still under way, and looks whether anything is left. */
function leave(stage: Stage, began: StateName): void {
  const { x, client } = stage;
  if (STATES[x.state] !== 'idle') x.onClientGone();
  if (STATES[x.state] !== 'idle') x.onOwnFault();
  assert.equal(STATES[x.state], 'idle');
  const wasBegun = began !== 'idle' || stage.recycled > 0;
  assert.equal(client.doneCount, wasBegun ? 1 : 0);
  assert.equal(stage.recycled, wasBegun ? 1 : 0);
  for (const upstream of stage.upstreams) assert.equal(upstream.ends, 1, 'each connection ends once');
  if (began === 'waiting') for (const slot of [0, 1]) stage.table.closed(slot);
  assert.deepEqual(stage.left(), [0, 0, 0, 0]);
  stage.wheel.stop();
}

test('what has written nothing moves off an endpoint that is lost, a POST too, once an exchange', () => {
  const stage = reach('connecting');
  const { x, table } = stage;
  const first = x.attempt?.endpoint?.slot ?? 0;
  table.rescue.fill(evidenceNumber('connect'));
  x.attempt?.onMoved();
  assert.equal(STATES[x.state], 'connecting');
  assert.equal(stage.dialled.length, 2);
  assert.equal(x.attempt?.endpoint?.slot, 1 - first);
  x.attempt?.onMoved();
  assert.equal(stage.dialled.length, 2);
  leave(stage, 'connecting');
});
