/** Where operators reach a running Fairlead. */
import { Mistake } from './errors.ts';
import { isOff, scalar } from './scalars.ts';
import { describeValue } from './units.ts';

/** The longest path of a Unix socket on Linux; macOS has four less. */
const LONGEST_PATH = 103;

export const adminAddress = scalar(
  (value): string | Mistake => {
    if (isOff(value)) return 'off';
    if (value === 'auto') return value;
    const isPath = typeof value === 'string' && /^unix:\/[^\0]*[^/\0]$/.test(value);
    if (isPath && Buffer.byteLength(value) <= LONGEST_PATH + 'unix:'.length) return value;
    if (isPath) return new Mistake(`a socket's path has at most ${LONGEST_PATH} bytes`, 'Choose a shorter path.');
    return new Mistake(
      `${describeValue(value)} is not a socket`,
      'Write auto, off, or e.g. unix:/run/fairlead/admin.sock; addresses of TCP are not built yet.',
    );
  },
  {
    anyOf: [{ enum: ['auto', 'off', false] }, { type: 'string', pattern: '^unix:/' }],
    words: '`auto`, `off`, or `unix:/path`',
  },
);
