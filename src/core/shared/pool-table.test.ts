import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  COUNTERS,
  COUNTER_BYTES_SENT,
  COUNT_MASK,
  DRAINING,
  EJECTED,
  INELIGIBLE,
  PoolTable,
  REFUSED,
  UNHEALTHY,
  createPoolTable,
} from './pool-table.ts';

describe('PoolTable', () => {
  it('PoolTable counts attempts, sockets and idle sockets over all workers', () => {
    const handle = createPoolTable(3, 2);
    const first = new PoolTable(handle, 0);
    const second = new PoolTable(handle, 1);
    first.acquire(2);
    second.acquire(2);
    assert.ok(first.tryOpen(2, 0) && second.tryOpen(2, 0) && second.tryIdle(2, 32));
    assert.deepEqual([first.inflight[2], first.connections[2], first.idleSockets(2)], [2, 2, 1]);
    assert.equal(first.drift(2), 0);
    second.leaveIdle(2);
    for (const table of [first, second]) {
      table.release(2);
      table.closed(2);
    }
    assert.deepEqual([first.inflight[2], first.connections[2], first.idleSockets(2)], [0, 0, 0]);
    assert.equal(first.drift(2), 0);
  });

  it('PoolTable sums what all workers have in flight that were asked to, whatever is there before and whoever is gone', () => {
    const handle = createPoolTable(3, 3);
    const [first, second, third] = [0, 1, 2].map((worker) => new PoolTable(handle, worker));
    for (const table of [first, second, third]) table.acquire(1);
    assert.equal(first.sums.total(), 0);
    first.sumInFlight(true);
    second.sumInFlight(true);
    second.acquire(0);
    assert.equal(third.sums.total(), 3);
    const larger = new PoolTable(createPoolTable(17, 3), 1);
    larger.sumInFlight(true);
    for (const slot of [0, 1]) second.moveSlot(larger, slot);
    assert.deepEqual([first.sums.total(), larger.sums.total()], [1, 2]);
    larger.release(0);
    larger.sumInFlight(false);
    assert.equal(larger.sums.total(), 0);
    larger.sumInFlight(true);
    assert.equal(larger.sums.total(), 1);
    larger.clearLedger(1);
    assert.equal(larger.sums.total(), 0);
  });

  it('PoolTable takes a place back from an endpoint that has left with its limit, where nobody is limited any more', () => {
    const table = new PoolTable(createPoolTable(2, 1), 0);
    table.setHealth(1, DRAINING);
    assert.ok(table.tryAcquire(1, 1, 0));
    table.countInFlight(false);
    table.giveBack(1, 1);
    assert.deepEqual([table.inflight[1] & COUNT_MASK, table.drift(1), table.isEligible(1)], [0, 0, false]);
  });

  it('PoolTable says with a number when eligibility changes', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    const before = table.version[0];
    table.setHealth(0, EJECTED);
    const out = table.version[0];
    table.setHealth(0, 0);
    assert.deepEqual([out > before, table.version[0] > out], [true, true]);
  });

  it('PoolTable opens no more sockets than allowed, and keeps no more idle', () => {
    const handle = createPoolTable(1, 2);
    const tables = [new PoolTable(handle, 0), new PoolTable(handle, 1)];
    const opened = [0, 1, 0, 1, 0].map((worker) => tables[worker].tryOpen(0, 3));
    assert.deepEqual(opened, [true, true, true, false, false]);
    tables[1].closed(0);
    assert.ok(tables[0].tryOpen(0, 3));
    const kept = [1, 0, 1].map((worker) => tables[worker].tryIdle(0, 2));
    assert.deepEqual(kept, [true, true, false]);
    assert.equal(tables[0].idleSockets(0), 2);
    assert.ok(!new PoolTable(createPoolTable(1, 1), 0).tryIdle(0, 0));
    assert.equal(tables[0].drift(0), 0);
  });

  it('PoolTable keeps the count of attempts while eligibility comes and goes', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    table.acquire(0);
    for (const flags of [UNHEALTHY, EJECTED, DRAINING, UNHEALTHY | EJECTED, DRAINING | REFUSED]) {
      table.setHealth(0, flags);
      assert.ok(!table.isEligible(0));
      assert.equal(table.inflight[0] & COUNT_MASK, 1);
      assert.ok(table.inflight[0] >= INELIGIBLE, 'loses every comparison');
      assert.equal(table.drift(0), 0);
      table.setHealth(0, REFUSED);
      assert.ok(table.isEligible(0), 'a refused connect alone does not exclude');
    }
    table.release(0);
    assert.equal(table.inflight[0], 0);
  });

  it('PoolTable sums counters over all workers without mixing slots or counters', () => {
    const handle = createPoolTable(20, 3);
    const tables = [0, 1, 2].map((worker) => new PoolTable(handle, worker));
    for (let slot = 0; slot < 20; slot++) {
      for (let counter = 0; counter < COUNTERS; counter++) {
        tables.forEach((table, worker) => table.count(slot, counter, slot * 100 + counter * 10 + worker));
      }
    }
    for (let slot = 0; slot < 20; slot++) {
      for (let counter = 0; counter < COUNTERS; counter++) {
        assert.equal(tables[1].total(slot, counter), 3 * (slot * 100 + counter * 10) + 3);
      }
    }
  });

  it('PoolTable gives back what a worker held that is gone, and nothing of the others', () => {
    const handle = createPoolTable(5, 2);
    const gone = new PoolTable(handle, 0);
    const alive = new PoolTable(handle, 1);
    for (const slot of [0, 3, 3]) gone.acquire(slot);
    alive.acquire(3);
    gone.tryOpen(4, 0);
    gone.tryIdle(4, 8);
    alive.tryOpen(4, 0);
    alive.setHealth(3, UNHEALTHY);
    assert.equal(alive.clearLedger(0), 5);
    assert.deepEqual([...alive.inflight.subarray(0, 5)], [0, 0, 0, 1 + INELIGIBLE, 0]);
    assert.deepEqual([alive.connections[4], alive.idlePlaces[4], alive.idleSockets(4)], [1, 0, 0]);
    assert.equal(alive.clearLedger(0), 0, 'a second time finds nothing');
    for (let slot = 0; slot < 5; slot++) assert.equal(alive.drift(slot), 0);
  });

  it('PoolTable corrects what is in no ledger, and keeps the ineligible bit and the rest', () => {
    const table = new PoolTable(createPoolTable(2, 1), 0);
    table.acquire(1);
    table.setHealth(1, EJECTED);
    Atomics.add(table.inflight, 1, 3);
    Atomics.add(table.idlePlaces, 1, 1);
    assert.equal(table.drift(1), 4);
    assert.equal(table.correct(1), 4);
    assert.equal(table.inflight[1], INELIGIBLE + 1);
    assert.equal(table.idlePlaces[1], 0);
    assert.equal(table.drift(1), 0);
    assert.equal(table.correct(1), 0);
  });

  it('PoolTable corrects a total that has fallen below 0, with the ineligible bit as it was', () => {
    for (const flags of [0, UNHEALTHY]) {
      const table = new PoolTable(createPoolTable(1, 1), 0);
      table.setHealth(0, flags);
      for (const column of [table.inflight, table.connections, table.idlePlaces]) Atomics.sub(column, 0, 2);
      assert.equal(table.correct(0), 6);
      assert.equal(table.isEligible(0), flags === 0);
      assert.deepEqual([table.inflight[0] & COUNT_MASK, table.connections[0], table.idlePlaces[0]], [0, 0, 0]);
    }
  });

  it('PoolTable hands a slot on only when nothing of its last endpoint is left, under a new generation', () => {
    const table = new PoolTable(createPoolTable(2, 2), 1);
    assert.ok(table.isFree(0));
    table.acquire(0);
    assert.ok(!table.isFree(0));
    table.setHealth(0, DRAINING);
    table.release(0);
    assert.ok(table.isFree(0), 'a draining slot with nothing in flight is free');
    table.tryOpen(0, 0);
    assert.ok(!table.isFree(0));
    table.closed(0);
    table.failures[0] = 4;
    table.count(0, COUNTER_BYTES_SENT, 99);
    table.count(1, COUNTER_BYTES_SENT, 7);
    const before = table.generation[0];
    assert.equal(table.reuse(0), before + 1);
    assert.equal(table.generation[0], before + 1);
    assert.equal(table.generation[1], 0);
    assert.ok(table.isEligible(0));
    assert.deepEqual([table.failures[0], table.health[0], table.total(0, COUNTER_BYTES_SENT)], [0, 0, 0]);
    assert.equal(table.total(1, COUNTER_BYTES_SENT), 7);
  });

  it('PoolTable agrees with plain counting through any course of events', () => {
    const acts = ['acquire', 'release', 'open', 'closed', 'idle', 'leaveIdle', 'bad', 'good', 'gone'] as const;
    const step = fc.record({ worker: fc.nat(2), slot: fc.nat(17), act: fc.constantFrom(...acts) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const handle = createPoolTable(18, 3);
        const tables = [0, 1, 2].map((worker) => new PoolTable(handle, worker));
        const rows = tables.map(() => [
          new Array<number>(18).fill(0),
          new Array<number>(18).fill(0),
          new Array<number>(18).fill(0),
        ]);
        const idleRows = tables.map(() => new Array<number>(18).fill(0));
        const isWanted = new Array<boolean>(18).fill(false);
        for (const { worker, slot, act } of steps) {
          const table = tables[worker];
          const [inflight, connections, places] = rows[worker];
          const idle = idleRows[worker];
          const openAnywhere = rows.reduce((sum, row) => sum + row[1][slot], 0);
          const placesAnywhere = rows.reduce((sum, row) => sum + row[2][slot], 0);
          if (act === 'acquire') {
            table.acquire(slot);
            inflight[slot]++;
          } else if (act === 'release' && inflight[slot] > 0) {
            table.release(slot);
            inflight[slot]--;
          } else if (act === 'open') {
            assert.equal(table.tryOpen(slot, 4), openAnywhere < 4);
            if (openAnywhere < 4) connections[slot]++;
          } else if (act === 'closed' && connections[slot] > 0) {
            table.closed(slot);
            connections[slot]--;
          } else if (act === 'idle') {
            const isPossible = idle[slot] < places[slot] || placesAnywhere < 2;
            assert.equal(table.tryIdle(slot, 2), isPossible);
            if (!isPossible) isWanted[slot] = true;
            else if (++idle[slot] > places[slot]) places[slot]++;
          } else if (act === 'leaveIdle' && idle[slot] > 0) {
            table.leaveIdle(slot);
            idle[slot]--;
            if (isWanted[slot]) {
              places[slot] = idle[slot];
              isWanted[slot] = false;
            }
          } else if (act === 'bad') table.setHealth(slot, UNHEALTHY);
          else if (act === 'good') table.setHealth(slot, 0);
          else if (act === 'gone') {
            assert.equal(
              tables[0].clearLedger(worker),
              rows[worker].flat().reduce((sum, count) => sum + count, 0),
            );
            for (const row of [...rows[worker], idleRows[worker]]) row.fill(0);
          }
        }
        for (let slot = 0; slot < 18; slot++) {
          const sum = (column: number): number => rows.reduce((total, row) => total + row[column][slot], 0);
          assert.equal(tables[0].inflight[slot] & COUNT_MASK, sum(0));
          assert.equal(tables[0].connections[slot], sum(1));
          assert.equal(tables[0].idlePlaces[slot], sum(2));
          assert.equal(
            tables[0].idleSockets(slot),
            idleRows.reduce((total, row) => total + row[slot], 0),
          );
          assert.equal(tables[0].drift(slot), 0);
        }
      }),
    );
  });
});

