import { NAME_PATTERN, parseName } from './names.ts';
import { scalar } from './scalars.ts';

/** A name where it is a value, and no key of a map. */
export const plainName = scalar(parseName, {
  anyOf: [{ type: 'string', pattern: NAME_PATTERN }, { type: 'number' }],
  words: 'name',
});
