import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rankOf } from '../core/resilience/queue-class.ts';
import { AdmissionBoard } from '../core/shared/admission-board.ts';
import { PoolTable, createPoolTable } from '../core/shared/pool-table.ts';
import { QUEUE_SHED, QUEUE_WAITED } from '../core/shared/queue-counters.ts';
import type { Cancel, LoopTurns } from '../net/loop-turns.ts';
import { Admission } from './admission.ts';
import type { Queued } from './admission.ts';

/** One look of each thread at a time. */
class Looks implements LoopTurns {
  #look: (() => void) | null = null;

  every(_ms: number, task: () => void): Cancel {
    this.#look = task;
    return () => (this.#look = null);
  }

  once(): Cancel {
    throw new Error('not used here');
  }

  look(times = 1): void {
    for (let count = 0; count < times; count++) this.#look?.();
  }
}

/** Those of all threads together: for anybody, and the slots of endpoints that have one. */
interface Places {
  free: number;
  at: number[];
}

/** A thread with its queue. */
class Thread {
  readonly table: PoolTable;
  readonly board: AdmissionBoard;
  readonly looks = new Looks();
  readonly admission: Admission<Queued>;
  now = 0;
  targetMs = 0;

  constructor(handle: PoolTable['handle'], worker: number, places: Places) {
    this.table = new PoolTable(handle, worker);
    this.board = new AdmissionBoard(handle, worker);
    this.admission = new Admission<Queued>({
      table: this.table,
      turns: this.looks,
      clock: { now: () => this.now },
      targetMs: () => this.targetMs,
      isFull: () => places.free === 0,
      hasPlaceAt: (slot) => places.at.includes(slot),
      reportFault: (error) => assert.fail(String(error)),
    });
  }
}

function threads(count: number): { readonly crew: readonly Thread[]; readonly places: Places } {
  const handle = createPoolTable(1, count);
  const places: Places = { free: 0, at: [] };
  return { places, crew: Array.from({ length: count }, (_none, worker) => new Thread(handle, worker, places)) };
}

/** `onTurn`: what it does when it is let go. `homeSlot`: of the endpoint that it waits for, and `places` for that. */
function request(askedAt: number, onTurn: (self: Queued) => void, homeSlot = -1, places?: Places): Queued {
  const self: Queued = {
    waitingSince: askedAt,
    rank: rankOf(1, askedAt),
    homeSlot,
    hasToWait: () => places?.at.includes(homeSlot) === false,
    onReleased: () => onTurn(self),
    onHoldEnded() {},
    onOwnFault: () => assert.fail('it was at fault'),
  };
  return self;
}

describe('Admission', () => {
  it('Admission passes over every thread that does not come for its place, however many stand still', () => {
    const { crew, places } = threads(4);
    const [alive, ...stalled] = crew;
    for (const [at, { board }] of stalled.entries()) board.publish(rankOf(1, at));
    let isServed = false;
    const waiting = request(50, () => (isServed = true));
    assert.ok(alive.admission.enter(waiting, 10));
    places.free = 1;
    alive.looks.look(20);
    assert.ok(!isServed);
    alive.looks.look(60);
    assert.ok(isServed);
  });

  it('Admission keeps its turn, and its place among those that wait, for whoever finds no place when it has come', () => {
    const { crew, places } = threads(2);
    const [own, other] = crew;
    const turns: string[] = [];
    const waits = (name: string, isLucky: () => boolean): Queued =>
      request(7, (self) => {
        turns.push(name);
        if (isLucky()) return;
        // Another thread has been faster, and so has one that takes the last place in the queue.
        other.admission.enter(
          request(90, () => {}),
          2,
        );
        assert.ok(own.admission.enter(self, 2), 'it waits on');
      });
    let isLucky = false;
    own.admission.enter(
      waits('first', () => isLucky),
      2,
    );
    own.admission.enter(
      waits('second', () => true),
      2,
    );
    places.free = 1;
    own.looks.look();
    assert.deepEqual([turns, own.admission.size, own.table.queue.total(QUEUE_WAITED)], [['first'], 2, 3]);
    isLucky = true;
    own.looks.look();
    assert.deepEqual(turns, ['first', 'first', 'second']);
  });

  it('Admission leaves a place at an endpoint to the thread of whoever has waited longest for it, or for any', () => {
    const { crew, places } = threads(2);
    const turns: string[] = [];
    const waits = ([own]: readonly Thread[], name: string, askedAt: number, homeSlot: number): void => {
      const take = (): void => {
        turns.push(name);
        places.at = [];
        places.free = 0;
      };
      assert.ok(own.admission.enter(request(askedAt, take, homeSlot, places), 10));
    };
    const [here, there] = crew.map((thread) => [thread]);
    waits(here, 'for 3, at 20', 20, 3);
    waits(there, 'for 3, at 10', 10, 3);
    waits(there, 'for 5, at 5', 5, 5);
    waits(here, 'for any, at 30', 30, -1);
    // Both threads look at each round, the one with the later request first.
    const round = (at: readonly number[]): void => {
      places.at = [...at];
      places.free = at.length;
      for (const { looks } of crew) looks.look();
    };
    for (const at of [[3], [3], [5], [7]]) round(at);
    assert.deepEqual(turns, ['for 3, at 10', 'for 3, at 20', 'for 5, at 5', 'for any, at 30']);
    assert.ok(!here[0].admission.isAnyoneWaiting);
  });

  it('Admission passes over a thread that does not come for the place at an endpoint that it waits for', () => {
    const { crew, places } = threads(2);
    const [alive, stalled] = crew;
    stalled.board.publishHome(3, rankOf(1, 10));
    let isServed = false;
    assert.ok(
      alive.admission.enter(
        request(20, () => (isServed = true)),
        10,
      ),
    );
    places.at = [3];
    places.free = 1;
    alive.looks.look(20);
    assert.deepEqual([isServed, alive.admission.isAwaited(3, rankOf(1, 20))], [false, true]);
    alive.looks.look();
    assert.deepEqual([isServed, alive.admission.isAwaited(3, rankOf(1, 20))], [true, false]);
  });

  it('Admission keeps a place at an endpoint for those who wait for it alone, from whoever comes later', () => {
    const { crew } = threads(2);
    const [own, other] = crew;
    const places: Places = { free: 0, at: [] };
    const waiting = request(10, () => {}, 3, places);
    assert.ok(own.admission.enter(waiting, 10));
    const [later, earlier] = [rankOf(1, 11), rankOf(1, 9)];
    for (const { admission } of [own, other]) {
      assert.ok(admission.isAwaited(3, later) && !admission.isAwaited(3, earlier) && !admission.isAwaited(2, later));
      assert.ok(admission.isBehind(request(11, () => {}, 3, places)));
      assert.ok(!admission.isBehind(request(11, () => {}, 2, places)) && !admission.isBehind(request(11, () => {})));
    }
    // It leaves nothing behind.
    own.admission.leave(waiting);
    assert.ok(!other.admission.isAnyoneWaiting && !other.admission.isAwaited(3, later));
    assert.equal(own.table.held.queued, 0);
  });

  it('Admission goes on in a larger table with those who wait for an endpoint', () => {
    const { crew } = threads(2);
    const [own, other] = crew;
    const waiting = request(10, () => {}, 3, { free: 0, at: [] });
    own.admission.enter(waiting, 10);
    const larger = createPoolTable(40, 2);
    own.admission.moveTo(new PoolTable(larger, 0));
    assert.ok(!other.admission.isAnyoneWaiting);
    const seen = new AdmissionBoard(larger, 1);
    assert.ok(seen.isHomeAwaited(3, rankOf(1, 11), []));
    own.admission.end();
    assert.ok(!seen.isAnyoneWaiting);
  });

  it('Admission sheds those that have waited for too long where a queue stands, and leaves one for each kind of place', () => {
    const { crew } = threads(1);
    const [thread] = crew;
    const shed: string[] = [];
    const waits = (name: string, homeSlot: number): void => {
      const waiting = request(1, () => {}, homeSlot, { free: 0, at: [] });
      assert.ok(thread.admission.enter({ ...waiting, onHoldEnded: () => void shed.push(name) }, 10));
    };
    for (const name of ['any-1', 'any-2', 'any-3']) waits(name, -1);
    for (const name of ['at-3-1', 'at-3-2']) waits(name, 3);
    waits('at-5', 5);
    thread.targetMs = 100;
    for (thread.now = 1; thread.now < 190; thread.now += 5) thread.looks.look();
    assert.deepEqual(shed, []);
    for (; thread.now < 220; thread.now += 5) thread.looks.look();
    assert.deepEqual(shed, ['any-1', 'any-2', 'at-3-1']);
    assert.deepEqual([thread.admission.size, thread.table.queue.total(QUEUE_SHED)], [3, 3]);
  });
});
