/** Requests of pools with `maxRequests`: a place is asked for, and waited for in turn (`upstream/admission.ts`). */
import { FAULTS } from '../../core/errors.ts';
import { rankOf } from '../../core/resilience/queue-class.ts';
import type { Admission, Queued } from '../../upstream/admission.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import { answerFault, answerFull } from './endings.ts';
import type { Exchange } from './exchange.ts';
import { holdEnded, waitInLine } from './hold.ts';

/** Whether somebody who waits comes before it. It asks for a place from now on. `isApart`: its own endpoint takes nobody else. */
export function isBehindOthers(exchange: Exchange, admission: Admission<Queued>, isApart: boolean): boolean {
  const { wait, host } = exchange;
  if (wait.rank === 0) wait.rank = rankOf((exchange.request as OutgoingRequest).route.spec.queueClass, host.now());
  return admission.isBehind(exchange, isApart);
}

/** The time that it may wait is counted once, however often it comes back. */
export function waitForPlace(exchange: Exchange, admission: Admission<Queued>): void {
  const { queue } = (exchange.request as OutgoingRequest).route.pool.spec;
  const timeoutMs = queue.timeoutMs === 0 ? exchange.timeouts.connectMs : queue.timeoutMs;
  const leftMs = timeoutMs - exchange.wait.formerMs;
  giveUpPermit(exchange);
  exchange.holdFault = FAULTS.queueTimeout;
  if (leftMs <= 0) holdEnded(exchange);
  else if (!exchange.wait.enter()) answerFull(exchange);
  else if (!admission.enter(exchange, queue.maxWaiting)) answerFault(exchange, FAULTS.queueFull);
  else {
    exchange.wait.since = exchange.host.now();
    waitInLine(exchange, admission, leftMs);
  }
}

/** One that was held and now waits for a place holds up nobody else that is held. */
function giveUpPermit(exchange: Exchange): void {
  if (!exchange.owesPermit) return;
  exchange.owesPermit = false;
  (exchange.request as OutgoingRequest).route.pool.holding.ended();
}
