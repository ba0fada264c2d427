/**
 * A whole pool under random faults, beside a slow reference that knows only the rules: short, and the same in each run.
 * test/long has more of it.
 */
import { test } from 'node:test';
import { checkModel } from '../support/pool-model/commands.ts';

for (const [threads, runs] of [
  [1, 12],
  [4, 8],
]) {
  test(`whatever its servers and clients do, a pool is as its reference says (${threads} threads)`, () =>
    checkModel(threads, runs, 1));
}
