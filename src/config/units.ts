/** Times and sizes as the config writes them, with a unit, into milliseconds and bytes. */
import { Mistake } from './errors.ts';

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
/** What a timer of Node can hold. */
const LONGEST_MS = 2 ** 31 - 1;
const AMOUNT = '\\d{1,15}(?:\\.\\d{1,9})?';
const QUANTITY = new RegExp(`^(${AMOUNT}) ?([A-Za-z]+)$`);

/** For those who check a config without running this. */
export const DURATION_PATTERN = `^${AMOUNT} ?(?:${Object.keys(DURATION_UNITS).join('|')})$`;
export const PERCENT_PATTERN = '^(?:100|[1-9]\\d?) ?%$';
export const SIZE_PATTERN = `^${AMOUNT} ?(?:${Object.keys(SIZE_UNITS).join('|')})$`;

const DURATION_CURE = 'Write a number and one of ms, s, m, h, d, e.g. 500ms or 5s.';
const SIZE_CURE = 'Write a number and one of B, KiB, MiB, GiB (or kB, MB, GB for powers of ten), e.g. 64KiB.';

/** `500ms`, `1.5s`, `1h` → milliseconds, at least 1 and at most 24 days: as long as a timer can be. */
export function parseDuration(value: unknown): number | Mistake {
  return parseDurationUpTo(LONGEST_MS, value);
}

/** The same for a time that no timer measures. */
export function parseDurationUpTo(longestMs: number, value: unknown): number | Mistake {
  if (isPlainNumber(value)) {
    return new Mistake(
      `a time needs a unit, ${value} has none`,
      `Write ${value}s for seconds or ${value}ms for milliseconds.`,
    );
  }
  const [amount, unit] = parseQuantity(value);
  const factor = factorOf(DURATION_UNITS, unit);
  if (factor === null) return notQuantity(value, 'a time', unit, OTHER_DURATION_UNITS, DURATION_CURE);
  const ms = Math.round(amount * factor);
  if (ms < 1) return new Mistake('a time of 0 is not possible here', 'Write at least 1ms.');
  if (ms > longestMs) {
    return new Mistake(`${amount}${unit} is too long`, `Write at most ${Math.floor(longestMs / DURATION_UNITS.d)}d.`);
  }
  return ms;
}

/** `512B`, `64KiB`, `16MiB`, `1.5GiB`, `10MB` → bytes, at least 1. */
export function parseSize(value: unknown): number | Mistake {
  if (isPlainNumber(value)) {
    return new Mistake(
      `a size needs a unit, ${value} has none`,
      `Write ${value}B for bytes or ${value}KiB for kibibytes.`,
    );
  }
  const [amount, unit] = parseQuantity(value);
  const factor = factorOf(SIZE_UNITS, unit);
  if (factor === null) return notQuantity(value, 'a size', unit, OTHER_SIZE_UNITS, SIZE_CURE);
  const bytes = Math.round(amount * factor);
  if (bytes < 1) return new Mistake('a size of 0 is not possible here', 'Write at least 1B.');
  if (!Number.isSafeInteger(bytes)) return new Mistake(`${amount}${unit} is too large`, 'Write a smaller size.');
  return bytes;
}

/** `1%` to `100%`, whole → 1 to 100. */
export function parsePercent(value: unknown): number | Mistake {
  const cure = 'Write a whole number from 1 to 100 and %, e.g. 20%.';
  const found = typeof value === 'string' ? /^(\d{1,3}) ?%$/.exec(value) : null;
  const percent = found === null ? 0 : Number(found[1]);
  if (percent >= 1 && percent <= 100) return percent;
  if (!isPlainNumber(value)) return new Mistake(`${describeValue(value)} is not a share`, cure);
  return new Mistake(`a share is written in percent, ${value} has no %`, cure);
}

function factorOf(units: Readonly<Record<string, number>>, unit: string): number | null {
  return Object.hasOwn(units, unit) ? units[unit] : null;
}

export const RATE_PATTERN = '^\\d{1,9}(?:\\.\\d{1,3})?/s$';

