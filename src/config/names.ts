import { Mistake } from './errors.ts';
import { describeValue } from './units.ts';

export const NAME_PATTERN = '^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}$';
const NAME = new RegExp(NAME_PATTERN);

/** The name of a listener, route or pool: an identity, which shows up in logs, metrics and paths of the API. */
export function parseName(value: unknown): string | Mistake {
  // Numbers are names as well: they reach us as numbers from YAML where they are values, as text where they are keys.
  const name = typeof value === 'number' ? String(value) : value;
  if (typeof name === 'string' && NAME.test(name) && name !== '__proto__') return name;
  return new Mistake(
    `${describeValue(value)} is not a name`,
    'Use up to 128 letters, digits and the signs _ . : / -, with a letter or digit first.',
  );
}
