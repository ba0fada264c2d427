/** The ways an exchange ends other than by a whole response. */
import { CLIENT_CLOSED, FAULTS } from '../../core/errors.ts';
import type { Fault } from '../../core/errors.ts';
import { findLine, nextLine, valueOf } from '../../core/http/header-lines.ts';
import { MEMORY_REQUESTS } from '../../core/shared/memory-table.ts';
import { ROUTE_ABORTS, ROUTE_BYTES_IN, ROUTE_BYTES_OUT, ROUTE_FAULTS } from '../../core/shared/route-table.ts';
import type { Attempt } from '../attempt.ts';
import { clientAddress } from '../forwarding.ts';
import type { RequestHead } from '../head.ts';
import type { RouteSteps } from '../steps/route-steps.ts';
import type { ClientStream } from '../stream.ts';
import type { Exchange } from './exchange.ts';
import { isEndpointStalled } from './slow-peers.ts';
import { AWAITING } from './states.ts';

/** Nginx's code for a client that left before its answer; only for the record, it goes to nobody. */
const CLIENT_LEFT = 499;
const JSON_TYPE = /(?:^|[ /+])json/i;

/** Answers with an error of ours. Nothing of a response has gone out. `detail` is for the log alone. */
export function answerFault(x: Exchange, fault: Fault, detail = ''): void {
  dropAttempt(x);
  const head = x.head as RequestHead;
  x.record.status = fault.status;
  (x.client as ClientStream).sendFault(fault, x.record.requestId, acceptsJson(head.lines));
  countFault(x);
  finish(x, reasonOf(fault, detail));
}

function acceptsJson(lines: string): boolean {
  for (let at = findLine(lines, 'accept'); at >= 0; at = findLine(lines, 'accept', nextLine(lines, at))) {
    if (JSON_TYPE.test(valueOf(lines, at))) return true;
  }
  return false;
}

/** There is no memory left to keep what this request needs kept. */
export function answerFull(x: Exchange): void {
  x.plane.memory.count(MEMORY_REQUESTS);
  answerFault(x, FAULTS.memory);
}

/** The same for a request that met no route. */
export function answerUnrouted(x: Exchange, fault: Fault): void {
  x.request = null;
  x.record.client = clientAddress(
    x.head as RequestHead,
    (x.client as ClientStream).connection.peer(x.plane.isTrusted),
    x.plane.isTrusted,
  );
  x.record.requestId = (x.head as RequestHead).requestId || x.plane.nextRequestId();
  answerFault(x, fault);
}

function countFault(x: Exchange): void {
  x.plane.routeTable.count(x.request === null ? 0 : x.request.route.spec.slot, ROUTE_FAULTS, 1);
}

/** Gives up whatever is under way: the attempt, and with it the answer. An answer of ours holds nothing. */
function dropAttempt(x: Exchange): void {
  const { attempt } = x;
  if (attempt === null) return;
  x.attempt = null;
  attempt.abandon();
}

/** Cuts both sides: the client sees its answer broken, the endpoint its request. */
export function abortBoth(x: Exchange, reason: string): void {
  dropAttempt(x);
  x.isCut = true;
  (x.client as ClientStream).abort();
  finish(x, reason);
}

/** An answer that breaks: an error of ours while nothing of it has left, else the client sees it cut. */
export function breakAnswer(x: Exchange, fault: Fault, detail = ''): void {
  if ((x.client as ClientStream).hasBegun) abortBoth(x, reasonOf(fault, detail));
  else answerFault(x, fault, detail);
}

function reasonOf(fault: Fault, detail: string): string {
  return detail === '' ? fault.code : `${fault.code}: ${detail}`;
}

/** Closes the books and lets go of everything. */
export function finish(x: Exchange, reason: string): void {
  const { record, plane } = x;
  const { routeTable } = plane;
  const now = plane.now();
  record.endedAt = now;
  record.reason = reason;
  const slot = x.request === null ? 0 : x.request.route.spec.slot;
  if (x.request !== null) x.disarm();
  x.clientProgress.end();
  x.endpointProgress.end();
  routeTable.finish(slot, record.status, now - record.arrivedAt);
  if (record.bytesIn > 0) routeTable.count(slot, ROUTE_BYTES_IN, record.bytesIn);
  if (record.bytesOut > 0) routeTable.count(slot, ROUTE_BYTES_OUT, record.bytesOut);
  if (x.isCut) routeTable.count(slot, ROUTE_ABORTS, 1);
  const log = x.request === null ? plane.unroutedLog : x.request.route.log;
  if (log !== null) log.exchangeEnded(record);
  if (reason !== '' && x.request !== null) plane.failed(record);
  const steps = x.request === null ? null : x.request.route.steps;
  if (steps !== null) leaveSteps(x, steps);
  const client = x.client as ClientStream;
  x.release();
  plane.recycle(x);
  client.done();
}

