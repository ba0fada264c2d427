/** How a part of the config names the pool that it leads to. */
import { isUnixAddress } from '../core/unix-address.ts';
import { didYouMean, listNames } from './closest-name.ts';
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

const ADDRESS = /^(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/;
const SWITCH = /^(?:on|true|yes|off|false|no|none)$/i;
const MOST_LISTED = 8;

/** `names`: those that there are. */
export function describeNoPool(name: string, names: readonly string[]): Mistake {
  if (ADDRESS.test(name) || isUnixAddress(name)) {
    const cure = `Name a pool here, and write the address in it, e.g. pools: { db: [${JSON.stringify(name)}] }.`;
    return new Mistake(`${JSON.stringify(name)} is an address, and not the name of a pool`, cure);
  }
  const shown = names.length > MOST_LISTED ? 'Add the pool, or name one that is there.' : `Use ${listNames(names)}.`;
  if (SWITCH.test(name))
    return new Mistake(`${JSON.stringify(name)} is not the name of a pool, which belongs here`, shown);
  return new Mistake(`there is no pool ${JSON.stringify(name)}`, didYouMean(name, names, shown));
}
