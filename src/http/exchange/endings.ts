/** The ways an exchange ends other than by a whole response. */
import { CLIENT_CLOSED, FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import { valuesOf } from '../../core/http/header-lines.ts';
import { MEMORY_REQUESTS } from '../../core/shared/memory-table.ts';
import {
  ROUTE_ABORTS,
  ROUTE_BYTES_IN,
  ROUTE_BYTES_OUT,
  ROUTE_DEADLINES,
  ROUTE_FAULTS,
} from '../../core/shared/route-table.ts';
import type { Attempt } from '../attempt.ts';
import { clientAddress } from '../forwarding.ts';
import type { RequestHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { RouteSteps } from '../steps/route-steps.ts';
import type { ClientStream } from '../stream.ts';
import type { Exchange } from './exchange.ts';
import { shapeFault } from './shape-response.ts';
import { isEndpointStalled } from './slow-peers.ts';

/** Nginx's code for a client that left before its answer; only for the record, it goes to nobody. */
const CLIENT_LEFT = 499;
const JSON_TYPE = /(?:^|[ /+])json/i;

/**
 * Answers with an error of ours. Nothing of a response has gone out. `detail` is for the log alone, `lines` are header
 * lines that go with it.
 */
export function answerFault(exchange: Exchange, fault: Fault, detail = '', lines = ''): void {
  dropAttempt(exchange);
  const { record } = exchange;
  const wantsJson = acceptsJson((exchange.head as RequestHead).lines);
  record.status = fault.status;
  const shaped = shapeFault(exchange, fault, wantsJson, lines);
  (exchange.client as ClientStream).sendFault(fault, record.requestId, wantsJson, shaped);
  countFault(exchange);
  finish(exchange, reasonOf(fault, detail));
}

function acceptsJson(lines: string): boolean {
  return valuesOf(lines, 'accept').some((value) => JSON_TYPE.test(value));
}

/** There is no memory left to keep what this request needs kept. */
export function answerFull(exchange: Exchange): void {
  exchange.host.memory.count(MEMORY_REQUESTS);
  answerFault(exchange, FAULTS.memory);
}

/** The same for a request that met no route. */
export function answerUnrouted(exchange: Exchange, fault: Fault): void {
  exchange.request = null;
  exchange.record.client = clientAddress(
    exchange.head as RequestHead,
    (exchange.client as ClientStream).connection.peer(exchange.host.isTrusted),
    exchange.host.isTrusted,
  );
  exchange.record.requestId = (exchange.head as RequestHead).requestId || exchange.host.nextRequestId();
  answerFault(exchange, fault);
}

function countFault(exchange: Exchange): void {
  exchange.host.routeTable.count(exchange.request === null ? 0 : exchange.request.route.spec.slot, ROUTE_FAULTS, 1);
}

/** Gives up whatever is under way: the attempt, and with it the answer. An answer of ours holds nothing. */
function dropAttempt(exchange: Exchange): void {
  const { attempt, rival } = exchange;
  exchange.attempt = null;
  exchange.rival = null;
  attempt?.abandon();
  rival?.abandon();
}

/** Cuts both sides: the client sees its answer broken, the endpoint its request. */
export function abortBoth(exchange: Exchange, reason: string): void {
  dropAttempt(exchange);
  exchange.isCut = true;
  (exchange.client as ClientStream).abort();
  finish(exchange, reason);
}

/** An answer that breaks: an error of ours while nothing of it has left, else the client sees it cut. */
export function breakAnswer(exchange: Exchange, fault: Fault, detail = ''): void {
  if ((exchange.client as ClientStream).hasBegun) abortBoth(exchange, reasonOf(fault, detail));
  else answerFault(exchange, fault, detail);
}

function reasonOf(fault: Fault, detail: string): string {
  return detail === '' ? fault.code : `${fault.code}: ${detail}`;
}

/** Closes the books and lets go of everything. */
export function finish(exchange: Exchange, reason: string): void {
  const { record, host } = exchange;
  const { routeTable } = host;
  const now = host.now();
  record.endedAt = now;
  record.reason = reason === '' ? exchange.remark : reason;
  const slot = exchange.request === null ? 0 : exchange.request.route.spec.slot;
  if (exchange.request !== null) exchange.disarm();
  if (exchange.owesPermit) endPermit(exchange);
  exchange.clientProgress.end();
  exchange.clientPace = null;
  exchange.endpointProgress.end();
  routeTable.finish(slot, record.status, now - record.arrivedAt);
  if (record.bytesIn > 0) routeTable.count(slot, ROUTE_BYTES_IN, record.bytesIn);
  if (record.bytesOut > 0) routeTable.count(slot, ROUTE_BYTES_OUT, record.bytesOut);
  if (exchange.isCut) routeTable.count(slot, ROUTE_ABORTS, 1);
  const log = exchange.request === null ? host.unroutedLog : exchange.request.route.log;
  if (log !== null) log.exchangeEnded(record);
  if (reason !== '' && exchange.request !== null) host.failed(record);
  const steps = exchange.request === null ? null : exchange.request.route.steps;
  if (steps !== null) leaveSteps(exchange, steps);
  const client = exchange.client as ClientStream;
  exchange.release();
  host.recycle(exchange);
  client.done();
}

/** Who was let go makes room for another one; who waited to the end has taken none. */
function endPermit(exchange: Exchange): void {
  exchange.owesPermit = false;
  if (exchange.wait.line === null) (exchange.request as OutgoingRequest).route.pool.holding.ended();
}

/** The books are closed: a step that throws here must not open them again. */
function leaveSteps(exchange: Exchange, steps: RouteSteps): void {
  const { pending, record, host } = exchange;
  try {
    if (pending !== null) {
      pending.close();
      pending.step.cancel?.(record);
    }
    if (steps.finished !== null) for (const step of steps.finished) step.finished?.(record);
  } catch (error) {
    host.reportFault(error);
  }
}

/** × clientEnd before the answer has begun: a FIN cancels, unless the listener lets a client half-close. */
export function cancel(exchange: Exchange): void {
  const { connection } = exchange.client as ClientStream;
  if (connection.allowsHalfClose && exchange.isRequestEnded) return;
  exchange.record.status = CLIENT_LEFT;
  abortBoth(exchange, CLIENT_CLOSED);
}

/** × clientEnd once the answer has begun: it cancels too, since a quiet answer would hold the endpoint's place for an hour. */
export function cancelAnswer(exchange: Exchange): void {
  if (!(exchange.client as ClientStream).connection.allowsHalfClose) clientBroke(exchange);
}

/** × clientGone, and a request that breaks while its answer is under way. */
export function clientBroke(exchange: Exchange): void {
  if (exchange.record.status === 0) exchange.record.status = CLIENT_LEFT;
  abortBoth(exchange, exchange.fault === null ? CLIENT_CLOSED : exchange.fault.code);
}

/** × requestBroken before any answer */
export function rejectBroken(exchange: Exchange): void {
  answerFault(exchange, exchange.fault as Fault);
}

/** *awaiting* × responseTimeout: there is no time left for another one; *sending* × attemptTimeout: nor would it help. */
export function endpointTooSlow(exchange: Exchange): void {
  if (exchange.isRequestJudged) (exchange.attempt as Attempt).blame('timeout');
  answerFault(exchange, FAULTS.responseTimeout);
}

/** × totalTimeout before any answer */
export function failByTotalTimeout(exchange: Exchange): void {
  answerFault(exchange, overdueFault(exchange));
}

/** Whose time it was. */
function overdueFault(exchange: Exchange): Fault {
  if (!exchange.hasDeadline) return FAULTS.responseTimeout;
  exchange.count(ROUTE_DEADLINES);
  return FAULTS.deadline;
}

/** *responding* × requestTimeout: the client sends no more of its body, or the endpoint takes none of it. */
export function cutRequestSlow(exchange: Exchange): void {
  const { attempt } = exchange;
  if (attempt?.stream?.isBlocked !== true) {
    abortBoth(exchange, FAULTS.requestTimeout.code);
    return;
  }
  if (!isEndpointStalled(exchange)) return;
  attempt.blame('write-timeout');
  abortBoth(exchange, FAULTS.upstreamWriteTimeout.code);
}

/** × totalTimeout once the answer has begun */
export function cutByTimeout(exchange: Exchange): void {
  abortBoth(exchange, overdueFault(exchange).code);
}

/** × endpointGone once the answer has begun */
export function cutByRemoval(exchange: Exchange): void {
  abortBoth(exchange, FAULTS.endpointRemoved.code);
}

/** × fault before any answer: an exception in our own code. */
export function failByFault(exchange: Exchange): void {
  answerFault(exchange, FAULTS.internal);
}

/** *idle* × fault: while its request was being routed; of an exchange that is over it says nothing. */
export function failUnbegun(exchange: Exchange): void {
  if (exchange.client !== null) answerFault(exchange, FAULTS.internal);
}

/** × fault once the answer has begun */
export function cutByFault(exchange: Exchange): void {
  breakAnswer(exchange, FAULTS.internal);
}
