/**
 * The table of an exchange: for each state what each event does. `never` marks what a codec or an attempt must not
 * send in that state: it throws, the guard catches it, and tests fail on it.
 */
import { begin } from './begin.ts';
import { sendRequest } from './attempts.ts';
import {
  cancel,
  cancelAnswer,
  clientBroke,
  cutByFault,
  cutByTimeout,
  cutRequestSlow,
  cutByRemoval,
  endpointTooSlow,
  failByFault,
  failUnbegun,
  failByTotalTimeout,
  rejectBroken,
} from './endings.ts';
import { decide, decisionTimedOut } from './deciding.ts';
import { holdEnded } from './hold.ts';
import type { Action } from './exchange.ts';
import {
  endRequest,
  forwardBody,
  holdBody,
  markRequestEnd,
  upstreamDrained,
  upstreamDrainedAfterEnd,
} from './request-body.ts';
import {
  afterFlush,
  discard,
  endResponse,
  forwardInformational,
  forwardResponseBody,
  lateRequestEnd,
  relayHead,
  resumeUpstream,
  responseBroke,
  responseStalled,
  sendContinue,
} from './response.ts';
import { raceDue, rescue, rivalAnswered, rivalFailed, sendToRival } from './race.ts';
import {
  attemptFailed,
  attemptTooSlow,
  connectTimedOut,
  endpointRemoved,
  moveAway,
  queueTimedOut,
  requestSlow,
  retry,
} from './retries.ts';
import { EVENTS, STATES } from './states.ts';
import type { EventName, StateName } from './states.ts';
import {
  clientTunnelEnd,
  closeTunnel,
  tunnelBroke,
  tunnelDown,
  tunnelIdle,
  tunnelStalled,
  tunnelUp,
  resumeTunnelClient,
  resumeTunnelUpstream,
  upstreamTunnelEnd,
} from './tunnel.ts';

/** Nothing to do: the event is legal here and means nothing. */
function ignore(): void {}

/** Cannot happen: a bug of ours. */
function never(exchange: { readonly state: number }): void {
  throw new Error(`exchange: event that cannot happen in state ${STATES[exchange.state]}`);
}

