/** How a part of the config names the pool that it leads to. */
import { Mistake } from './errors.ts';
import { scalar } from './scalars.ts';
import { describeValue } from './units.ts';

export const poolName = scalar(
  (value) =>
    typeof value === 'string'
      ? value
      : new Mistake(`${describeValue(value)} is not the name of a pool`, 'Write the name of a pool.'),
  { type: 'string', words: 'name of a pool', tsType: 'PoolName' },
);
