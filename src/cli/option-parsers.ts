/** Values of options from text, in the units of the config. Commander prints what is wrong and names the option. */
import { InvalidArgumentError } from 'commander';
import { Mistake } from '../config/errors.ts';
import { parseDuration } from '../config/units.ts';

/** `500ms`, `1.5s`, or `0` → milliseconds. */
export function durationOption(text: string): number {
  if (/^0(?:ms|s)?$/.test(text)) return 0;
  const parsed = parseDuration(text);
  if (parsed instanceof Mistake) throw new InvalidArgumentError(`${parsed.message}. ${parsed.cure}`);
  return parsed;
}

/** `0.25` or `25%` → 0.25. */
export function shareOption(text: string): number {
  const isPercent = text.endsWith('%');
  const number = /^\d+(?:\.\d+)?%?$/.test(text) ? Number.parseFloat(text) / (isPercent ? 100 : 1) : NaN;
  if (number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError('Write a share from 0 to 1, or from 0% to 100%.');
}

/** 0 is a free port. */
export function portOption(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (number <= 65_535) return number;
  throw new InvalidArgumentError('Write a port from 0 to 65535.');
}
