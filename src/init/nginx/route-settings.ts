/** What nginx sets for a location: timeouts and the largest body. */
import type { ExchangeTimeoutsInput, RouteInput } from '../../config/config-input.ts';
import type { Report } from '../report.ts';
import { toDuration } from '../milliseconds.ts';
import type { Directive } from './parse-nginx.ts';
import type { Scope } from './scope.ts';
import { parseTime, toSize } from './values.ts';

type TimeoutName = keyof ExchangeTimeoutsInput;

const TIMEOUTS: Readonly<Record<string, readonly TimeoutName[]>> = {
  proxy_connect_timeout: ['connect'],
  proxy_read_timeout: ['responseHead', 'responseIdle'],
  proxy_send_timeout: ['writeIdle'],
  client_body_timeout: ['requestBodyIdle'],
};

type MaxBody = NonNullable<RouteInput['maxBody']>;

export interface RouteSettings {
  readonly timeouts?: ExchangeTimeoutsInput;
  readonly maxBody?: MaxBody;
}

export function routeSettings(scope: Scope, report: Report): RouteSettings {
  const timeouts: Partial<Record<TimeoutName, string>> = {};
  for (const [name, keys] of Object.entries(TIMEOUTS)) {
    const directive = scope.find(name);
    if (directive === null) continue;
    const text = readTimeout(directive, report);
    if (text !== null) for (const key of [...keys, ...tunnelOf(name, scope)]) timeouts[key] = text;
  }
  noteVersion(scope, report);
  const maxBody = readMaxBody(scope, report);
  return {
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts: timeouts as ExchangeTimeoutsInput }),
    ...(maxBody === null ? {} : { maxBody }),
  };
}

/** A tunnel is read from like anything else in nginx. */
function tunnelOf(name: string, scope: Scope): readonly TimeoutName[] {
  const isTunnel = scope.findAll('proxy_set_header').some(({ args }) => /^upgrade$/i.test(args[0] ?? ''));
  return name === 'proxy_read_timeout' && isTunnel ? ['tunnelIdle'] : [];
}

/** The time of a directive as the config writes it; null where it is none, which is listed. */
export function readTimeout(directive: Directive, report: Report): string | null {
  const ms = parseTime(directive.args[0] ?? '');
  if (ms === null || ms === 0) {
    report.leave(directive, ms === 0 ? 'a time of 0 is not possible here' : 'this is not a time');
    return null;
  }
  report.take(directive);
  for (const extra of directive.args.slice(1)) report.leave(directive, 'there is no such parameter here', extra);
  return toDuration(ms);
}

function readMaxBody(scope: Scope, report: Report): MaxBody | null {
  const directive = scope.find('client_max_body_size');
  if (directive === null) return null;
  const size = toSize(directive.args[0] ?? '');
  if (size === null) report.leave(directive, 'this is not a size');
  else report.take(directive);
  return size as MaxBody | null;
}

function noteVersion(scope: Scope, report: Report): void {
  const directive = scope.find('proxy_http_version');
  if (directive === null) return;
  if (directive.args[0] === '1.1') report.same(directive, 'endpoints are spoken to in HTTP/1.1');
  else report.leave(directive, 'endpoints are spoken to in HTTP/1.1');
}
