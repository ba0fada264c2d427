import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUEUE_WAITED, rankOf } from '../core/shared/admission-board.ts';
import { PoolTable, createPoolTable } from '../core/shared/pool-table.ts';
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

/** A thread with its queue. `places`: those of all threads together. */
class Thread {
  readonly table: PoolTable;
  readonly looks = new Looks();
  readonly admission: Admission<Queued>;

  constructor(handle: PoolTable['handle'], worker: number, places: { free: number }) {
    this.table = new PoolTable(handle, worker);
    this.admission = new Admission<Queued>({
      table: this.table,
      turns: this.looks,
      clock: { now: () => 0 },
      targetMs: () => 0,
      isFull: () => places.free === 0,
      reportFault: (error) => assert.fail(String(error)),
    });
  }
}

function threads(count: number): { readonly crew: readonly Thread[]; readonly places: { free: number } } {
  const handle = createPoolTable(1, count);
  const places = { free: 0 };
  return { places, crew: Array.from({ length: count }, (_none, worker) => new Thread(handle, worker, places)) };
}

/** `onTurn`: what it does when it is let go. */
function request(askedAt: number, onTurn: (self: Queued) => void): Queued {
  const self: Queued = {
    waitingSince: askedAt,
    rank: rankOf(1, askedAt),
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
    for (const [at, { table }] of stalled.entries()) table.queue.publish(rankOf(1, at));
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
});
