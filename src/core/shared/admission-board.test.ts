import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PoolTable, createPoolTable } from './pool-table.ts';

const DAY_MS = 86_400_000;
const NOBODY_ABSENT: readonly number[] = [];

describe('AdmissionBoard', () => {
  it('AdmissionBoard remembers that queues stood for as long as it is asked, also after weeks without', () => {
    const { queue } = new PoolTable(createPoolTable(1, 2), 0);
    assert.ok(!queue.hasStood(5000, 1000));
    queue.stands(5000);
    assert.ok(queue.hasStood(5900, 1000) && !queue.hasStood(6100, 1000));
    // The clock of the thread that said so is a little ahead.
    assert.ok(queue.hasStood(4998, 1000));
    for (let day = 1; day <= 48; day++) assert.ok(!queue.hasStood(5000 + day * DAY_MS, 1000), `after ${day} days`);
  });

  it('AdmissionBoard counts the threads in which somebody waits, wherever in a change one of them was ended', (t) => {
    const handle = createPoolTable(1, 2);
    const [first, second] = [0, 1].map((worker) => new PoolTable(handle, worker));
    first.queue.publish(5);
    const ended = t.mock.method(Atomics, 'sub', () => {
      throw new Error('ended');
    });
    assert.throws(() => first.queue.publish(Infinity));
    ended.mock.restore();
    assert.ok(second.queue.isAnyoneWaiting);
    second.queue.clear(0);
    assert.ok(!second.queue.isAnyoneWaiting);
  });

  it('AdmissionBoard names the thread with the lowest rank, and leaves out all that are absent until they have another', () => {
    const handle = createPoolTable(1, 4);
    const queues = [0, 1, 2, 3].map((worker) => new PoolTable(handle, worker).queue);
    queues.forEach((queue, worker) => queue.publish(40 - worker));
    assert.equal(queues[0].firstElsewhere(40, NOBODY_ABSENT), 3);
    assert.equal(queues[0].firstElsewhere(40, [0, 0, 38, 37]), 1);
    assert.equal(queues[0].firstElsewhere(40, [0, 39, 38, 37]), -1);
    queues[2].publish(36);
    assert.equal(queues[0].firstElsewhere(40, [0, 39, 38, 37]), 2);
  });
});
