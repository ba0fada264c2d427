/** `limit_req` of nginx as limits of rate: GCRA counts what its leaky bucket does. */
import type { RateLimitInput, RouteInput } from '../../config/config-input.ts';
import type { Draft } from '../draft.ts';
import { lacking } from '../features.ts';
import { toDuration } from '../milliseconds.ts';
import type { Report } from '../report.ts';
import type { Directive } from './parse-nginx.ts';
import type { Scope } from './scope.ts';
import { splitParameter } from './values.ts';

const PER_MINUTE_MS = 60_000;
const PER_SECOND_MS = 1000;
const REFUSED_BY_NGINX = '503';
const REFUSED_HERE = '429';

interface Zone {
  readonly from: Directive;
  readonly key: NonNullable<RateLimitInput['key']>;
  readonly rate: string;
  /** Between two requests. */
  readonly requestMs: number;
}

/** The limits in force at a place, which are in the draft from then on. */
export function readRateLimits(scope: Scope, draft: Draft, report: Report): Pick<RouteInput, 'rateLimit'> {
  const names = scope.findAll('limit_req').flatMap((directive) => readLimit(directive, scope, draft, report) ?? []);
  if (names.length === 0) return {};
  return { rateLimit: names.length === 1 ? names[0] : names };
}

/** The name of the limit; null: it cannot be said here, which is listed. */
function readLimit(directive: Directive, scope: Scope, draft: Draft, report: Report): string | null {
  const parameters = new Map(directive.args.map(splitParameter));
  const name = parameters.get('zone') ?? '';
  const zone = readZone(name, scope, report);
  const limit = zone === null ? null : toLimit(zone, parameters, isDryRun(scope, report));
  if (zone === null || limit === null) {
    report.leave(directive, lacking('rates'));
    return null;
  }
  report.take(zone.from);
  report.take(directive);
  noteStatus(directive, scope, report);
  const taken = nameFor(name, limit, draft);
  if (taken !== name) report.differ(directive, `nginx counts it together with other limits of the zone ${name}`);
  draft.rateLimits.set(taken, { value: limit, from: directive });
  return taken;
}

function readZone(name: string, scope: Scope, report: Report): Zone | null {
  const from = scope.findAll('limit_req_zone').find(({ args }) => args.includes(`zone=${name}`) || hasName(args, name));
  if (from === undefined) return null;
  const [variable = ''] = from.args;
  const key = keyOf(variable);
  const [, count = '', unit] = /^rate=(\d{1,9})r\/([sm])$/.exec(from.args[2] ?? '') ?? [];
  if (key === null || count === '' || Number(count) === 0) {
    report.leave(from, lacking('rates'));
    return null;
  }
  const requestMs = (unit === 's' ? PER_SECOND_MS : PER_MINUTE_MS) / Number(count);
  return { from, key, rate: `${count}/${unit}`, requestMs };
}

/** `zone=one:10m`. */
function hasName(args: readonly string[], name: string): boolean {
  return args.some((arg) => arg.startsWith(`zone=${name}:`));
}

/** What nginx counts by, if it is one thing that a limit here has as well; where it is empty neither counts. */
function keyOf(variable: string): Zone['key'] | null {
  // nginx takes the whole of an IPv6 address.
  if (/^\$\{?(?:binary_)?remote_addr\}?$/.test(variable)) return 'client/128';
  if (/^\$\{?host\}?$/.test(variable)) return 'host';
  const [, kind, named] = /^\$\{?(http|cookie|arg)_(\w+)\}?$/.exec(variable) ?? [];
  if (kind === 'http') return `header.${named.replaceAll('_', '-')}`;
  if (kind === 'cookie') return `cookie.${named}`;
  return kind === 'arg' ? `query.${named}` : null;
}

/** Null: it has a parameter that is not known. `burst` of nginx comes on top of the first one. */
function toLimit(zone: Zone, parameters: ReadonlyMap<string, string>, isOnTrial: boolean): RateLimitInput | null {
  const { zone: _, burst = '0', nodelay, delay = '0', ...others } = Object.fromEntries(parameters);
  if (Object.keys(others).length > 0 || !/^\d{1,8}$/.test(burst) || !/^\d{1,8}$/.test(delay)) return null;
  const most = Number(burst);
  const atOnce = nodelay === undefined ? Math.min(most, Number(delay)) : most;
  const waitMs = Math.round((most - atOnce) * zone.requestMs);
  return {
    rate: zone.rate,
    burst: 1 + atOnce,
    key: zone.key,
    ...(waitMs === 0 ? {} : { wait: toDuration(waitMs) as NonNullable<RateLimitInput['wait']> }),
    ...(isOnTrial ? { dryRun: 'on' } : {}),
  };
}

function isDryRun(scope: Scope, report: Report): boolean {
  const directive = scope.find('limit_req_dry_run');
  if (directive !== null) report.take(directive);
  return directive?.args[0] === 'on';
}

function noteStatus(directive: Directive, scope: Scope, report: Report): void {
  const written = scope.find('limit_req_status');
  if (written !== null) report.take(written);
  const status = written?.args[0] ?? REFUSED_BY_NGINX;
  if (status !== REFUSED_HERE)
    report.differ(written ?? directive, `who comes too often gets ${REFUSED_HERE}, not ${status}`);
}

/** That of the zone, or another one where that is taken by a limit that counts otherwise. */
function nameFor(zone: string, limit: RateLimitInput, { rateLimits }: Draft): string {
  const text = JSON.stringify(limit);
  for (let number = 1; ; number++) {
    const name = number === 1 ? zone : `${zone}-${number}`;
    const known = rateLimits.get(name);
    if (known === undefined || JSON.stringify(known.value) === text) return name;
  }
}
