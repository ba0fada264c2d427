/**
 * A side that takes none of what waits for it is cut after `writeIdle`. An endpoint that takes it slowly is not; a client
 * that takes or sends less than `slowClients` allows is.
 */
import { BODY_TOO_SLOW, CLIENT_TOO_SLOW } from '../../core/errors.ts';
import { find } from '../../core/http/header-lines.ts';
import type { SlowClientSpec } from '../../core/settings.ts';
import { ROUTE_SLOW_CLIENTS } from '../../core/shared/route-table.ts';
import { TakingPace } from '../../net/taking-pace.ts';
import type { Timer } from '../../net/timer-wheel.ts';
import type { WriteProgress } from '../../net/write-progress.ts';
import type { Attempt } from '../attempt.ts';
import { BODY_LENGTH } from '../head.ts';
import type { RequestHead } from '../head.ts';
import type { ClientStream, UpstreamStream } from '../stream.ts';
import type { Exchange } from './exchange.ts';
import type { SlowReason } from './exchange-host.ts';

const GRPC = /^application\/grpc/i;

/** The client has yet to take what was sent. */
export function watchClient(exchange: Exchange): void {
  exchange.host.wheel.arm(
    exchange.responseTimer,
    exchange.clientProgress.begin(exchange.host.now(), exchange.timeouts.writeIdleMs),
  );
}

/** The same of an answer: a client that takes it too slowly is found as well, see {@link isTakenTooSlowly}. */
export function watchTaking(exchange: Exchange): void {
  watchClient(exchange);
  const slow = limitOnTaking(exchange);
  if (slow === null) return;
  (exchange.clientPace ??= new TakingPace()).begin(exchange.host.now());
  lookSooner(exchange, slow);
}

/**
 * To be asked with {@link isClientStalled}, where that is false: of an answer, whether its client takes less than
 * `slowClients` allows. Only the time counts in which something waits for it.
 */
export function isTakenTooSlowly(exchange: Exchange): boolean {
  const slow = limitOnTaking(exchange);
  const { clientPace, host, record } = exchange;
  if (slow === null || clientPace === null) return false;
  const { responseBytesPerSecond, graceMs } = slow;
  const client = exchange.client as ClientStream;
  if (clientPace.isBelow(client, record.bytesOut, host.now(), responseBytesPerSecond, graceMs)) {
    exchange.count(ROUTE_SLOW_CLIENTS);
    tell(exchange, CLIENT_TOO_SLOW, `it takes less than ${responseBytesPerSecond} bytes a second of its answer`);
    return true;
  }
  lookSooner(exchange, slow);
  return false;
}

/** Null: it may take as long as it likes. */
function limitOnTaking({ host, source }: Exchange): SlowClientSpec | null {
  const { slowClients } = host.routing.snapshot.settings;
  if (slowClients === null || slowClients.responseBytesPerSecond === 0) return null;
  return source?.response?.isEventStream === true ? null : slowClients;
}

/** Where `writeIdle` is long, looks are still as many as `grace` needs. */
function lookSooner({ clientProgress, host, responseTimer, timeouts }: Exchange, { graceMs }: SlowClientSpec): void {
  host.wheel.arm(responseTimer, Math.min(clientProgress.next(host.now(), timeouts.writeIdleMs), graceMs / 2));
}

/**
 * To be asked when some of a request's body has come: whether so far it has come more slowly than `slowClients` allows.
 * The time in which we did not read does not count.
 */
export function isSentTooSlowly(exchange: Exchange): boolean {
  const { host, record } = exchange;
  const { slowClients } = host.routing.snapshot.settings;
  if (slowClients === null || exchange.isClientPaused) return false;
  const ms = host.now() - exchange.bodySince;
  const { bodyBytesPerSecond, graceMs } = slowClients;
  if (ms <= graceMs || record.bytesIn * 1000 >= bodyBytesPerSecond * ms) return false;
  const head = exchange.head as RequestHead;
  if (head.bodyKind === BODY_LENGTH && record.bytesIn >= head.contentLength) return false;
  if (isStream(exchange, head)) {
    // It is not asked for again.
    exchange.bodySince = Infinity;
    return false;
  }
  exchange.count(ROUTE_SLOW_CLIENTS);
  tell(exchange, BODY_TOO_SLOW, `its body comes with less than ${bodyBytesPerSecond} bytes a second`);
  return true;
}

function tell({ host, record }: Exchange, reason: SlowReason, rule: string): void {
  host.refusals.note(record.listener, reason, rule, record.client);
}

/** Its messages come whenever there are any. */
function isStream({ source }: Exchange, { lines }: RequestHead): boolean {
  return source?.response?.isEventStream === true || GRPC.test(find(lines, 'content-type') ?? '');
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
