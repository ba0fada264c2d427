import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PoolTable, createPoolTable } from '../../core/shared/pool-table.ts';
import { RouteTable, createRouteTable } from '../../core/shared/route-table.ts';
import type { Exchange } from '../../http/exchange/exchange.ts';
import { AWAITING, SENDING } from '../../http/exchange/states.ts';
import type { HttpEndpoint, HttpPool } from '../../http/stream.ts';
import { EndpointPulse } from '../../upstream/endpoint-pulse.ts';
import { PULSE_MS, SilencePulse } from './silence-pulse.ts';

/** One endpoint with one attempt in flight, whose request went out at 0. */
function setUp(exchange: { state?: number; lines?: string; isUpgrade?: boolean; isBlocked?: boolean } = {}): {
  beat: (now: number) => number;
  overdueInAll: () => number;
  ranMs: SilencePulse['ranMs'];
  heardAt: (at: number) => void;
} {
  const table = new PoolTable(createPoolTable(1, 1), 0);
  const routes = new RouteTable(createRouteTable(1, 1), 0);
  routes.setSilence(1, 1000);
  table.leastSilence[0] = 1000;
  table.acquire(0);
  const heard = { slot: 0, pulse: new EndpointPulse(), heardAt: -Infinity };
  const endpoint = heard as unknown as HttpEndpoint;
  const pool = { isSilenceWatched: true, table, endpoints: [endpoint] } as unknown as HttpPool;
  const waiting = {
    state: exchange.state ?? AWAITING,
    awaitingSince: 1,
    rival: null,
    attempt: { endpoint, startedAt: 0, stream: { isBlocked: exchange.isBlocked ?? false } },
    request: {
      head: { lines: exchange.lines ?? '' },
      isUpgrade: exchange.isUpgrade ?? false,
      route: { spec: { slot: 1 } },
    },
  } as unknown as Exchange;
  let now = 0;
  const silence = new SilencePulse({
    now: () => now,
    routeTable: () => routes,
    pools: () => [pool],
    visitExchanges: (visit) => visit(waiting),
  });
  return {
    heardAt: (at) => void (heard.heardAt = at),
    ranMs: (since, at) => silence.ranMs(since, at),
    overdueInAll: () => table.pulses.read(0, 0).overdueInAll,
    beat(at) {
      now = at;
      silence.beat();
      return table.pulses.read(0, 0).overdue;
    },
  };
}

/** What is overdue after so many ms of regular heartbeats. */
function overdueAfter(ms: number, plane = setUp()): number {
  let overdue = 0;
  for (let now = 0; now <= ms; now += PULSE_MS) overdue = plane.beat(now);
  return overdue;
}

test('an attempt is overdue when its time is over', () => {
  assert.equal(overdueAfter(1000), 0);
  assert.equal(overdueAfter(1100), 1);
});

test('what is not sent whole, an upgrade and a stream of events are not counted', () => {
  assert.equal(overdueAfter(5000, setUp({ state: SENDING })), 0);
  assert.equal(overdueAfter(5000, setUp({ isBlocked: true })), 0);
  assert.equal(overdueAfter(5000, setUp({ isUpgrade: true })), 0);
  assert.equal(overdueAfter(5000, setUp({ lines: 'Accept: text/event-stream\r\n' })), 0);
});

test('nothing that was sent before a byte has last come is overdue', () => {
  const plane = setUp();
  overdueAfter(900, plane);
  plane.heardAt(950);
  assert.equal(plane.beat(1000), 0);
  for (let now = 1100; now <= 4000; now += PULSE_MS) assert.equal(plane.beat(now), 0);
  assert.equal(plane.overdueInAll(), 1, 'it is counted by itself');
});

test('what was sent just after a byte has last come is overdue in its time', () => {
  const plane = setUp();
  plane.heardAt(0.9);
  assert.equal(overdueAfter(1100, plane), 1);
});

test('time in which the thread stood still does not count, and nothing is overdue at the heartbeat after it', () => {
  const plane = setUp();
  overdueAfter(500, plane);
  // Stopped for three seconds, as a whole or by a step that blocks.
  assert.equal(plane.beat(3600), 0);
  assert.equal(plane.beat(3700), 0);
  assert.equal(plane.beat(4000), 0, 'late once more');
  assert.equal(plane.beat(4100), 0);
  assert.equal(plane.beat(4200), 0);
  assert.equal(plane.beat(4300), 1);
});

test('how long an answer took is told without the time in which the thread stood still, before the next heartbeat too', () => {
  const plane = setUp();
  assert.equal(plane.ranMs(0, 40), 40, 'before the first heartbeat');
  overdueAfter(500, plane);
  assert.equal(plane.ranMs(0, 550), 550);
  assert.equal(plane.ranMs(400, 3600), 200);
  assert.equal(plane.ranMs(2000, 3600), 0);
  plane.beat(3600);
  assert.equal(plane.ranMs(400, 3640), 240);
  assert.equal(plane.ranMs(3600, 3640), 40);
});
