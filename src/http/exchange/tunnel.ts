/** After a 101: bytes pass as they are, each side's FIN is carried across, silence for `tunnelIdle` ends it. */
import { CLIENT_CLOSED, FAULTS } from '../../core/errors.ts';
import { ROUTE_UPGRADES } from '../../core/shared/route-table.ts';
import type { Attempt } from '../attempt.ts';
import type { ResponseHead } from '../head.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { ClientStream, UpstreamStream } from '../stream.ts';
import { attemptFailed } from './attempts.ts';
import { abortBoth, finish } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { isClientStalled, isEndpointStalled, watchClient, watchEndpoint } from './slow-peers.ts';
import type { ResponseSource } from './source.ts';
import { TUNNEL } from './states.ts';

/** The endpoint answered 101: only to who asked, and only for what was asked. */
export function openTunnel(x: Exchange, response: ResponseHead): void {
  const request = x.request as OutgoingRequest;
  const attempt = x.attempt as Attempt;
  if (!request.isUpgrade || !x.isRequestEnded || response.upgrade !== request.head.upgrade) {
    attempt.failure = 'unexpected-upgrade';
    attemptFailed(x);
    return;
  }
  attempt.succeeded();
  x.forgetBody();
  x.state = TUNNEL;
  x.disarm();
  x.plane.wheel.arm(x.responseTimer, x.timeouts.tunnelIdleMs);
  x.plane.routeTable.count(request.route.spec.slot, ROUTE_UPGRADES, 1);
  (x.client as ClientStream).upgrade(response);
}

/** *tunnel* × requestBytes */
export function tunnelUp(
  x: Exchange,
  _source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  x.record.bytesIn += end - start;
  keepOpen(x);
  if ((x.attempt as Attempt).sendBody(buffer, start, end)) return;
  x.pauseClient();
  watchEndpoint(x);
}

/** Bytes have passed: the time of silence begins anew, unless the client is the one that is waited for. */
function keepOpen(x: Exchange): void {
  if (!(x.client as ClientStream).isBlocked) x.plane.wheel.arm(x.responseTimer, x.timeouts.tunnelIdleMs);
}

/** *tunnel* × responseBytes */
export function tunnelDown(
  x: Exchange,
  _source: ResponseSource | null,
  buffer: Buffer,
  start: number,
  end: number,
): void {
  x.record.bytesOut += end - start;
  const stream = (x.attempt as Attempt).stream as UpstreamStream;
  if ((x.client as ClientStream).sendBody(buffer, start, end)) {
    keepOpen(x);
    return;
  }
  stream.pauseBody();
  watchClient(x);
}

/** *tunnel* × upstreamDrain */
export function resumeTunnelClient(x: Exchange): void {
  x.plane.wheel.disarm(x.requestTimer);
  keepOpen(x);
  x.resumeClient();
}

/** *tunnel* × clientDrain */
export function resumeTunnelUpstream(x: Exchange): void {
  x.plane.wheel.arm(x.responseTimer, x.timeouts.tunnelIdleMs);
  const { attempt } = x;
  if (attempt !== null && attempt.stream !== null) attempt.stream.resumeBody();
}

/** *tunnel* × clientEnd */
export function clientTunnelEnd(x: Exchange): void {
  x.isClientEnded = true;
  ((x.attempt as Attempt).stream as UpstreamStream).endTunnel();
  if (x.isUpstreamEnded) bothEnded(x);
}

/** *tunnel* × upstreamEnd */
export function upstreamTunnelEnd(x: Exchange): void {
  x.isUpstreamEnded = true;
  (x.client as ClientStream).endTunnel();
  if (x.isClientEnded) bothEnded(x);
}

function bothEnded(x: Exchange): void {
  const attempt = x.attempt as Attempt;
  x.attempt = null;
  attempt.complete();
  finish(x, '');
}

/** *tunnel* × failed: the endpoint reset it, and so do we. */
export function tunnelBroke(x: Exchange): void {
  abortBoth(x, FAULTS.upstreamReset.code);
}

/** *tunnel* × clientGone */
export function closeTunnel(x: Exchange): void {
  abortBoth(x, CLIENT_CLOSED);
}

/** *tunnel* × responseTimeout: silence, or a client that takes nothing. */
export function tunnelIdle(x: Exchange): void {
  const { isBlocked } = x.client as ClientStream;
  if (isBlocked && !isClientStalled(x)) return;
  abortBoth(x, isBlocked ? 'client-write-timeout' : 'tunnel-idle');
}

/** *tunnel* × requestTimeout: the endpoint takes nothing. */
export function tunnelStalled(x: Exchange): void {
  const { stream } = x.attempt as Attempt;
  if (stream?.isBlocked === true && !isEndpointStalled(x)) return;
  (x.attempt as Attempt).blame('write-timeout');
  abortBoth(x, FAULTS.upstreamWriteTimeout.code);
}
