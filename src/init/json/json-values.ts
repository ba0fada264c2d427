/** Numbers, times and words of JSON configs; what cannot be understood is listed. */
import type { Ledger } from '../ledger.ts';
import { toDuration } from '../milliseconds.ts';
import type { JsonEntry } from './json-entry.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, sec: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
/** Nobody checks a hundred times a second: such a number is one of seconds. */
const LEAST_MS = 100;

/** A time in the words of a config; a number is in milliseconds. Null where it is none, which is listed. */
export function readTime(entry: JsonEntry, ledger: Ledger): string | null {
  const found = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|sec|m|min|h)?$/i.exec(String(entry.value ?? ''));
  const unit = found?.[2]?.toLowerCase();
  const amount = Number(found?.[1] ?? 0);
  if (found === null || amount === 0) {
    ledger.leave(entry, 'this is no time that Fairlead can have');
    return null;
  }
  ledger.take(entry);
  if (unit !== undefined) return toDuration(Math.max(1, Math.round(amount * UNITS[unit])));
  const isSeconds = amount < LEAST_MS || /sec(?:ond)?s?$/i.test(entry.key);
  if (amount < LEAST_MS) ledger.differ(entry, 'read as seconds: as milliseconds it would be too short');
  return toDuration(Math.max(1, Math.round(amount * (isSeconds ? 1000 : 1))));
}

/** A whole number from `min` to `max`; null where it is none, which is listed. */
export function readCount(entry: JsonEntry, min: number, max: number, ledger: Ledger): number | null {
  const number = /^\d{1,10}$/.test(String(entry.value)) ? Number(entry.value) : -1;
  if (number >= min && number <= max) {
    ledger.take(entry);
    return number;
  }
  ledger.leave(entry, `this is no whole number from ${min} to ${max}`);
  return null;
}

/** Weights may be fractions. */
export function readWeight(entry: JsonEntry, ledger: Ledger): number | null {
  const number = entry.value === null || entry.value === '' ? Number.NaN : Number(entry.value);
  if (number >= 0 && number <= 1000) {
    ledger.take(entry);
    return number;
  }
  ledger.leave(entry, 'a weight is a number from 0 to 1000');
  return null;
}

export function isTrue({ value }: JsonEntry): boolean {
  return value === true || value === 'true' || value === 1;
}

const POLICIES: Readonly<Record<string, string>> = {
  roundrobin: 'round-robin',
  rr: 'round-robin',
  weightedroundrobin: 'round-robin',
  weighted: 'round-robin',
  wrr: 'round-robin',
  sequential: 'round-robin',
  leastconnections: 'least-connections',
  leastconnection: 'least-connections',
  leastconn: 'least-connections',
  lc: 'least-connections',
  weightedleastconnections: 'least-connections',
  wlc: 'least-connections',
  random: 'random',
  rand: 'random',
  weightedrandom: 'random',
  poweroftwo: 'power-of-two',
  poweroftwochoices: 'power-of-two',
  p2c: 'power-of-two',
  twochoices: 'power-of-two',
};

/** The name of a policy of Fairlead; null where it has none like it, which is listed. */
export function readPolicy(entry: JsonEntry, ledger: Ledger): string | null {
  const word = String(entry.value ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  if (Object.hasOwn(POLICIES, word)) {
    ledger.take(entry);
    return POLICIES[word];
  }
  ledger.leave(entry, 'this policy is not built yet; the pool has power-of-two');
  return null;
}
