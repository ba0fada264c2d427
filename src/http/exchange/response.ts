/** The response on its way to the client. */
import { CLIENT_TOO_SLOW, FAULTS } from '../../core/errors.ts';
import type { Attempt } from '../attempt.ts';
import { BODY_NONE, ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { ClientStream } from '../stream.ts';
import { abortBoth, answerFault, breakAnswer, finish } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { settleRace } from './race.ts';
import { retryAnswer } from './retries.ts';
import { shapeResponse } from './shape-response.ts';
import { isClientStalled, isTakenTooSlowly, watchTaking } from './slow-peers.ts';
import type { ResponseSource } from './source.ts';
import { stickyLines } from './sticky-lines.ts';
import { FLUSHING, RESPONDING } from './states.ts';
import { openTunnel } from './tunnel.ts';

const CONTINUE = new ResponseHead();
CONTINUE.status = 100;
CONTINUE.reason = 'Continue';
const CONTINUE_OURS = -1;

/** *sending*, *awaiting* × informational */
export function forwardInformational(exchange: Exchange, source: ResponseSource | null): void {
  const response = (source as ResponseSource).response as ResponseHead;
  if (response.status !== CONTINUE.status) (exchange.client as ClientStream).sendInformational(response);
  else if (exchange.continueBy === 0 || exchange.continueBy === exchange.attemptCount)
    goOn(exchange, response, exchange.attemptCount);
}

/** *sending* × responseTimeout: the endpoint sends no 100, as many never do. The client gets ours, and sends its body. */
export function sendContinue(exchange: Exchange): void {
  goOn(exchange, CONTINUE, CONTINUE_OURS);
}

/** *deciding*: a step wants the body. Where its client waits to be told to send it, it is told. */
export function askForBody(exchange: Exchange): void {
  if (exchange.isContinueOwed) {
    goOn(exchange, CONTINUE, CONTINUE_OURS);
    exchange.flushClient();
  }
  exchange.resumeClient();
  exchange.host.wheel.arm(exchange.requestTimer, exchange.timeouts.requestBodyIdleMs);
}

/** A client that waited for 100 goes on now: the next wait is for its body. */
function goOn(exchange: Exchange, response: ResponseHead, by: number): void {
  if (exchange.isContinueOwed) exchange.bodySince = exchange.host.now();
  exchange.isContinueOwed = false;
  exchange.continueBy = by;
  (exchange.client as ClientStream).sendInformational(response);
  if (exchange.isRequestEnded) return;
  exchange.host.wheel.disarm(exchange.responseTimer);
  exchange.host.wheel.arm(exchange.requestTimer, exchange.timeouts.requestBodyIdleMs);
}

/** *deciding*, *sending*, *awaiting* × response: the head of the final response. */
export function relayHead(exchange: Exchange, from: ResponseSource | null): void {
  const source = from as ResponseSource;
  const response = source.response as ResponseHead;
  const { route } = exchange.request as OutgoingRequest;
  const { record, host } = exchange;
  const now = host.now();
  source.answered(now);
  // A step's answer is nobody's failure.
  if (route.retriedStatuses !== null && source === exchange.attempt && route.retriedStatuses.has(response.status)) {
    if (retryAnswer(exchange)) return;
  }
  if (exchange.isRacing) settleRace(exchange, source);
  record.firstByteAt = now;
  record.status = response.status;
  if (response.status === 101) {
    openTunnel(exchange, response);
    return;
  }
  exchange.forgetBody();
  const client = exchange.client as ClientStream;
  let head = response;
  let lines = '';
  if (route.steps !== null && route.steps.onResponse !== null) {
    const shaped = shapeResponse(exchange, response, route.steps.onResponse, breakAnswer);
    if ('code' in shaped) {
      answerFault(exchange, shaped);
      return;
    }
    ({ head, lines } = shaped);
  }
  const { sticky } = route.pool;
  if (sticky !== null && source === exchange.attempt) lines += stickyLines(exchange, exchange.attempt, sticky);
  exchange.source = source;
  exchange.state = RESPONDING;
  client.sendHead(head, head.bodyKind !== BODY_NONE, host.isDraining, route, lines);
  host.wheel.arm(
    exchange.responseTimer,
    response.isEventStream ? exchange.timeouts.tunnelIdleMs : exchange.timeouts.responseIdleMs,
  );
}

/** *responding* × responseBytes */
export function forwardResponseBody(
  exchange: Exchange,
  source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  const client = exchange.client as ClientStream;
  let isTaken: boolean;
  if (exchange.sink === null) {
    exchange.record.bytesOut += end - start;
    isTaken = client.sendBody(buffer, start, end);
  } else {
    exchange.sink.write(buffer, start, end);
    // A step has broken it off: the exchange is over, and may be another request's.
    if (exchange.source !== source) return;
    isTaken = !client.isBlocked;
  }
  if (isTaken) armIdle(exchange, source as ResponseSource);
  else holdBack(exchange, source as ResponseSource);
}

/** The client takes no more for now. */
function holdBack(exchange: Exchange, source: ResponseSource): void {
  source.pauseBody();
  watchTaking(exchange);
}

function armIdle(exchange: Exchange, source: ResponseSource): void {
  const { responseIdleMs, tunnelIdleMs } = exchange.timeouts;
  const { isEventStream } = source.response as ResponseHead;
  exchange.host.wheel.arm(exchange.responseTimer, isEventStream ? tunnelIdleMs : responseIdleMs);
}

/** *responding* × clientDrain */
export function resumeUpstream(exchange: Exchange): void {
  const source = exchange.source as ResponseSource;
  exchange.clientPace?.end(exchange.host.now());
  armIdle(exchange, source);
  source.resumeBody();
}

/** *responding* × responseEnd */
export function endResponse(exchange: Exchange, from: ResponseSource | null): void {
  const source = from as ResponseSource;
  const client = exchange.client as ClientStream;
  source.succeeded();
  if (exchange.sink === null) client.sendEnd(source.trailers);
  else {
    exchange.sink.end(source.trailers);
    if (exchange.source !== source) return;
  }
  client.flush();
  // The client may still be taking bytes that lie in the upstream connection's buffer.
  if (client.isBlocked) {
    exchange.state = FLUSHING;
    source.pauseBody();
    watchTaking(exchange);
    return;
  }
  complete(exchange);
}

/** *flushing* × clientDrain */
export function afterFlush(exchange: Exchange): void {
  complete(exchange);
}

function complete(exchange: Exchange): void {
  const source = exchange.source as ResponseSource;
  exchange.attempt = null;
  // An endpoint that answered before it had the whole request is not used again.
  if (exchange.isRequestEnded) source.complete();
  else source.abandon();
  finish(exchange, '');
}

/** *responding*, *flushing* × requestEnd */
export function lateRequestEnd(exchange: Exchange): void {
  exchange.isRequestEnded = true;
  exchange.host.wheel.disarm(exchange.requestTimer);
  const stream = exchange.attempt === null ? null : exchange.attempt.stream;
  if (stream === null || exchange.state === FLUSHING) return;
  stream.sendEnd(exchange.requestTrailers);
  if (!exchange.isBurst) stream.flush();
}

/** *flushing* × requestBytes: the answer is out, nobody reads the rest. */
export function discard(): void {}

/** *responding* × failed: the client must see that the answer is not whole. */
export function responseBroke(exchange: Exchange): void {
  const attempt = exchange.attempt as Attempt;
  const { failure } = attempt;
  if (failure !== 'local-resources' && exchange.isRequestJudged) attempt.blame(failure);
  breakAnswer(exchange, failure === 'bad-response' ? FAULTS.badResponse : FAULTS.upstreamReset, attempt.rule);
}

/** *responding*, *flushing* × responseTimeout: who is slow? */
export function responseStalled(exchange: Exchange): void {
  if ((exchange.client as ClientStream).isBlocked) {
    if (isClientStalled(exchange)) abortBoth(exchange, 'client-write-timeout');
    else if (isTakenTooSlowly(exchange)) abortBoth(exchange, CLIENT_TOO_SLOW);
    return;
  }
  if (exchange.source !== null && exchange.isRequestJudged) exchange.source.blame('timeout');
  abortBoth(exchange, FAULTS.responseTimeout.code);
}
