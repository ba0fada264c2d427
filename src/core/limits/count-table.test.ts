import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createSeededRandom } from '../random.ts';
import { CountTable, FULL, UNTRACKED, createCountTable } from './count-table.ts';

describe('a table of counts', () => {
  it('a table of counts lets each key hold as much as it may, and again what was given back', () => {
    const table = new CountTable(createCountTable(64, 2), 0);
    const held = [table.take(1, 2, 2), table.take(1, 2, 2)];
    assert.ok(held.every((at) => at >= 0));
    assert.equal(table.take(1, 2, 2), FULL);
    assert.ok(table.take(1, 3, 2) >= 0, 'another key');
    table.release(held[0]);
    assert.ok(table.take(1, 2, 2) >= 0);
    assert.equal(table.held, 3);
  });

  it('a table of counts counts as a map does, whatever comes and goes', () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    const random = createSeededRandom(seed);
    const table = new CountTable(createCountTable(1024, 2), 1);
    const counts = new Map<number, number>();
    const holding: [key: number, at: number][] = [];
    for (let step = 0; step < 50_000; step++) {
      const key = Math.floor(random.next() * 60);
      const count = counts.get(key) ?? 0;
      if (random.next() < 0.5) {
        const at = table.take(Math.imul(key + 1, 0x9e3779b9), key, 3);
        assert.equal(at === FULL, count === 3, `SEED=${seed}, step ${step}`);
        if (at < 0) continue;
        holding.push([key, at]);
        counts.set(key, count + 1);
      } else if (holding.length > 0) {
        const [[other, at]] = holding.splice(Math.floor(random.next() * holding.length), 1);
        table.release(at);
        counts.set(other, (counts.get(other) ?? 0) - 1);
      }
      if (step % 1000 === 0) assert.equal(table.held, holding.length);
    }
  });

  it('a table of counts has room for twice eight keys that meet, and says where there is none', () => {
    const table = new CountTable(createCountTable(16, 1), 0);
    const taken = Array.from({ length: 16 }, (_, key) => table.take(0, key + 1, 1));
    assert.ok(taken.every((at) => at >= 0));
    assert.equal(table.take(0, 17, 1), UNTRACKED);
    table.release(UNTRACKED);
    table.release(taken[3]);
    assert.ok(table.take(0, 17, 1) >= 0);
    assert.equal(table.held, 16);
  });

  it('a table of counts waits for a thread that has lost the processor while it made a slot', async () => {
    const handle = createCountTable(16, 2);
    const words = new Int32Array(handle.buffer);
    // The mark of the second thread, and a tag.
    [words[7], words[15]] = [6, -2];
    const other = new Worker(
      'const { workerData } = require("node:worker_threads"); const words = new Int32Array(workerData);' +
        'Atomics.wait(words, 14, 0, 30); Atomics.store(words, 15, 1);',
      { eval: true, workerData: handle.buffer },
    );
    await once(other, 'online');
    assert.equal(new CountTable(handle, 0).take(0, 6, 1), FULL);
    await once(other, 'exit');
  });

  it('a table of counts takes back what a thread held that is gone, and what it was making', () => {
    const handle = createCountTable(16, 3);
    const [gone, left] = [new CountTable(handle, 1), new CountTable(handle, 2)];
    for (let round = 0; round < 2; round++) assert.ok(gone.take(0, 5, 9) >= 0);
    const kept = left.take(0, 5, 9);
    const words = new Int32Array(handle.buffer);
    // The mark of the second thread, and a tag.
    [words[7], words[15]] = [6, -2];
    assert.equal(left.take(0, 6, 9), UNTRACKED, 'whoever makes it is not waited for without end');
    left.clearLedger(1);
    assert.equal(left.held, 1);
    assert.ok(left.take(0, 6, 9) >= 0);
    left.release(kept);
    assert.equal(left.held, 1);
  });
});
