/** A side that takes none of what waits for it is cut after `writeIdle`; one that takes it slowly is not. */
import type { Timer } from '../../net/timer-wheel.ts';
import type { WriteProgress } from '../../net/write-progress.ts';
import type { Attempt } from '../attempt.ts';
import type { ClientStream, UpstreamStream } from '../stream.ts';
import type { Exchange } from './exchange.ts';

/** The client has yet to take what was sent. */
export function watchClient(x: Exchange): void {
  x.plane.wheel.arm(x.responseTimer, x.clientProgress.begin(x.plane.now(), x.timeouts.writeIdleMs));
}

/** The endpoint has yet to take what was sent. */
export function watchEndpoint(x: Exchange): void {
  x.plane.wheel.arm(x.requestTimer, x.endpointProgress.begin(x.plane.now(), x.timeouts.writeIdleMs));
}

/** To be asked on a timeout while the client is blocked. False: it still takes, and the timer runs on. */
export function isClientStalled(x: Exchange): boolean {
  return isStalled(x, x.clientProgress, x.client as ClientStream, x.responseTimer);
}

/** The same for the endpoint. */
export function isEndpointStalled(x: Exchange): boolean {
  const stream = (x.attempt as Attempt).stream as UpstreamStream;
  return isStalled(x, x.endpointProgress, stream, x.requestTimer);
}

function isStalled(
  x: Exchange,
  progress: WriteProgress,
  stream: Pick<ClientStream, 'look' | 'takenBytes'>,
  timer: Timer,
): boolean {
  const now = x.plane.now();
  const { writeIdleMs } = x.timeouts;
  if (progress.isStalled(stream, now, writeIdleMs)) return true;
  x.plane.wheel.arm(timer, progress.next(now, writeIdleMs));
  return false;
}