describe('places for idle sockets', () => {
  it('places for idle sockets stay with a worker that had them, so that it writes nothing shared below what it once kept', () => {
    const table = new PoolTable(createPoolTable(1, 2), 0);
    for (let count = 0; count < 3; count++) assert.ok(table.tryIdle(0, 32));
    const { idlePlaces } = table;
    for (let round = 0; round < 100; round++) {
      table.leaveIdle(0);
      assert.equal(idlePlaces[0], 3);
      assert.ok(table.tryIdle(0, 32));
    }
    assert.equal(idlePlaces[0], 3);
  });

  it('places for idle sockets go to a worker that lacks one, with the next connection that leaves, or when the other is asked', () => {
    const handle = createPoolTable(1, 2);
    const [rich, poor] = [new PoolTable(handle, 0), new PoolTable(handle, 1)];
    assert.ok(rich.tryIdle(0, 2) && rich.tryIdle(0, 2));
    assert.ok(!poor.tryIdle(0, 2));
    rich.leaveIdle(0);
    assert.ok(poor.tryIdle(0, 2));
    assert.ok(!rich.tryIdle(0, 2), 'never more than all');
    assert.equal(rich.idleSockets(0), 2);
    poor.leaveIdle(0);
    rich.leaveIdle(0);
    rich.yieldPlaces(0);
    poor.yieldPlaces(0);
    assert.deepEqual([rich.idlePlaces[0], rich.drift(0)], [0, 0]);
  });

  it('places for idle sockets follow a limit that was lowered', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    for (let count = 0; count < 4; count++) table.tryIdle(0, 4);
    for (let count = 0; count < 3; count++) table.leaveIdle(0);
    assert.ok(!table.tryIdle(0, 1));
    assert.equal(table.idlePlaces[0], 1);
  });
});

