/** A side that takes none of what waits for it is cut after `writeIdle`; one that takes it slowly is not. */
import type { Timer } from '../../net/timer-wheel.ts';
import type { WriteProgress } from '../../net/write-progress.ts';
import type { Attempt } from '../attempt.ts';
import type { ClientStream, UpstreamStream } from '../stream.ts';
import type { Exchange } from './exchange.ts';

/** The client has yet to take what was sent. */
export function watchClient(exchange: Exchange): void {
  exchange.host.wheel.arm(
    exchange.responseTimer,
    exchange.clientProgress.begin(exchange.host.now(), exchange.timeouts.writeIdleMs),
  );
}

/** The endpoint has yet to take what was sent. */
export function watchEndpoint(exchange: Exchange): void {
  exchange.host.wheel.arm(
    exchange.requestTimer,
    exchange.endpointProgress.begin(exchange.host.now(), exchange.timeouts.writeIdleMs),
  );
}

/** To be asked on a timeout while the client is blocked. False: it still takes, and the timer runs on. */
export function isClientStalled(exchange: Exchange): boolean {
  return isStalled(exchange, exchange.clientProgress, exchange.client as ClientStream, exchange.responseTimer);
}

/** The same for the endpoint. */
export function isEndpointStalled(exchange: Exchange): boolean {
  const stream = (exchange.attempt as Attempt).stream as UpstreamStream;
  return isStalled(exchange, exchange.endpointProgress, stream, exchange.requestTimer);
}

function isStalled(
  exchange: Exchange,
  progress: WriteProgress,
  stream: Pick<ClientStream, 'look' | 'takenBytes'>,
  timer: Timer,
): boolean {
  const now = exchange.host.now();
  const { writeIdleMs } = exchange.timeouts;
  if (progress.isStalled(stream, now, writeIdleMs)) return true;
  exchange.host.wheel.arm(timer, progress.next(now, writeIdleMs));
  return false;
}
