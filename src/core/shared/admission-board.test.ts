import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AdmissionBoard } from './admission-board.ts';
import { PoolTable, createPoolTable } from './pool-table.ts';

const DAY_MS = 86_400_000;
const NOBODY_ABSENT: readonly number[] = [];

describe('AdmissionBoard', () => {
  it('AdmissionBoard remembers that queues stood for as long as it is asked, also after weeks without', () => {
    const queue = new AdmissionBoard(createPoolTable(1, 2), 0);
    assert.ok(!queue.hasStood(5000, 1000));
    queue.stands(5000);
    assert.ok(queue.hasStood(5900, 1000) && !queue.hasStood(6100, 1000));
    // The clock of the thread that said so is a little ahead.
    assert.ok(queue.hasStood(4998, 1000));
    for (let day = 1; day <= 48; day++) assert.ok(!queue.hasStood(5000 + day * DAY_MS, 1000), `after ${day} days`);
  });

  it('AdmissionBoard counts the threads in which somebody waits, wherever in a change one of them was ended', (t) => {
    const handle = createPoolTable(1, 2);
    const [first, second] = [0, 1].map((worker) => new AdmissionBoard(handle, worker));
    first.publish(5);
    const ended = t.mock.method(Atomics, 'sub', () => {
      throw new Error('ended');
    });
    assert.throws(() => first.publish(Infinity));
    ended.mock.restore();
    assert.ok(second.isAnyoneWaiting);
    new PoolTable(handle, 1).queue.clear(0);
    assert.ok(!second.isAnyoneWaiting);
  });

  it('AdmissionBoard names the thread with the lowest rank, and leaves out all that are absent until they have another', () => {
    const queues = boards(4);
    queues.forEach((queue, worker) => queue.publish(40 - worker));
    const absent: number[] = [];
    assert.equal(queues[0].firstElsewhere(40, absent), 3);
    for (const worker of [2, 3]) absent[worker] = queues[0].stampOf(worker);
    assert.equal(queues[0].firstElsewhere(40, absent), 1);
    absent[1] = queues[0].stampOf(1);
    assert.equal(queues[0].firstElsewhere(40, absent), -1);
    queues[2].publish(36);
    assert.equal(queues[0].firstElsewhere(40, absent), 2);
  });

  it('AdmissionBoard names the thread with the lowest rank of those that wait for an endpoint with a place', () => {
    const queues = boards(3);
    const [own, second, third] = queues;
    const hasPlace = (slot: number): boolean => slot !== 5;
    own.publishHome(4, 1);
    assert.equal(own.firstHomeElsewhere(Infinity, NOBODY_ABSENT, hasPlace), -1);
    second.publishHome(5, 2);
    second.publishHome(4, 8);
    third.publishHome(3, 6);
    assert.equal(own.firstHomeElsewhere(Infinity, NOBODY_ABSENT, hasPlace), 2);
    assert.equal(own.firstHomeElsewhere(6, NOBODY_ABSENT, hasPlace), -1);
    assert.equal(own.firstHomeElsewhere(Infinity, [0, 0, own.stampOf(2)], hasPlace), 1);
    assert.ok(own.isHomeAwaited(5, 3, NOBODY_ABSENT) && !own.isHomeAwaited(5, 2, NOBODY_ABSENT));
    assert.ok(!own.isHomeAwaited(4, 8, NOBODY_ABSENT));
    assert.ok(!own.isHomeAwaited(5, 3, [0, own.stampOf(1)]));
    // None of them waits for any place.
    assert.equal(own.firstElsewhere(Infinity, NOBODY_ABSENT), -1);
  });

  it('AdmissionBoard knows whether anybody waits for an endpoint, also when a thread that did is gone', () => {
    const handle = createPoolTable(16, 2);
    const [own, other] = boards(2, handle);
    for (const slot of [0, 7, 15]) other.publishHome(slot, 3);
    other.publishHome(7, Infinity);
    assert.ok(own.isAnyoneWaiting && own.isAnyHomeAwaited);
    new PoolTable(handle, 0).queue.clear(1);
    assert.ok(!own.isAnyoneWaiting && !own.isAnyHomeAwaited);
    other.publishHome(7, 9);
    assert.ok(own.isHomeAwaited(7, 10, NOBODY_ABSENT));
    other.publishHome(7, Infinity);
    assert.ok(!own.isAnyoneWaiting);
  });
});

function boards(count: number, handle = createPoolTable(16, count)): AdmissionBoard[] {
  return Array.from({ length: count }, (_none, worker) => new AdmissionBoard(handle, worker));
}