/** The books are closed: a step that throws here must not open them again. */
function leaveSteps(x: Exchange, steps: RouteSteps): void {
  const { pending, record, plane } = x;
  try {
    if (pending !== null) {
      pending.close();
      pending.step.cancel?.(record);
    }
    if (steps.finished !== null) for (const step of steps.finished) step.finished?.(record);
  } catch (error) {
    plane.reportFault(error);
  }
}

/** × clientEnd before the answer has begun: a FIN cancels, unless the listener lets a client half-close. */
export function cancel(x: Exchange): void {
  const { connection } = x.client as ClientStream;
  if (connection.allowsHalfClose && x.isRequestEnded) return;
  x.record.status = CLIENT_LEFT;
  abortBoth(x, CLIENT_CLOSED);
}

/** × clientEnd once the answer has begun: the same, for nothing may flow for an hour, and the endpoint's place is held as long. */
export function cancelAnswer(x: Exchange): void {
  if (!(x.client as ClientStream).connection.allowsHalfClose) clientBroke(x);
}

/** × clientGone, and a request that breaks while its answer is under way. */
export function clientBroke(x: Exchange): void {
  if (x.record.status === 0) x.record.status = CLIENT_LEFT;
  abortBoth(x, x.fault === null ? CLIENT_CLOSED : x.fault.code);
}

/** × requestBroken before any answer */
export function rejectBroken(x: Exchange): void {
  answerFault(x, x.fault as Fault);
}

/** × requestTimeout before any answer: the client sends no body, or the endpoint takes none. */
export function requestSlow(x: Exchange): void {
  const stream = x.attempt === null ? null : x.attempt.stream;
  if (stream !== null && (stream.isBlocked || x.state === AWAITING)) {
    if (stream.isBlocked && !isEndpointStalled(x)) return;
    (x.attempt as Attempt).blame('write-timeout');
    answerFault(x, FAULTS.upstreamWriteTimeout);
    return;
  }
  answerFault(x, FAULTS.requestTimeout);
}

/** *awaiting* × responseTimeout; *sending*, *awaiting* × attemptTimeout */
export function endpointTooSlow(x: Exchange): void {
  if (x.isRequestJudged) (x.attempt as Attempt).blame('timeout');
  answerFault(x, FAULTS.responseTimeout);
}

/** × totalTimeout before any answer */
export function failByTotalTimeout(x: Exchange): void {
  answerFault(x, FAULTS.responseTimeout);
}

/** *responding* × requestTimeout: the client sends no more of its body, or the endpoint takes none of it. */
export function cutRequestSlow(x: Exchange): void {
  const { attempt } = x;
  if (attempt?.stream?.isBlocked !== true) {
    abortBoth(x, FAULTS.requestTimeout.code);
    return;
  }
  if (!isEndpointStalled(x)) return;
  attempt.blame('write-timeout');
  abortBoth(x, FAULTS.upstreamWriteTimeout.code);
}

/** × totalTimeout once the answer has begun */
export function cutByTimeout(x: Exchange): void {
  abortBoth(x, FAULTS.responseTimeout.code);
}

/** × endpointGone once the answer has begun */
export function cutByRemoval(x: Exchange): void {
  abortBoth(x, FAULTS.endpointRemoved.code);
}

/** × fault before any answer: an exception in our own code. */
export function failByFault(x: Exchange): void {
  answerFault(x, FAULTS.internal);
}

/** *idle* × fault: while its request was being routed; of an exchange that is over it says nothing. */
export function failUnbegun(x: Exchange): void {
  if (x.client !== null) answerFault(x, FAULTS.internal);
}

/** × fault once the answer has begun */
export function cutByFault(x: Exchange): void {
  breakAnswer(x, FAULTS.internal);
}