// prettier-ignore
export const TABLE: Readonly<Record<StateName, Readonly<Record<EventName, Action>>>> = {
  idle: {
    request: begin, requestBytes: never, requestEnd: never, requestBroken: never,
    clientDrain: ignore, clientEnd: ignore, clientGone: ignore,
    ready: never, informational: never, response: never, responseBytes: never, responseEnd: never,
    upstreamDrain: ignore, upstreamEnd: never, failed: never, endpointDown: ignore, endpointGone: ignore,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: ignore, responseTimeout: ignore, attemptTimeout: ignore, totalTimeout: ignore, retryDue: ignore,
    decisionTimeout: ignore, decided: never, fault: failUnbegun,
  },
  deciding: {
    request: never, requestBytes: holdBody, requestEnd: markRequestEnd, requestBroken: rejectBroken,
    clientDrain: ignore, clientEnd: cancel, clientGone: clientBroke,
    ready: never, informational: never, response: relayHead, responseBytes: never, responseEnd: never,
    upstreamDrain: never, upstreamEnd: never, failed: never, endpointDown: ignore, endpointGone: ignore,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: requestSlow, responseTimeout: ignore, attemptTimeout: ignore, totalTimeout: failByTotalTimeout, retryDue: never,
    decisionTimeout: decisionTimedOut, decided: decide, fault: failByFault,
  },
  waiting: {
    request: never, requestBytes: holdBody, requestEnd: markRequestEnd, requestBroken: rejectBroken,
    clientDrain: ignore, clientEnd: cancel, clientGone: clientBroke,
    ready: never, informational: never, response: never, responseBytes: never, responseEnd: never,
    upstreamDrain: never, upstreamEnd: never, failed: never, endpointDown: moveAway, endpointGone: moveAway,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: requestSlow, responseTimeout: queueTimedOut, attemptTimeout: queueTimedOut, totalTimeout: failByTotalTimeout, retryDue: never,
    decisionTimeout: ignore, decided: never, fault: failByFault,
  },
  held: {
    request: never, requestBytes: holdBody, requestEnd: markRequestEnd, requestBroken: rejectBroken,
    clientDrain: ignore, clientEnd: cancel, clientGone: clientBroke,
    ready: never, informational: never, response: never, responseBytes: never, responseEnd: never,
    upstreamDrain: never, upstreamEnd: never, failed: never, endpointDown: ignore, endpointGone: ignore,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: ignore, responseTimeout: holdEnded, attemptTimeout: ignore, totalTimeout: failByTotalTimeout, retryDue: retry,
    decisionTimeout: ignore, decided: never, fault: failByFault,
  },
  connecting: {
    request: never, requestBytes: holdBody, requestEnd: markRequestEnd, requestBroken: rejectBroken,
    clientDrain: ignore, clientEnd: cancel, clientGone: clientBroke,
    ready: sendRequest, informational: never, response: never, responseBytes: never, responseEnd: never,
    upstreamDrain: never, upstreamEnd: never, failed: attemptFailed, endpointDown: rescue, endpointGone: endpointRemoved,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: requestSlow, responseTimeout: connectTimedOut, attemptTimeout: connectTimedOut, totalTimeout: failByTotalTimeout, retryDue: never,
    decisionTimeout: ignore, decided: never, fault: failByFault,
  },
  sending: {
    request: never, requestBytes: forwardBody, requestEnd: endRequest, requestBroken: rejectBroken,
    clientDrain: ignore, clientEnd: cancel, clientGone: clientBroke,
    ready: never, informational: forwardInformational, response: relayHead, responseBytes: never, responseEnd: never,
    upstreamDrain: upstreamDrained, upstreamEnd: never, failed: attemptFailed, endpointDown: rescue, endpointGone: endpointRemoved,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: requestSlow, responseTimeout: sendContinue, attemptTimeout: endpointTooSlow, totalTimeout: failByTotalTimeout, retryDue: never,
    decisionTimeout: ignore, decided: never, fault: failByFault,
  },
  awaiting: {
    request: never, requestBytes: never, requestEnd: never, requestBroken: never,
    clientDrain: ignore, clientEnd: cancel, clientGone: clientBroke,
    ready: never, informational: forwardInformational, response: relayHead, responseBytes: never, responseEnd: never,
    upstreamDrain: upstreamDrainedAfterEnd, upstreamEnd: never, failed: attemptFailed, endpointDown: rescue, endpointGone: endpointRemoved,
    rivalReady: sendToRival, rivalResponse: rivalAnswered, rivalFailed,
    requestTimeout: requestSlow, responseTimeout: endpointTooSlow, attemptTimeout: attemptTooSlow, totalTimeout: failByTotalTimeout, retryDue: raceDue,
    decisionTimeout: ignore, decided: never, fault: failByFault,
  },
  between: {
    request: never, requestBytes: holdBody, requestEnd: markRequestEnd, requestBroken: rejectBroken,
    clientDrain: ignore, clientEnd: cancel, clientGone: clientBroke,
    ready: never, informational: never, response: never, responseBytes: never, responseEnd: never,
    upstreamDrain: never, upstreamEnd: never, failed: never, endpointDown: ignore, endpointGone: ignore,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: requestSlow, responseTimeout: ignore, attemptTimeout: ignore, totalTimeout: failByTotalTimeout, retryDue: retry,
    decisionTimeout: ignore, decided: never, fault: failByFault,
  },
  responding: {
    request: never, requestBytes: forwardBody, requestEnd: lateRequestEnd, requestBroken: clientBroke,
    clientDrain: resumeUpstream, clientEnd: cancelAnswer, clientGone: clientBroke,
    ready: never, informational: never, response: never, responseBytes: forwardResponseBody, responseEnd: endResponse,
    upstreamDrain: upstreamDrained, upstreamEnd: never, failed: responseBroke, endpointDown: ignore, endpointGone: cutByRemoval,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: cutRequestSlow, responseTimeout: responseStalled, attemptTimeout: ignore, totalTimeout: cutByTimeout, retryDue: never,
    decisionTimeout: ignore, decided: never, fault: cutByFault,
  },
  flushing: {
    request: never, requestBytes: discard, requestEnd: lateRequestEnd, requestBroken: clientBroke,
    clientDrain: afterFlush, clientEnd: cancelAnswer, clientGone: clientBroke,
    ready: never, informational: never, response: never, responseBytes: never, responseEnd: never,
    upstreamDrain: ignore, upstreamEnd: never, failed: never, endpointDown: ignore, endpointGone: ignore,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: ignore, responseTimeout: responseStalled, attemptTimeout: ignore, totalTimeout: cutByTimeout, retryDue: never,
    decisionTimeout: ignore, decided: never, fault: cutByFault,
  },
  tunnel: {
    request: never, requestBytes: tunnelUp, requestEnd: never, requestBroken: never,
    clientDrain: resumeTunnelUpstream, clientEnd: clientTunnelEnd, clientGone: closeTunnel,
    ready: never, informational: never, response: never, responseBytes: tunnelDown, responseEnd: never,
    upstreamDrain: resumeTunnelClient, upstreamEnd: upstreamTunnelEnd, failed: tunnelBroke, endpointDown: ignore, endpointGone: cutByRemoval,
    rivalReady: never, rivalResponse: never, rivalFailed: never,
    requestTimeout: tunnelStalled, responseTimeout: tunnelIdle, attemptTimeout: ignore, totalTimeout: ignore, retryDue: never,
    decisionTimeout: ignore, decided: never, fault: cutByFault,
  },
};

/** The same, flat: state × EVENT_COUNT + event. */
export const ACTIONS: readonly Action[] = STATES.flatMap((state) => EVENTS.map((event) => TABLE[state][event]));
