/**
 * Walks every cell of the exchange's table: brings an exchange into each state, lets each event happen, and
 * compares what it did with `exchange-expected.ts`. Client, endpoint and clock are actors under the test's hand; after
 * each cell nothing may be left behind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS } from '../../src/core/errors.ts';
import { evidenceNumber } from '../../src/core/health/evidence.ts';
import { REFUSED, UNHEALTHY } from '../../src/core/shared/pool-table.ts';
import type { Attempt } from '../../src/http/attempt.ts';
import type { Exchange } from '../../src/http/exchange/exchange.ts';
import type { ResponseSource } from '../../src/http/exchange/source.ts';
import { EVENTS, STATES } from '../../src/http/exchange/states.ts';
import type { EventName, StateName } from '../../src/http/exchange/states.ts';
import { LATER } from '../../src/http/steps/step.ts';
import type { Step } from '../../src/http/steps/step.ts';
import { TIMEOUTS } from '../support/data-plane.ts';
import { CHUNKED_POST, Stage, requestHead, responseHead } from '../support/exchange-stage.ts';
import { EXPECTED } from './exchange-expected.ts';

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
  const stage = new Stage({
    pool: {
      maxConnections: state === 'waiting' ? 1 : 0,
      queue: { maxWaiting: 10, timeoutMs: 0, targetMs: 0, holdMs: 1000 },
    },
    timeouts: { totalMs: 1000, perTryMs: 500 },
    steps: state === 'deciding' ? [WAITS] : [],
  });
  const { exchange: x, table } = stage;
  if (state === 'idle') {
    x.head = requestHead(CHUNKED_POST);
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
  x.onRequest(requestHead(hasBody ? CHUNKED_POST : { upgrade: state === 'tunnel' ? 'websocket' : '' }));
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
  const { exchange: x } = stage;
  switch (event) {
    case 'request':
      x.onRequest(requestHead(CHUNKED_POST));
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
function beginRival({ exchange: x, table }: Stage): void {
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
  const { exchange: x } = stage;
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
  const { exchange: x } = stage;
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
      const { exchange: x, client } = stage;
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
  const { exchange: x, client } = stage;
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
  const { exchange: x, table } = stage;
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
