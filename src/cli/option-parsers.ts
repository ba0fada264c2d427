/** Values of options from text, in the units of the config. Commander prints what is wrong and names the option. */
import { InvalidArgumentError } from 'commander';
import { Mistake } from '../config/errors.ts';
import { parseDuration } from '../config/units.ts';

/** Not imported: an import reads every name of the module, which loads undici at each start (src/checks/http-probe.ts). */
const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule('node:http');

/** `500ms`, `1.5s`, or `0` → milliseconds. */
export function durationOption(text: string): number {
  if (/^0(?:ms|s)?$/.test(text)) return 0;
  return positiveDurationOption(text);
}

/** `500ms`, `1.5s` → milliseconds, at least 1. */
export function positiveDurationOption(text: string): number {
  const parsed = parseDuration(text);
  if (parsed instanceof Mistake) throw new InvalidArgumentError(`${parsed.message}. ${parsed.cure}`);
  return parsed;
}

/** `30s`, `2m` → whole seconds, `30s`. */
export function secondsOption(text: string): string {
  return `${Math.ceil(positiveDurationOption(text) / 1000)}s`;
}

/** `web/10.0.0.3:8080`, `web/unix:/run/app.sock`: a pool, and one of its endpoints. */
export function endpointPlaceOption(text: string): string {
  if (/^[^/\s]+\/[^/\s].*$/.test(text)) return text;
  throw new InvalidArgumentError('Write the pool and the endpoint, e.g. web/10.0.0.3:8080.');
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

/** A path or a URL; what is wrong within it is for the server to say. */
export function pathOption(text: string): string {
  if (/^\/|^https?:\/\//i.test(text)) return text;
  throw new InvalidArgumentError('Write a path that begins with a slash, e.g. /v1/x, or a URL.');
}

/** A parser of whole numbers within bounds. */
export function countOption(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
  };
}

/** `name: value`; repeated ones add up. */
export function headerOption(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0)).trim();
  const value = text.slice(colon + 1).trim();
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    throw new InvalidArgumentError('Write a name, a colon and a value, e.g. "x-tenant: blue".');
  }
  return { ...before, [name]: value };
}

/** An address of HTTP; `localhost:8080/x` is `http://localhost:8080/x`. */
export function urlOption(text: string): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '') return url.href;
  throw new InvalidArgumentError('Write an address such as http://localhost:8080/.');
}

/** The part of an answer that names its server. */
export interface ServerName {
  readonly in: 'header' | 'json';
  readonly name: string;
}

/** `header:x-backend`, or `json:server` for a key of a JSON body. */
export function serverNameOption(text: string): ServerName {
  const [, kind, name] = /^(header|json):(.+)$/.exec(text) ?? [];
  if (kind === 'header') return { in: kind, name: name.toLowerCase() };
  if (kind === 'json') return { in: kind, name };
  throw new InvalidArgumentError('Write header:NAME or json:NAME, e.g. header:x-backend.');
}
