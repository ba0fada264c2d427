/** After a 101: bytes pass as they are, each side's FIN is carried across, silence for `tunnelIdle` ends it. */
import { CLIENT_CLOSED, FAULTS } from '../../core/errors.ts';
import { ROUTE_UPGRADES } from '../../core/shared/route-table.ts';
import type { Attempt } from '../attempt.ts';
import type { ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { ClientStream, UpstreamStream } from '../stream.ts';
import { abortBoth, answerFault, breakAnswer, finish } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { attemptFailed } from './retries.ts';
import { shapeResponse } from './shape-response.ts';
import { stickyLines } from './sticky-lines.ts';
import { isClientStalled, isEndpointStalled, watchClient, watchEndpoint } from './slow-peers.ts';
import type { ResponseSource } from './source.ts';
import { TUNNEL } from './states.ts';

/** The endpoint answered 101: only to who asked, and only for what was asked. */
export function openTunnel(exchange: Exchange, response: ResponseHead): void {
  const request = exchange.request as OutgoingRequest;
  const attempt = exchange.attempt as Attempt;
  if (!request.isUpgrade || !exchange.isRequestEnded || response.upgrade !== request.head.upgrade) {
    attempt.failure = 'unexpected-upgrade';
    attemptFailed(exchange);
    return;
  }
  attempt.succeeded();
  exchange.forgetBody();
  const { steps } = request.route;
  const isLookedAt = steps !== null && steps.onResponse !== null;
  const shaped = isLookedAt
    ? shapeResponse(exchange, response, steps.onResponse, breakAnswer)
    : { head: response, lines: '' };
  if ('code' in shaped) {
    answerFault(exchange, shaped);
    return;
  }
  exchange.state = TUNNEL;
  exchange.disarm();
  exchange.host.wheel.arm(exchange.responseTimer, exchange.timeouts.tunnelIdleMs);
  exchange.host.routeTable.count(request.route.spec.slot, ROUTE_UPGRADES, 1);
  const { sticky } = request.route.pool;
  const lines = sticky === null ? shaped.lines : shaped.lines + stickyLines(exchange, attempt, sticky);
  (exchange.client as ClientStream).upgrade(shaped.head, lines);
}

/** *tunnel* × requestBytes */
export function tunnelUp(
  exchange: Exchange,
  _source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  exchange.record.bytesIn += end - start;
  keepOpen(exchange);
  if ((exchange.attempt as Attempt).sendBody(buffer, start, end)) return;
  exchange.pauseClient();
  watchEndpoint(exchange);
}

/** Bytes have passed: the time of silence begins anew, unless the client is the one that is waited for. */
function keepOpen(exchange: Exchange): void {
  if (!(exchange.client as ClientStream).isBlocked)
    exchange.host.wheel.arm(exchange.responseTimer, exchange.timeouts.tunnelIdleMs);
}

/** *tunnel* × responseBytes */
export function tunnelDown(
  exchange: Exchange,
  _source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  exchange.record.bytesOut += end - start;
  const stream = (exchange.attempt as Attempt).stream as UpstreamStream;
  if ((exchange.client as ClientStream).sendBody(buffer, start, end)) {
    keepOpen(exchange);
    return;
  }
  stream.pauseBody();
  watchClient(exchange);
}

/** *tunnel* × upstreamDrain */
export function resumeTunnelClient(exchange: Exchange): void {
  exchange.host.wheel.disarm(exchange.requestTimer);
  keepOpen(exchange);
  exchange.resumeClient();
}

/** *tunnel* × clientDrain */
export function resumeTunnelUpstream(exchange: Exchange): void {
  exchange.host.wheel.arm(exchange.responseTimer, exchange.timeouts.tunnelIdleMs);
  const { attempt } = exchange;
  if (attempt !== null && attempt.stream !== null) attempt.stream.resumeBody();
}

/** *tunnel* × clientEnd */
export function clientTunnelEnd(exchange: Exchange): void {
  exchange.isClientEnded = true;
  ((exchange.attempt as Attempt).stream as UpstreamStream).endTunnel();
  if (exchange.isUpstreamEnded) bothEnded(exchange);
}

/** *tunnel* × upstreamEnd */
export function upstreamTunnelEnd(exchange: Exchange): void {
  exchange.isUpstreamEnded = true;
  (exchange.client as ClientStream).endTunnel();
  if (exchange.isClientEnded) bothEnded(exchange);
}

function bothEnded(exchange: Exchange): void {
  const attempt = exchange.attempt as Attempt;
  exchange.attempt = null;
  attempt.complete();
  finish(exchange, '');
}

/** *tunnel* × failed: the endpoint reset it, and so do we. */
export function tunnelBroke(exchange: Exchange): void {
  abortBoth(exchange, FAULTS.upstreamReset.code);
}

/** *tunnel* × clientGone */
export function closeTunnel(exchange: Exchange): void {
  abortBoth(exchange, CLIENT_CLOSED);
}

/** *tunnel* × responseTimeout: silence, or a client that takes nothing. */
export function tunnelIdle(exchange: Exchange): void {
  const { isBlocked } = exchange.client as ClientStream;
  if (isBlocked && !isClientStalled(exchange)) return;
  abortBoth(exchange, isBlocked ? 'client-write-timeout' : 'tunnel-idle');
}

/** *tunnel* × requestTimeout: the endpoint takes nothing. */
export function tunnelStalled(exchange: Exchange): void {
  const { stream } = exchange.attempt as Attempt;
  if (stream?.isBlocked === true && !isEndpointStalled(exchange)) return;
  (exchange.attempt as Attempt).blame('write-timeout');
  abortBoth(exchange, FAULTS.upstreamWriteTimeout.code);
}
