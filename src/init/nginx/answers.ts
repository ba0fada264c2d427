/** What a server of nginx says before it looks for a location: `return`, `rewrite`, and `if` around them. */
import type { Report } from '../report.ts';
import { lacking } from '../features.ts';
import { ARE_CLOSED, OF_ITSELF, SERVED, isToSecure } from '../redirect.ts';
import type { Sent } from '../redirect.ts';
import type { LocationRoute } from './locations.ts';
import type { Directive } from './parse-nginx.ts';
import type { PoolBook } from './pool-book.ts';
import { isRedirect, readRedirect } from './redirects.ts';
import type { Scope } from './scope.ts';
import type { Server } from './servers.ts';

export interface Answer {
  readonly from: Directive;
  /** A text says why it cannot be taken over; null: it is no redirect. */
  readonly sent: Sent | string | null;
}

export interface Answers {
  /** `if ($host = NAME)`, as certbot writes it. */
  readonly byHost: ReadonlyMap<string, Answer>;
  /** `if ($scheme = http)`. */
  readonly byHttp: Answer | null;
  /** To everybody else; null: locations are looked for. */
  readonly whole: Answer | null;
}

/** nginx runs them in their order, up to the first that answers. */
export function readAnswers(directives: readonly Directive[], scope: Scope, report: Report): Answers {
  const byHost = new Map<string, Answer>();
  let byHttp: Answer | null = null;
  for (const from of directives) {
    if (from.name === 'return' || isRedirect(from)) {
      const sent = isRedirect(from) ? readRedirect(from, scope) : null;
      return { byHost, byHttp, whole: { from, sent } };
    }
    const found = from.name === 'if' ? readIf(from, scope, report) : null;
    if (typeof found?.host === 'string' && !byHost.has(found.host)) byHost.set(found.host, found);
    else if (found?.host === null) byHttp ??= found;
  }
  return { byHost, byHttp, whole: null };
}

const ONE_HOST = /^\(\s*\$(?:host|http_host)\s*=\s*([a-z\d][\w.-]*)\s*\)$/i;
const BY_HTTP =
  /^\(\s*(?:\$scheme\s*(?:=\s*http|!=\s*https)|\$https\s*(?:=|!=\s*on)|\$ssl_protocol\s*=|\$server_port\s*=\s*80)\s*\)$/;

/** `host` null: all that comes by http. Null: it is no redirect, or on conditions that cannot be said, which is listed. */
export function readIf(from: Directive, scope: Scope, report: Report): (Answer & { host: string | null }) | null {
  const redirect = from.children.find((each) => isRedirect(each));
  if (redirect === undefined) return null;
  const condition = from.args.join(' ');
  const host = ONE_HOST.exec(condition)?.[1] ?? null;
  const sent = readRedirect(redirect, scope);
  if (host !== null || BY_HTTP.test(condition)) {
    for (const each of [from, redirect]) report.take(each);
    return { from, sent, host: host === null ? null : host.toLowerCase() };
  }
  if (typeof sent === 'string' || isToSecure(sent.http)) report.guard(from, SERVED);
  return null;
}

/** A server, or one of its hosts, that answers everything. */
export function serverOf(
  from: Directive,
  { hosts, listens }: Pick<Server, 'hosts' | 'listens'>,
  answer: Answer,
  pools: PoolBook,
  report: Report,
): Server {
  const place = answer.from.name === 'if' ? answer.from : from;
  const server = { from: place, hosts, listens, byHttp: null };
  if (answer.sent === null) {
    report.leave(place, `"${answer.from.text}" answers everything: ${lacking('answers')}`);
    return { ...server, routes: [] };
  }
  const way = listens.every(({ isPlain }) => !isPlain) ? 'https' : 'both';
  return { ...server, routes: [answeredBy({ ...answer, from: place }, way, pools, report, answer.from)] };
}

/** The route for all that comes by `way`. `said`: the statement that says so. */
export function answeredBy(
  { from, sent }: Answer,
  way: 'http' | 'https' | 'both',
  pools: PoolBook,
  report: Report,
  said: Directive = from,
): LocationRoute {
  const leads = typeof sent !== 'object' || sent === null ? null : way === 'https' ? sent.https : sent.http;
  if (typeof sent !== 'object' || sent === null || leads === null) {
    report.leave(from, `"${said.text}": ${typeof sent === 'string' ? sent : OF_ITSELF}; ${ARE_CLOSED}`);
    return closedRoute(from, pools);
  }
  for (const each of [from, said]) report.take(each);
  for (const difference of sent.differences) report.differ(said, difference);
  const byHttp = JSON.stringify(sent.http) === JSON.stringify(sent.https) || sent.https === null;
  const route = { redirect: way === 'http' ? sent.http : (sent.https ?? sent.http) };
  return { from, path: undefined, route, ...(byHttp || way !== 'both' ? {} : { byHttp: { redirect: sent.http } }) };
}

function closedRoute(from: Directive, pools: PoolBook): LocationRoute {
  return { from, path: undefined, route: { pool: pools.closed(from) } };
}
