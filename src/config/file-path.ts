/** Paths of files that a config names. Those of a file are absolute by now (`named-files.ts`). */
import { Mistake } from './errors.ts';
import { scalar } from './scalars.ts';
import { describeValue } from './units.ts';

/** `example` is what to write in place of what is no path. */
export function filePath(example: string) {
  return scalar(
    (value) =>
      typeof value === 'string' && value !== '' && !value.includes('\0')
        ? value
        : new Mistake(`${describeValue(value)} is not a path`, `Write a path, e.g. ${example}.`),
    { type: 'string', pattern: '.', words: 'path' },
  );
}
