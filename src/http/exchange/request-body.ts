/** The request's body on its way to the endpoint. */
import { FAULTS } from '../../core/errors.ts';
import { MEMORY_REPLAYS, USE_REPLAY } from '../../core/shared/memory-table.ts';
import type { Attempt } from '../attempt.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { UpstreamStream } from '../stream.ts';
import { awaitResponse } from './attempts.ts';
import { abortBoth, answerFault, answerFull } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { watchEndpoint } from './slow-peers.ts';
import type { ResponseSource } from './source.ts';
import { AWAITING, RESPONDING } from './states.ts';

/** Counts a piece of the body. False: it was too much, and has been answered. */
function takeIn(x: Exchange, bytes: number): boolean {
  x.record.bytesIn += bytes;
  x.isContinueOwed = false;
  if (x.bodyLimit > 0 && x.record.bytesIn > x.bodyLimit) {
    if (x.state === RESPONDING) abortBoth(x, FAULTS.payloadTooLarge.code);
    else answerFault(x, FAULTS.payloadTooLarge);
    return false;
  }
  return true;
}

/** *deciding*, *waiting*, *connecting*, *between* × requestBytes: kept until there is somebody to send them to. */
export function holdBody(
  x: Exchange,
  _source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  if (!takeIn(x, end - start)) return;
  if (!x.kept.append(buffer, start, end)) {
    answerFull(x);
    return;
  }
  x.isBodyKept = true;
  if (x.kept.length >= (x.request as OutgoingRequest).route.pool.spec.retry.replayBytes) {
    x.pauseClient();
    x.plane.wheel.disarm(x.requestTimer);
  } else {
    x.plane.wheel.arm(x.requestTimer, x.timeouts.requestBodyIdleMs);
  }
}

/** Only a request that may be repeated after it was sent is worth a copy, and only a small one. */
function keepForReplay(x: Exchange, request: OutgoingRequest, buffer: Buffer, start: number, end: number): void {
  const isSmall = x.kept.length + end - start <= request.route.pool.spec.retry.replayBytes;
  if (request.isRepeatable && isSmall && x.state !== RESPONDING) {
    if (x.kept.append(buffer, start, end, USE_REPLAY)) return;
    x.plane.memory.count(MEMORY_REPLAYS);
  }
  x.stopKeeping();
}

/** *sending*, *responding* × requestBytes */
export function forwardBody(
  x: Exchange,
  _source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  if (!takeIn(x, end - start)) return;
  const request = x.request as OutgoingRequest;
  if (x.isBodyKept) keepForReplay(x, request, buffer, start, end);
  // It waits for no 100 any more.
  if (request.head.expectsContinue && x.state !== RESPONDING) x.plane.wheel.disarm(x.responseTimer);
  // To an answer of ours the rest of the request means nothing.
  if (x.attempt === null) return;
  if (x.attempt.sendBody(buffer, start, end)) {
    x.plane.wheel.arm(x.requestTimer, x.timeouts.requestBodyIdleMs);
  } else {
    x.pauseClient();
    watchEndpoint(x);
  }
}

/** *sending* × requestEnd */
export function endRequest(x: Exchange): void {
  const stream = (x.attempt as Attempt).stream as UpstreamStream;
  x.isRequestEnded = true;
  stream.sendEnd(x.requestTrailers);
  x.state = AWAITING;
  awaitResponse(x, stream);
}

/** *deciding*, *waiting*, *connecting*, *between* × requestEnd */
export function markRequestEnd(x: Exchange): void {
  x.isRequestEnded = true;
  x.plane.wheel.disarm(x.requestTimer);
}

/** *sending*, *responding* × upstreamDrain */
export function upstreamDrained(x: Exchange): void {
  const { wheel } = x.plane;
  if (!x.isBodyKept) x.forgetBody();
  if (x.isRequestEnded) wheel.disarm(x.requestTimer);
  else wheel.arm(x.requestTimer, x.timeouts.requestBodyIdleMs);
  x.resumeClient();
}

/** *awaiting* × upstreamDrain: the last byte has left, the endpoint's time begins. */
export function upstreamDrainedAfterEnd(x: Exchange): void {
  if (!x.isBodyKept) x.forgetBody();
  awaitResponse(x, (x.attempt as Attempt).stream as UpstreamStream);
  x.resumeClient();
}
