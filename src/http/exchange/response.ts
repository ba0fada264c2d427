/** The response on its way to the client. */
import { FAULTS } from '../../core/errors.ts';
import type { Attempt } from '../attempt.ts';
import { BODY_NONE, ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { ClientStream } from '../stream.ts';
import { abortBoth, breakAnswer, finish } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { shapeResponse } from './shape-response.ts';
import { isClientStalled, watchClient } from './slow-peers.ts';
import type { ResponseSource } from './source.ts';
import { FLUSHING, RESPONDING } from './states.ts';
import { openTunnel } from './tunnel.ts';

const CONTINUE = new ResponseHead();
CONTINUE.status = 100;
CONTINUE.reason = 'Continue';

/** *sending*, *awaiting* × informational */
export function forwardInformational(x: Exchange, source: ResponseSource | null): void {
  const response = (source as ResponseSource).response as ResponseHead;
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

/** *deciding*, *sending*, *awaiting* × response: the head of the final response. */
export function relayHead(x: Exchange, from: ResponseSource | null): void {
  const source = from as ResponseSource;
  const response = source.response as ResponseHead;
  const { route } = x.request as OutgoingRequest;
  const { record, plane } = x;
  const now = plane.now();
  record.firstByteAt = now;
  record.status = response.status;
  source.answered(now);
  if (response.status === 101) {
    openTunnel(x, response);
    return;
  }
  x.forgetBody();
  const client = x.client as ClientStream;
  let head = response;
  let lines = '';
  if (route.steps !== null && route.steps.onResponse !== null)
    ({ head, lines } = shapeResponse(x, response, route.steps.onResponse));
  x.source = source;
  x.state = RESPONDING;
  client.sendHead(head, head.bodyKind !== BODY_NONE, plane.isDraining, route, lines);
  plane.wheel.arm(x.responseTimer, response.isEventStream ? x.timeouts.tunnelIdleMs : x.timeouts.responseIdleMs);
}

/** *responding* × responseBytes */
export function forwardResponseBody(
  x: Exchange,
  source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  const client = x.client as ClientStream;
  let isTaken: boolean;
  if (x.sink === null) {
    x.record.bytesOut += end - start;
    isTaken = client.sendBody(buffer, start, end);
  } else {
    x.sink.write(buffer, start, end);
    isTaken = !client.isBlocked;
  }
  if (isTaken) armIdle(x, source as ResponseSource);
  else holdBack(x, source as ResponseSource);
}

/** The client takes no more for now. */
function holdBack(x: Exchange, source: ResponseSource): void {
  source.pauseBody();
  watchClient(x);
}

function armIdle(x: Exchange, source: ResponseSource): void {
  const { responseIdleMs, tunnelIdleMs } = x.timeouts;
  const { isEventStream } = source.response as ResponseHead;
  x.plane.wheel.arm(x.responseTimer, isEventStream ? tunnelIdleMs : responseIdleMs);
}

/** *responding* × clientDrain */
export function resumeUpstream(x: Exchange): void {
  const source = x.source as ResponseSource;
  armIdle(x, source);
  source.resumeBody();
}

/** *responding* × responseEnd */
export function endResponse(x: Exchange, from: ResponseSource | null): void {
  const source = from as ResponseSource;
  const client = x.client as ClientStream;
  source.succeeded();
  if (x.sink === null) client.sendEnd(source.trailers);
  else x.sink.end(source.trailers);
  client.flush();
  // The client may still be taking bytes that lie in the upstream connection's buffer.
  if (client.isBlocked) {
    x.state = FLUSHING;
    source.pauseBody();
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
  const source = x.source as ResponseSource;
  x.attempt = null;
  // An endpoint that answered before it had the whole request is not used again.
  if (x.isRequestEnded) source.complete();
  else source.abandon();
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
  if (x.source !== null && x.isRequestJudged) x.source.blame('timeout');
  abortBoth(x, FAULTS.responseTimeout.code);
}
