/** Versions of TLS that Fairlead speaks. */
import { Mistake } from './errors.ts';
import { scalar } from './scalars.ts';
import { describeValue } from './units.ts';

const VERSIONS = ['1.2', '1.3'] as const;
/** As other programs write versions that nobody should speak any more. */
const OLD_VERSION = /^(?:sslv?[23](?:\.0)?|(?:tlsv?)?1(?:\.[01])?|version(?:tls1[01]|ssl30))$/i;

/** YAML reads `1.2` without quotes as a number. */
export const tlsVersion = scalar(
  (value): (typeof VERSIONS)[number] | Mistake => {
    const text = typeof value === 'number' ? String(value) : value;
    const found = VERSIONS.find((version) => version === text);
    if (found !== undefined) return found;
    const word = typeof text === 'string' ? text.replaceAll(/[\s_-]/g, '') : '';
    const meant = /^(?:version)?tlsv?1\.?([23])$/i.exec(word)?.[1];
    if (meant !== undefined) return new Mistake(`${describeValue(value)} is not a version`, `Write '1.${meant}'.`);
    if (OLD_VERSION.test(word)) {
      const message = `TLS below 1.2 can be broken, and Fairlead does not speak it: ${describeValue(value)}`;
      return new Mistake(message, "Write '1.2' or '1.3'.");
    }
    return new Mistake(`${describeValue(value)} is not a version of TLS`, "Write '1.2' or '1.3'.");
  },
  { enum: [...VERSIONS, 1.2, 1.3], words: "`'1.2'`, `'1.3'`", tsType: "'1.2' | '1.3'" },
);