describe('attempts in flight', () => {
  it('attempts in flight are in the total that policies compare only of workers that count there, and are known all the same', () => {
    const handle = createPoolTable(2, 2);
    const [counting, silent] = [new PoolTable(handle, 0), new PoolTable(handle, 1)];
    counting.acquire(1);
    silent.acquire(1);
    silent.countInFlight(false);
    silent.acquire(1);
    assert.deepEqual([counting.inflight[1], counting.inFlight(1), counting.drift(1)], [1, 3, 0]);
    silent.countInFlight(true);
    assert.deepEqual([counting.inflight[1], counting.inFlight(1), counting.drift(1)], [3, 3, 0]);
    silent.countInFlight(false);
    counting.setHealth(1, UNHEALTHY);
    assert.equal(counting.inflight[1], INELIGIBLE + 1);
    assert.equal(counting.clearLedger(1), 2);
    assert.deepEqual([counting.inFlight(1), counting.drift(1)], [1, 0]);
    // Whoever takes the slot of that worker begins as everybody does.
    const next = new PoolTable(handle, 1);
    next.acquire(0);
    assert.equal(next.inflight[0], 1);
  });

  it('attempts in flight keep a slot from being handed on, counted or not', () => {
    const table = new PoolTable(createPoolTable(1, 1), 0);
    table.countInFlight(false);
    table.acquire(0);
    assert.ok(!table.isFree(0));
    table.release(0);
    assert.ok(table.isFree(0));
  });

  it('attempts in flight move to a larger table as each of the two counts them', () => {
    for (const [before, after] of [
      [true, false],
      [false, true],
      [false, false],
    ]) {
      const small = new PoolTable(createPoolTable(3, 1), 0);
      const large = new PoolTable(createPoolTable(40, 1), 0);
      small.countInFlight(before);
      large.countInFlight(after);
      small.acquire(2);
      small.moveSlot(large, 2);
      assert.deepEqual([small.inFlight(2), large.inFlight(2)], [0, 1]);
      assert.deepEqual([small.inflight[2], large.inflight[2]], [0, after ? 1 : 0]);
      assert.deepEqual([small.drift(2), large.drift(2)], [0, 0]);
    }
  });
});

