/** The beginning of an exchange: path, route, endpoint. */
import { FAULTS } from '../../core/errors.ts';
import { has } from '../../core/http/header-lines.ts';
import { PathParser } from '../../core/routing/path.ts';
import { replacePrefix } from '../../core/routing/rewrite.ts';
import { isIdempotent } from '../../core/resilience/retry-policy.ts';
import type { RoutedRequest } from '../../core/routing/routed-request.ts';
import { clientAddress, forwardedLines } from '../forwarding.ts';
import { BODY_LENGTH, BODY_NONE } from '../head.ts';
import type { RequestHead } from '../head.ts';
import { OutgoingRequest } from '../outgoing.ts';
import type { RoutePlan } from '../plan.ts';
import type { ClientStream } from '../stream.ts';
import { startAttempt } from './attempts.ts';
import { decide } from './deciding.ts';
import { answerUnrouted } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { DECIDING } from './states.ts';

/** What routing looks at, used for one call and then for the next. */
class Routed implements RoutedRequest {
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
export function begin(x: Exchange): void {
  const { plane } = x;
  const client = x.client as ClientStream;
  const head = x.head as RequestHead;
  x.record.begin(plane.now(), client.connection.listener.id, head);
  x.reset(head);
  const { memo } = client.connection;
  const request = memo !== null && memo.head === head && memo.plan === plane.plan ? memo : route(x, client, head);
  if (request === null) return;
  x.request = request;
  const { route: plan } = request;
  x.record.route = plan.id;
  x.record.pool = plan.spec.pool;
  x.record.client = request.client;
  x.record.requestId = head.requestId === '' ? plane.nextRequestId() : head.requestId;
  if (head.bodyKind !== BODY_NONE && !(head.bodyKind === BODY_LENGTH && head.contentLength === 0)) {
    // Kept as long as it may be needed again: before there is a connection, and for a second try.
    x.isBodyKept = true;
    // Who waits for a 100 sends nothing until the request has gone out.
    if (!x.isContinueOwed) plane.wheel.arm(x.requestTimer, plan.spec.timeouts.requestBodyIdleMs);
  }
  x.armTotalTimer();
  if (plan.steps === null) {
    startAttempt(x);
    return;
  }
  x.state = DECIDING;
  decide(x);
}

/** Works out where a head goes that this connection has not sent just before. Null: answered. */
function route(x: Exchange, client: ClientStream, head: RequestHead): OutgoingRequest | null {
  const { plan } = x.plane;
  if (!paths.parse(head.target)) {
    answerUnrouted(x, FAULTS.badPath);
    return null;
  }
  routed.host = head.host;
  routed.path = paths.path;
  routed.rawPath = paths.rawPath;
  routed.query = paths.query;
  routed.method = head.method;
  routed.lines = head.lines;
  const found = plan.match(routed);
  if (found === null) {
    answerUnrouted(x, FAULTS.noRoute);
    return null;
  }
  const request = outgoing(x, client, head, found, paths.path);
  client.connection.memo = request;
  return request;
}

function outgoing(
  x: Exchange,
  client: ClientStream,
  head: RequestHead,
  route: RoutePlan,
  path: string,
): OutgoingRequest {
  const { plan } = x.plane;
  const { replacePrefix: replace } = route.spec;
  const target = replace === null ? head.target : replacePrefix(head.target, path, replace.prefix, replace.by);
  const { host } = route.pool.spec;
  // '' stands for the endpoint's own name, which is known only when one has been picked.
  const authority = host === 'client' ? head.authority : host === 'endpoint' ? '' : host.name;
  const peer = client.connection.peer(x.plane.isTrusted);
  const extra = forwardedLines(head, peer, plan.snapshot.settings.headers);
  const address = clientAddress(head, peer, x.plane.isTrusted);
  const isRepeatable = isIdempotent(head.method) || has(head.lines, 'idempotency-key');
  return new OutgoingRequest(head, plan, route, target, authority, extra, address, isRepeatable);
}
