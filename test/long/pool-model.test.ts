/** Many runs of the model of a pool, by another seed each time; it is printed with what fails. SEED=… repeats one. */
import { test } from 'node:test';
import { checkModel } from '../support/pool-model/commands.ts';

const RUNS = Number(process.env['RUNS'] ?? 500);
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

for (const threads of [1, 4]) {
  test(`whatever its servers and clients do for long, a pool is as its reference says (${threads} threads)`, (t) => {
    t.diagnostic(`SEED=${SEED}`);
    return checkModel(threads, RUNS, SEED);
  });
}