/** `10/s` → 10. */
export function parseRate(value: unknown): number | Mistake {
  if (typeof value === 'string' && new RegExp(RATE_PATTERN).test(value)) return Number.parseFloat(value);
  const cure = isPlainNumber(value) ? `Write ${value}/s.` : 'Write a number for each second, e.g. 10/s.';
  return new Mistake(`${describeValue(value)} is not a rate`, cure);
}

export const BYTE_RATE_PATTERN = `${SIZE_PATTERN.slice(0, -1)}/s$`;

/** `240B/s`, `1 KiB/s` → bytes each second. */
export function parseByteRate(value: unknown): number | Mistake {
  const cure = 'Write a size for each second, e.g. 240B/s.';
  const found = typeof value === 'string' ? /^([^/]+)\/s$/.exec(value) : null;
  if (found !== null) {
    const bytes = parseSize(found[1]);
    return typeof bytes === 'number' ? bytes : new Mistake(bytes.message, cure);
  }
  if (isPlainNumber(value)) return new Mistake(`a rate needs a unit, ${value} has none`, `Write ${value}B/s.`);
  const [, unit, amount] = parseQuantity(value);
  const isSize = factorOf(SIZE_UNITS, unit) !== null;
  return new Mistake(`${describeValue(value)} is not a rate`, isSize ? `Write ${amount}${unit}/s.` : cure);
}

/** Units as others write them, in lower case, and ours. */
const OTHER_DURATION_UNITS: Readonly<Record<string, string>> = {
  ...unitsBy('ms', 'ms', 'msec', 'msecs', 'milli', 'millis', 'millisecond', 'milliseconds'),
  ...unitsBy('s', 's', 'sec', 'secs', 'second', 'seconds'),
  ...unitsBy('m', 'm', 'min', 'mins', 'minute', 'minutes'),
  ...unitsBy('h', 'h', 'hr', 'hrs', 'hour', 'hours'),
  ...unitsBy('d', 'd', 'day', 'days'),
};
/** `10m` and `10M` are 10 MiB to nginx, HAProxy and Apache; so is `10mb` to most who write it in lower case. */
const OTHER_SIZE_UNITS: Readonly<Record<string, string>> = {
  ...unitsBy('B', 'b', 'byte', 'bytes'),
  ...unitsBy('KiB', 'k', 'kb', 'ki', 'kib', 'kbyte', 'kbytes', 'kilobyte', 'kilobytes'),
  ...unitsBy('MiB', 'm', 'mb', 'mi', 'mib', 'mbyte', 'mbytes', 'megabyte', 'megabytes'),
  ...unitsBy('GiB', 'g', 'gb', 'gi', 'gib', 'gbyte', 'gbytes', 'gigabyte', 'gigabytes'),
  ...unitsBy('TiB', 't', 'tb', 'ti', 'tib', 'tbyte', 'tbytes', 'terabyte', 'terabytes'),
};

function unitsBy(ours: string, ...others: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(others.map((name) => [name, ours]));
}

/** With a question where the unit is one of another program. */
function notQuantity(
  value: unknown,
  noun: string,
  unit: string,
  others: Readonly<Record<string, string>>,
  cure: string,
): Mistake {
  const lower = unit.toLowerCase();
  const meant = Object.hasOwn(others, lower) ? `${parseQuantity(value)[2]}${others[lower]}` : null;
  return new Mistake(`${describeValue(value)} is not ${noun}`, meant === null ? cure : `Did you mean "${meant}"?`);
}

/** A value in the words of an error message, shortened where it is long. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  // Only programs write these.
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  const text = typeof value === 'string' ? JSON.stringify(value) : `${value as number | boolean}`;
  return text.length > 60 ? `${text.slice(0, 56)}…"` : text;
}

/** The amount, its unit, and the amount as it is written. */
function parseQuantity(value: unknown): readonly [amount: number, unit: string, written: string] {
  const found = typeof value === 'string' ? QUANTITY.exec(value) : null;
  return found === null ? [0, '', ''] : [Number(found[1]), found[2], found[1]];
}

/** A number, or text that is nothing but one: the writer forgot the unit. */
function isPlainNumber(value: unknown): value is number | string {
  return typeof value === 'number' || (typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value));
}
