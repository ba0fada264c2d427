import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PoolTable, createPoolTable } from '../core/shared/pool-table.ts';
import type { Attempt } from './attempt.ts';
import { EndpointRuntime } from './endpoint-runtime.ts';
import type { UpstreamConnection } from './upstream.ts';

const LIMITS = { maxConnections: 1, maxIdle: 8, idleTimeoutMs: 1000, isLenient: false, failures: 5 };
const SPEC = { id: 'e', slot: 0, generation: 0, weight: 1, addresses: ['127.0.0.1'], port: 1, authority: 'e' };

class FakeConnection implements UpstreamConnection {
  idleSince = 0;
  idleLimitMs = 1000;
  carried: unknown[] = [];
  isClosed = false;
  fails = false;
  carry(events: unknown): void {
    this.carried.push(events);
    if (this.fails) throw new Error('a bug of ours');
  }
  close(): void {
    this.isClosed = true;
  }
}

/** An attempt, as far as an endpoint looks at it. */
function fakeAttempt(isRepeatable = true): { attempt: Attempt; said: string[] } {
  const said: string[] = [];
  const attempt = {
    dialing: null,
    isRepeatable,
    onPlace: () => said.push('place'),
    onOwnFault: () => said.push('fault'),
  };
  return { attempt: attempt as unknown as Attempt, said };
}

function endpoint(limits = LIMITS): { runtime: EndpointRuntime; table: PoolTable; faults: unknown[]; dials: number[] } {
  const faults: unknown[] = [];
  const dials: number[] = [];
  const table = new PoolTable(createPoolTable(1, 1), 0);
  const runtime = new EndpointRuntime('web', SPEC, table, limits, {
    onFailuresReached() {},
    onPassiveFailure() {},
    onRecovered() {},
    reportFault: (error) => faults.push(error),
  });
  runtime.dialer = {
    dial() {
      dials.push(1);
      return { abort() {} };
    },
    updateLimits() {},
  };
  return { runtime, table, faults, dials };
}

test('an exception of the attempt that is served next is its own, not that of the one that gives its place up', () => {
  const { runtime, faults } = endpoint();
  assert.equal(runtime.connect(fakeAttempt().attempt, false, 0), true);
  const waiting = fakeAttempt();
  assert.equal(runtime.connect(waiting.attempt, false, 0), false);
  const connection = new FakeConnection();
  connection.fails = true;
  assert.equal(runtime.keep(connection, 0), true);
  assert.deepEqual(waiting.said, ['place', 'fault']);
  assert.equal(faults.length, 1);
});

test('idle connections are taken newest first, and not beyond their time', () => {
  const { runtime, table } = endpoint();
  const [old, young] = [new FakeConnection(), new FakeConnection()];
  runtime.keep(old, 0);
  runtime.keep(young, 900);
  runtime.connect(fakeAttempt().attempt, false, 950);
  assert.equal(young.carried.length, 1);
  runtime.connect(fakeAttempt().attempt, false, 1000);
  assert.equal(old.carried.length, 0);
  assert.equal(old.isClosed, true);
  assert.equal(table.idle[0], 0);
});

test('what must not be repeated takes no connection idle for over half its time, and leaves it to others', () => {
  const { runtime, table, dials } = endpoint();
  const connection = new FakeConnection();
  runtime.keep(connection, 0);
  runtime.connect(fakeAttempt(false).attempt, false, 501);
  assert.deepEqual([connection.carried.length, dials.length, table.idle[0]], [0, 1, 1]);
  runtime.connect(fakeAttempt().attempt, false, 502);
  assert.equal(connection.carried.length, 1);
  const other = new FakeConnection();
  runtime.keep(other, 1000);
  runtime.connect(fakeAttempt(false).attempt, false, 1500);
  assert.equal(other.carried.length, 1);
});

test('what must not be repeated takes no connection of an endpoint that has not proved to keep them', () => {
  const { runtime, dials } = endpoint({ ...LIMITS, maxConnections: 0 });
  const [old, young] = [new FakeConnection(), new FakeConnection()];
  runtime.keep(old, 0);
  runtime.connect(fakeAttempt(false).attempt, false, 99);
  assert.deepEqual([old.carried.length, dials.length], [0, 1]);
  runtime.keep(young, 99);
  // The old one has lain idle long enough to vouch for the young one.
  runtime.connect(fakeAttempt(false).attempt, false, 100);
  assert.deepEqual([young.carried.length, dials.length], [1, 1]);
  runtime.keeping.closedUnderRequest(100);
  runtime.connect(fakeAttempt(false).attempt, false, 200);
  assert.deepEqual([old.carried.length, dials.length], [0, 2]);
  runtime.connect(fakeAttempt(true).attempt, false, 200);
  assert.equal(old.carried.length, 1);
});

test('what must not be repeated waits for a new connection where kept ones cannot be trusted', () => {
  const { runtime, dials } = endpoint();
  runtime.connect(fakeAttempt().attempt, false, 0);
  const waiting = fakeAttempt(false);
  assert.equal(runtime.connect(waiting.attempt, false, 0), false);
  const connection = new FakeConnection();
  assert.equal(runtime.keep(connection, 0), false);
  runtime.closed();
  assert.deepEqual([waiting.said, dials.length, connection.carried.length], [['place'], 2, 0]);
});

test('a retired endpoint closes its idle connections and keeps no more', () => {
  const { runtime, table } = endpoint();
  const connection = new FakeConnection();
  runtime.keep(connection, 0);
  runtime.retire();
  assert.equal(connection.isClosed, true);
  assert.equal(runtime.keep(new FakeConnection(), 0), false);
  assert.equal(table.idle[0], 0);
});
