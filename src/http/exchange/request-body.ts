/** The request's body on its way to the endpoint. */
import { FAULTS } from '../../core/errors.ts';
import { MEMORY_REPLAYS, USE_REPLAY } from '../../core/shared/memory-table.ts';
import type { Attempt } from '../attempt.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { UpstreamStream } from '../stream.ts';
import { awaitResponse } from './attempts.ts';
import { abortBoth, answerFault, answerFull } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { isSentTooSlowly, watchEndpoint } from './slow-peers.ts';
import type { ResponseSource } from './source.ts';
import { AWAITING, RESPONDING } from './states.ts';

/** Counts a piece of the body. False: it was too much, and has been answered. */
function takeIn(exchange: Exchange, bytes: number): boolean {
  exchange.record.bytesIn += bytes;
  if (exchange.isContinueOwed) {
    // It waited for us so far.
    exchange.isContinueOwed = false;
    exchange.bodySince = exchange.host.now();
  }
  if (exchange.bodyLimit > 0 && exchange.record.bytesIn > exchange.bodyLimit) {
    if (exchange.state === RESPONDING) abortBoth(exchange, FAULTS.payloadTooLarge.code);
    else answerFault(exchange, FAULTS.payloadTooLarge);
    return false;
  }
  return true;
}

/** *deciding*, *waiting*, *held*, *connecting*, *between* × requestBytes: kept until there is somebody to send them to. */
export function holdBody(
  exchange: Exchange,
  _source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  if (!takeIn(exchange, end - start)) return;
  if (!exchange.kept.append(buffer, start, end)) {
    answerFull(exchange);
    return;
  }
  exchange.isBodyKept = true;
  const isWanted = exchange.pending?.takes(exchange.kept.length) === true;
  if (!isWanted && exchange.kept.length >= (exchange.request as OutgoingRequest).route.spec.retry.replayBytes) {
    exchange.pauseClient();
    exchange.host.wheel.disarm(exchange.requestTimer);
  } else if (!exchange.isClientPaused) {
    exchange.host.wheel.arm(exchange.requestTimer, exchange.timeouts.requestBodyIdleMs);
  }
}

/** Only a request that may be repeated after it was sent is worth a copy, and only a small one. */
function keepForReplay(exchange: Exchange, request: OutgoingRequest, buffer: Buffer, start: number, end: number): void {
  const isSmall = exchange.kept.length + end - start <= request.route.spec.retry.replayBytes;
  if (request.isRepeatable && isSmall && exchange.state !== RESPONDING) {
    if (exchange.kept.append(buffer, start, end, USE_REPLAY)) return;
    exchange.host.memory.count(MEMORY_REPLAYS);
  }
  exchange.stopKeeping();
}

/** *sending*, *responding* × requestBytes */
export function forwardBody(
  exchange: Exchange,
  _source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  if (!takeIn(exchange, end - start)) return;
  const request = exchange.request as OutgoingRequest;
  if (exchange.isBodyKept) keepForReplay(exchange, request, buffer, start, end);
  // It waits for no 100 any more.
  if (request.head.expectsContinue && exchange.state !== RESPONDING) exchange.host.wheel.disarm(exchange.responseTimer);
  // To an answer of ours the rest of the request means nothing.
  if (exchange.attempt === null) return;
  if (isSentTooSlowly(exchange)) {
    if (exchange.state === RESPONDING) abortBoth(exchange, FAULTS.bodyTooSlow.code);
    else answerFault(exchange, FAULTS.bodyTooSlow);
    return;
  }
  if (exchange.attempt.sendBody(buffer, start, end)) {
    exchange.host.wheel.arm(exchange.requestTimer, exchange.timeouts.requestBodyIdleMs);
  } else {
    exchange.pauseClient();
    watchEndpoint(exchange);
  }
}

/** *sending* × requestEnd */
export function endRequest(exchange: Exchange): void {
  const stream = (exchange.attempt as Attempt).stream as UpstreamStream;
  exchange.isRequestEnded = true;
  stream.sendEnd(exchange.requestTrailers);
  exchange.state = AWAITING;
  awaitResponse(exchange, stream);
}

/** *deciding*, *waiting*, *held*, *connecting*, *between* × requestEnd */
export function markRequestEnd(exchange: Exchange): void {
  exchange.isRequestEnded = true;
  exchange.host.wheel.disarm(exchange.requestTimer);
  exchange.resumeClient();
  exchange.pending?.bodyEnded();
}

/** *sending*, *responding* × upstreamDrain */
export function upstreamDrained(exchange: Exchange): void {
  const { wheel } = exchange.host;
  if (!exchange.isBodyKept) exchange.forgetBody();
  if (exchange.isRequestEnded) wheel.disarm(exchange.requestTimer);
  else wheel.arm(exchange.requestTimer, exchange.timeouts.requestBodyIdleMs);
  exchange.resumeClient();
}

/** *awaiting* × upstreamDrain: the last byte has left, the endpoint's time begins. */
export function upstreamDrainedAfterEnd(exchange: Exchange): void {
  if (!exchange.isBodyKept) exchange.forgetBody();
  awaitResponse(exchange, (exchange.attempt as Attempt).stream as UpstreamStream);
  exchange.resumeClient();
}
