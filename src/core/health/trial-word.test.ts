/** A trial is taken by one of several threads; this file is its own worker. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { PoolTable, createPoolTable } from '../shared/pool-table.ts';
import type { PoolTableHandle } from '../shared/pool-table.ts';
import {
  FIT,
  FIT_LATE,
  UNFIT,
  clearTrial,
  isTrialDue,
  noneIsDue,
  offerToAny,
  offerTrial,
  takeTrial,
  trialHolder,
} from './trial-word.ts';

const THREADS = 4;
const TRIALS = 2000;
/** Offered at the same time. */
const PLACES = 3;

interface Job {
  readonly handle: PoolTableHandle;
  readonly worker: number;
  readonly done: Int32Array;
}

/** Takes what it can of the trials that main offers; answers their numbers. */
function takeAll({ handle, worker, done }: Job): number[] {
  const table = new PoolTable(handle, worker);
  const taken: number[] = [];
  while (Atomics.load(done, 0) === 0) {
    const trial = takeTrial(table, 0, FIT);
    if (trial !== null) taken.push(trial.number);
  }
  return taken;
}

if (isMainThread) describeTrials();
else parentPort?.postMessage(takeAll(workerData as Job));

function describeTrials(): void {
  const create = (worker = 3): PoolTable => new PoolTable(createPoolTable(4, 8), worker);

  describe('a trial in shared memory', () => {
    it('a trial in shared memory goes to a fit request at once, and says who has it', () => {
      const table = create();
      assert.equal(takeTrial(table, 1, FIT), null);
      offerTrial(table, 1, { number: 7, needsWhole: true });
      assert.ok(isTrialDue(table, 1));
      assert.equal(trialHolder(table, 1), -1);
      assert.deepEqual(takeTrial(table, 1, FIT), { number: 7, needsWhole: true });
      assert.equal(trialHolder(table, 1), 3);
      assert.ok(!isTrialDue(table, 1));
      assert.equal(takeTrial(table, 1, FIT), null);
    });

    it('a trial in shared memory goes to any other request only when no fit one has come in time', () => {
      const table = create();
      offerTrial(table, 1, { number: 7, needsWhole: false });
      assert.equal(takeTrial(table, 1, FIT_LATE), null);
      offerToAny(table, 1, 6);
      assert.equal(takeTrial(table, 1, FIT_LATE), null, 'that was about another trial');
      offerToAny(table, 1, 7);
      assert.equal(takeTrial(table, 1, UNFIT), null);
      assert.deepEqual(takeTrial(table, 1, FIT_LATE), { number: 7, needsWhole: false });
      offerToAny(table, 1, 7);
      assert.equal(trialHolder(table, 1), 3, 'one that is taken stays so');
    });

    it('a trial in shared memory raises a version that goes back to 0 only for who has seen the last of them', () => {
      const table = create();
      assert.equal(table.trialsDue[0], 0);
      offerTrial(table, 1, { number: 1, needsWhole: false });
      const seen = table.trialsDue[0];
      offerTrial(table, 2, { number: 2, needsWhole: false });
      noneIsDue(table, seen);
      assert.notEqual(table.trialsDue[0], 0);
      noneIsDue(table, table.trialsDue[0]);
      assert.equal(table.trialsDue[0], 0);
    });

    it('a trial in shared memory keeps number and worker apart up to the largest of both', () => {
      const table = new PoolTable(createPoolTable(1, 4000), 3999);
      offerTrial(table, 0, { number: 2 ** 18 - 1, needsWhole: true });
      assert.deepEqual(takeTrial(table, 0, FIT), { number: 2 ** 18 - 1, needsWhole: true });
      assert.equal(trialHolder(table, 0), 3999);
      clearTrial(table, 0);
      assert.equal(trialHolder(table, 0), -1);
    });

    it('a trial in shared memory is one of several where several are offered, each in a place of its own', () => {
      const table = create();
      for (const place of [0, 1, 9]) offerTrial(table, 1, { number: place + 1, needsWhole: false }, place);
      assert.deepEqual(
        [1, 2, 3, 4].map(() => takeTrial(table, 1, FIT)?.number ?? null),
        [1, 2, 10, null],
      );
      assert.deepEqual([trialHolder(table, 1, 9), trialHolder(table, 0, 9), trialHolder(table, 2)], [3, -1, -1]);
      clearTrial(table, 1, 1);
      offerTrial(table, 1, { number: 20, needsWhole: false }, 1);
      assert.ok(isTrialDue(table, 1) && !isTrialDue(table, 0) && !isTrialDue(table, 2));
      offerToAny(table, 1, 20, 1);
      assert.equal(takeTrial(table, 1, FIT_LATE)?.number, 20);
      const generation = table.reuse(1);
      assert.deepEqual([generation, trialHolder(table, 1, 9)], [1, -1]);
    });

    it('a trial in shared memory is taken once, with four threads reaching for it at the same time', async () => {
      const handle = createPoolTable(1, THREADS);
      const table = new PoolTable(handle, 0);
      const done = new Int32Array(new SharedArrayBuffer(4));
      const taken = Array.from({ length: THREADS }, async (_, worker) => {
        const thread = new Worker(new URL(import.meta.url), { workerData: { handle, worker, done } satisfies Job });
        const [numbers] = await once(thread, 'message');
        return numbers as number[];
      });
      for (let number = 1; number <= TRIALS; number++) {
        const place = number % PLACES;
        while (number > PLACES && trialHolder(table, 0, place) < 0) await new Promise(setImmediate);
        offerTrial(table, 0, { number, needsWhole: false }, place);
      }
      for (let place = 0; place < PLACES; place++) {
        while (trialHolder(table, 0, place) < 0) await new Promise(setImmediate);
      }
      Atomics.store(done, 0, 1);
      const numbers = (await Promise.all(taken)).flat().toSorted((a, b) => a - b);
      assert.deepEqual(
        numbers,
        Array.from({ length: TRIALS }, (_, index) => index + 1),
      );
    });
  });
}