describe('a pool table that is outgrown', () => {
  it('a pool table that is outgrown hands over what one worker holds and has counted, slot by slot, and keeps the sums', () => {
    const [small, large] = [createPoolTable(3, 2), createPoolTable(40, 2)];
    const [first, second] = [new PoolTable(small, 0), new PoolTable(small, 1)];
    const [firstAfter, secondAfter] = [new PoolTable(large, 0), new PoolTable(large, 1)];
    for (const table of [first, second]) {
      table.acquire(2);
      table.tryOpen(2, 0);
      table.count(2, COUNTER_BYTES_SENT, 10);
    }
    first.tryIdle(2, 32);
    first.moveSlot(firstAfter, 2);
    assert.deepEqual([first.inflight[2], first.connections[2], first.idleSockets(2)], [1, 1, 0]);
    assert.deepEqual([firstAfter.inflight[2], firstAfter.connections[2], firstAfter.idleSockets(2)], [1, 1, 1]);
    assert.deepEqual([first.total(2, COUNTER_BYTES_SENT), firstAfter.total(2, COUNTER_BYTES_SENT)], [10, 10]);
    // The other one ends instead: the control plane gives back what it held, and moves what it has counted.
    first.clearLedger(1);
    first.moveStripe(firstAfter, 1);
    assert.ok(first.isFree(2));
    assert.equal(secondAfter.total(2, COUNTER_BYTES_SENT), 20);
    firstAfter.leaveIdle(2);
    assert.ok(!firstAfter.isFree(2), 'a place is left');
    firstAfter.yieldPlaces(2);
    firstAfter.closed(2);
    firstAfter.release(2);
    assert.ok(firstAfter.isFree(2));
    assert.deepEqual([first.drift(2), firstAfter.drift(2)], [0, 0]);
  });

  it('a pool table that is outgrown passes generations, failures and health on', () => {
    const small = new PoolTable(createPoolTable(3, 1), 0);
    const large = new PoolTable(createPoolTable(40, 1), 0);
    small.reuse(1);
    small.failures[1] = 4;
    small.setHealth(1, EJECTED);
    large.succeed(small);
    assert.deepEqual([large.generation[1], large.failures[1], large.health[1]], [1, 4, EJECTED]);
    assert.deepEqual([large.isEligible(1), large.isEligible(2)], [false, true]);
  });
});
