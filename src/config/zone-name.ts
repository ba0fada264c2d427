/** The name of a zone, as operators give it: a data centre, an availability zone, a rack. */
import { Mistake } from './errors.ts';
import { scalar } from './scalars.ts';
import { describeValue } from './units.ts';

const PATTERN = '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$';
const NAME = new RegExp(PATTERN);

/** `none` is `''`. */
export const zoneName = scalar(
  (value): string | Mistake => {
    if (value === 'none' || value === 'off') return '';
    if (typeof value === 'string' && NAME.test(value)) return value;
    return new Mistake(`${describeValue(value)} is not the name of a zone`, 'Write a name such as eu-1, or none.');
  },
  { type: 'string', pattern: PATTERN, words: 'name, or `none`' },
);
