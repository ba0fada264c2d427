/** The response on its way to the client. */
import { FAULTS } from '../../core/errors.ts';
import type { Attempt } from '../attempt.ts';
import { BODY_NONE, ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { ClientStream, UpstreamStream } from '../stream.ts';
import { abortBoth, breakAnswer, finish } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { isClientStalled, watchClient } from './slow-peers.ts';
import { FLUSHING, RESPONDING } from './states.ts';
import { openTunnel } from './tunnel.ts';

const CONTINUE = new ResponseHead();
CONTINUE.status = 100;
CONTINUE.reason = 'Continue';

/** *sending*, *awaiting* × informational */
export function forwardInformational(x: Exchange): void {
  const response = x.response as ResponseHead;
  if (response.status !== CONTINUE.status) (x.client as ClientStream).sendInformational(response);
  else if (!x.isContinueOurs) goOn(x, response);
}

/** *sending* × responseTimeout: the endpoint sends no 100, as many never do. The client gets ours, and the body is its affair. */
export function sendContinue(x: Exchange): void {
  x.isContinueOurs = true;
  goOn(x, CONTINUE);
}

/** A client that waited for 100 goes on now: the next wait is for its body. */
function goOn(x: Exchange, response: ResponseHead): void {
  x.isContinueOwed = false;
  (x.client as ClientStream).sendInformational(response);
  if (x.isRequestEnded) return;
  x.plane.wheel.disarm(x.responseTimer);
  x.plane.wheel.arm(x.requestTimer, x.timeouts.requestBodyIdleMs);
}

/** *sending*, *awaiting* × response: the head of the final response. */
export function relayHead(x: Exchange): void {
  const response = x.response as ResponseHead;
  const request = x.request as OutgoingRequest;
  const attempt = x.attempt as Attempt;
  const { record, plane } = x;
  const now = plane.now();
  record.firstByteAt = now;
  record.status = response.status;
  const { route } = request;
  if (route.taps.responseHead !== null) for (const tap of route.taps.responseHead) tap.onResponseHead(record, response);
  if (route.pool.isFailureStatus(response.status)) {
    if (x.isRequestJudged) attempt.blame('status');
    else attempt.saysNothing = true;
  }
  attempt.countFirstByte(now);
  if (response.status === 101) {
    openTunnel(x, response);
    return;
  }
  x.forgetBody();
  x.state = RESPONDING;
  const hasBody = response.bodyKind !== BODY_NONE;
  (x.client as ClientStream).sendHead(response, hasBody, plane.isDraining);
  plane.wheel.arm(x.responseTimer, response.isEventStream ? x.timeouts.tunnelIdleMs : x.timeouts.responseIdleMs);
}

/** *responding* × responseBytes */
export function forwardResponseBody(x: Exchange, buffer: Buffer, start: number, end: number): void {
  const { route } = x.request as OutgoingRequest;
  x.record.bytesOut += end - start;
  const taps = route.taps.responseBody;
  if (taps !== null) for (const tap of taps) tap.onResponseBody(x.record, buffer, start, end);
  if ((x.client as ClientStream).sendBody(buffer, start, end)) {
    const { responseIdleMs, tunnelIdleMs } = route.spec.timeouts;
    const isEventStream = (x.response as ResponseHead).isEventStream;
    x.plane.wheel.arm(x.responseTimer, isEventStream ? tunnelIdleMs : responseIdleMs);
  } else {
    ((x.attempt as Attempt).stream as UpstreamStream).pauseBody();
    watchClient(x);
  }
}

/** *responding* × clientDrain */
export function resumeUpstream(x: Exchange): void {
  const { responseIdleMs, tunnelIdleMs } = x.timeouts;
  const isEventStream = (x.response as ResponseHead).isEventStream;
  x.plane.wheel.arm(x.responseTimer, isEventStream ? tunnelIdleMs : responseIdleMs);
  const stream = (x.attempt as Attempt).stream;
  if (stream !== null) stream.resumeBody();
}

/** *responding* × responseEnd */
export function endResponse(x: Exchange): void {
  const client = x.client as ClientStream;
  const attempt = x.attempt as Attempt;
  attempt.succeeded();
  client.sendEnd(x.trailers);
  client.flush();
  // The client may still be taking bytes that lie in the upstream connection's buffer.
  if (client.isBlocked) {
    x.state = FLUSHING;
    (attempt.stream as UpstreamStream).pauseBody();
    watchClient(x);
    return;
  }
  complete(x);
}

/** *flushing* × clientDrain */
export function afterFlush(x: Exchange): void {
  complete(x);
}

function complete(x: Exchange): void {
  const attempt = x.attempt as Attempt;
  x.attempt = null;
  // An endpoint that answered before it had the whole request is not used again.
  if (x.isRequestEnded) attempt.complete();
  else attempt.abandon();
  finish(x, '');
}

/** *responding*, *flushing* × requestEnd */
export function lateRequestEnd(x: Exchange): void {
  x.isRequestEnded = true;
  x.plane.wheel.disarm(x.requestTimer);
  const stream = x.attempt === null ? null : x.attempt.stream;
  if (stream === null || x.state === FLUSHING) return;
  stream.sendEnd(x.requestTrailers);
  if (!x.isBurst) stream.flush();
}

/** *flushing* × requestBytes: the answer is out, nobody reads the rest. */
export function discard(): void {}

/** *responding* × failed: the client must see that the answer is not whole. */
export function responseBroke(x: Exchange): void {
  const attempt = x.attempt as Attempt;
  const { failure } = attempt;
  if (failure !== 'local-resources' && x.isRequestJudged) attempt.blame(failure);
  breakAnswer(x, failure === 'bad-response' ? FAULTS.badResponse : FAULTS.upstreamReset, attempt.rule);
}

/** *responding*, *flushing* × responseTimeout: who is slow? */
export function responseStalled(x: Exchange): void {
  if ((x.client as ClientStream).isBlocked) {
    if (isClientStalled(x)) abortBoth(x, 'client-write-timeout');
    return;
  }
  if (x.attempt !== null && x.isRequestJudged) x.attempt.blame('timeout');
  abortBoth(x, FAULTS.responseTimeout.code);
}
