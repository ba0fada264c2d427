/** The beginning of an exchange: path, route, endpoint. */
import { FAULTS } from '../../core/errors.ts';
import { has } from '../../core/http/header-lines.ts';
import { PathParser } from '../../core/routing/path.ts';
import { replacePrefix } from '../../core/routing/rewrite.ts';
import { isIdempotent } from '../../core/resilience/retry-policy.ts';
import type { RoutedRequest } from '../../core/routing/routed-request.ts';
import type { Scheme } from '../../core/snapshot.ts';
import { bindRequest } from '../binding.ts';
import { clientAddress, forwardedLines, isSecure } from '../forwarding.ts';
import { BODY_LENGTH, BODY_NONE } from '../head.ts';
import type { RequestHead } from '../head.ts';
import { hostKey } from '../host-key.ts';
import { OutgoingRequest } from '../outgoing.ts';
import { requestKey } from '../request-key.ts';
import type { Route } from '../routing.ts';
import type { ClientStream } from '../stream.ts';
import { startAttempt } from './attempts.ts';
import { decide } from './deciding.ts';
import { answerUnrouted } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { DECIDING } from './states.ts';

/** What routing looks at, used for one call and then for the next. */
class Routed implements RoutedRequest {
  scheme: Scheme = 'http';
  host = '';
  path = '';
  rawPath = '';
  query = '';
  method = '';
  lines = '';
}

const routed = new Routed();
const paths = new PathParser();

/** *idle* × request */
export function begin(exchange: Exchange): void {
  const { host } = exchange;
  const client = exchange.client as ClientStream;
  const head = exchange.head as RequestHead;
  const { listener, facts } = client.connection;
  exchange.record.begin(host.now(), listener.id, facts, head);
  exchange.reset(head);
  const { memo } = client.connection;
  const request =
    memo !== null && memo.head === head && memo.routing === host.routing ? memo : findRoute(exchange, client, head);
  if (request === null) return;
  exchange.request = request;
  const { route } = request;
  exchange.record.route = route.id;
  exchange.record.pool = route.spec.pool;
  exchange.record.client = request.client;
  exchange.record.requestId = head.requestId === '' ? host.nextRequestId() : head.requestId;
  if (head.bodyKind !== BODY_NONE && !(head.bodyKind === BODY_LENGTH && head.contentLength === 0)) {
    // Kept as long as it may be needed again: before there is a connection, and for a second try.
    exchange.isBodyKept = true;
    exchange.bodySince = exchange.record.arrivedAt;
    // Who waits for a 100 sends nothing until the request has gone out.
    if (!exchange.isContinueOwed) host.wheel.arm(exchange.requestTimer, route.spec.timeouts.requestBodyIdleMs);
  }
  exchange.armTotalTimer();
  if (route.steps === null) {
    startAttempt(exchange);
    return;
  }
  exchange.state = DECIDING;
  decide(exchange);
}

/** Works out where a head goes that this connection has not sent just before. Null: answered. */
function findRoute(exchange: Exchange, client: ClientStream, head: RequestHead): OutgoingRequest | null {
  const { routing } = exchange.host;
  if (routing.misdirection?.isMisdirected(client.connection, head.host) === true) {
    answerUnrouted(exchange, FAULTS.misdirected);
    return null;
  }
  if (!paths.parse(head.target)) {
    answerUnrouted(exchange, FAULTS.badPath);
    return null;
  }
  if (routing.looksAtScheme)
    routed.scheme = isSecure(head, client.connection.peer(exchange.host.isTrusted)) ? 'https' : 'http';
  routed.host = head.host;
  routed.path = paths.path;
  routed.rawPath = paths.rawPath;
  routed.query = paths.query;
  routed.method = head.method;
  routed.lines = head.lines;
  const found = routing.match(routed);
  if (found === null) {
    answerUnrouted(exchange, FAULTS.noRoute);
    return null;
  }
  const request = outgoing(exchange, client, head, found, paths.path);
  client.connection.memo = request;
  return request;
}

function outgoing(
  exchange: Exchange,
  client: ClientStream,
  head: RequestHead,
  route: Route,
  path: string,
): OutgoingRequest {
  const { routing } = exchange.host;
  const { replacePrefix: replace } = route.spec;
  const target = replace === null ? head.target : replacePrefix(head.target, path, replace.prefix, replace.by);
  const { host } = route.pool.spec;
  // '' stands for the endpoint's own name, which is known only when one has been picked.
  const authority = host === 'client' ? head.authority : host === 'endpoint' ? '' : host.name;
  const peer = client.connection.peer(exchange.host.isTrusted);
  const extra = forwardedLines(head, peer, routing.snapshot.settings.headers) + client.connection.certificateLines;
  const address = clientAddress(head, peer, exchange.host.isTrusted);
  const isRepeatable = isIdempotent(head.method) || has(head.lines, 'idempotency-key');
  const request = new OutgoingRequest(head, routing, route, target, authority, extra, address, isRepeatable);
  if (host === 'client') request.hostKey = hostKeyOf(head, client.connection.memo);
  if (route.key !== null) request.key = requestKey(route.key, request, client.connection, path);
  const { sticky } = route.pool;
  if (sticky !== null) bindRequest(request, sticky, client.connection, path);
  return request;
}

/** `before`: the last request of the connection. */
function hostKeyOf({ host }: RequestHead, before: OutgoingRequest | null): number {
  if (before !== null && before.hostKey !== 0 && before.head.host === host) return before.hostKey;
  return hostKey(host);
}
