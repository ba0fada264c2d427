import type { EventName, StateName } from '../../src/http/exchange/states.ts';

/**
 * What each event makes of each state: the state after it, then what went to the client (a status, or `cut`),
 * then `dial` where another attempt began.
 * `=`: nothing. `never`: it throws.
 */
// prettier-ignore
export const EXPECTED: Readonly<Record<StateName, Readonly<Record<EventName, string>>>> = {
  idle: {
    request: 'connecting dial', requestBytes: 'never', requestEnd: 'never', requestBroken: 'never', clientDrain: '=', clientEnd: '=', clientGone: '=',
    ready: 'never', informational: 'never', response: 'never', responseBytes: 'never', responseEnd: 'never', upstreamDrain: '=', upstreamEnd: 'never',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: 'never', endpointDown: '=', endpointGone: '=', requestTimeout: '=', responseTimeout: '=', attemptTimeout: '=', totalTimeout: '=', retryDue: '=', decisionTimeout: '=', decided: 'never', fault: '= 500',
  },
  deciding: {
    request: 'never', requestBytes: '=', requestEnd: '=', requestBroken: 'idle 400', clientDrain: '=', clientEnd: 'idle cut', clientGone: 'idle cut',
    ready: 'never', informational: 'never', response: 'responding 200', responseBytes: 'never', responseEnd: 'never', upstreamDrain: 'never', upstreamEnd: 'never',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: 'never', endpointDown: '=', endpointGone: '=', requestTimeout: 'idle 408', responseTimeout: '=', attemptTimeout: '=', totalTimeout: 'idle 504', retryDue: 'never',
    decisionTimeout: 'idle 503', decided: 'connecting dial', fault: 'idle 500',
  },
  waiting: {
    request: 'never', requestBytes: '=', requestEnd: '=', requestBroken: 'idle 400', clientDrain: '=', clientEnd: 'idle cut', clientGone: 'idle cut',
    ready: 'never', informational: 'never', response: 'never', responseBytes: 'never', responseEnd: 'never', upstreamDrain: 'never', upstreamEnd: 'never',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: 'never', endpointDown: '=', endpointGone: '=', requestTimeout: 'idle 408', responseTimeout: 'idle 503', attemptTimeout: 'idle 503', totalTimeout: 'idle 504', retryDue: 'never', decisionTimeout: '=', decided: 'never', fault: 'idle 500',
  },
  held: {
    request: 'never', requestBytes: '=', requestEnd: '=', requestBroken: 'idle 400', clientDrain: '=', clientEnd: 'idle cut', clientGone: 'idle cut',
    ready: 'never', informational: 'never', response: 'never', responseBytes: 'never', responseEnd: 'never', upstreamDrain: 'never', upstreamEnd: 'never',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: 'never', endpointDown: '=', endpointGone: '=', requestTimeout: '=', responseTimeout: 'idle 503', attemptTimeout: '=', totalTimeout: 'idle 504', retryDue: 'connecting dial', decisionTimeout: '=', decided: 'never', fault: 'idle 500',
  },
  connecting: {
    request: 'never', requestBytes: '=', requestEnd: '=', requestBroken: 'idle 400', clientDrain: '=', clientEnd: 'idle cut', clientGone: 'idle cut',
    ready: 'sending', informational: 'never', response: 'never', responseBytes: 'never', responseEnd: 'never', upstreamDrain: 'never', upstreamEnd: 'never',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: '= dial', endpointDown: '=', endpointGone: 'idle 502', requestTimeout: 'idle 408', responseTimeout: '= dial', attemptTimeout: '= dial', totalTimeout: 'idle 504', retryDue: 'never', decisionTimeout: '=', decided: 'never', fault: 'idle 500',
  },
  sending: {
    request: 'never', requestBytes: '=', requestEnd: 'awaiting', requestBroken: 'idle 400', clientDrain: '=', clientEnd: 'idle cut', clientGone: 'idle cut',
    ready: 'never', informational: '= 103', response: 'responding 200', responseBytes: 'never', responseEnd: 'never', upstreamDrain: '=', upstreamEnd: 'never',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: 'idle 502', endpointDown: '=', endpointGone: 'idle 502', requestTimeout: 'idle 408', responseTimeout: '= 100', attemptTimeout: 'idle 504', totalTimeout: 'idle 504', retryDue: 'never', decisionTimeout: '=', decided: 'never', fault: 'idle 500',
  },
  awaiting: {
    request: 'never', requestBytes: 'never', requestEnd: 'never', requestBroken: 'never', clientDrain: '=', clientEnd: 'idle cut', clientGone: 'idle cut',
    ready: 'never', informational: '= 103', response: 'responding 200', responseBytes: 'never', responseEnd: 'never', upstreamDrain: '=', upstreamEnd: 'never',
    rivalReady: '=', rivalResponse: 'responding 200', rivalFailed: '=',
    failed: 'between', endpointDown: '=', endpointGone: 'idle 502', requestTimeout: 'idle 504', responseTimeout: 'idle 504', attemptTimeout: 'idle 504', totalTimeout: 'idle 504', retryDue: '=', decisionTimeout: '=', decided: 'never', fault: 'idle 500',
  },
  between: {
    request: 'never', requestBytes: '=', requestEnd: '=', requestBroken: 'idle 400', clientDrain: '=', clientEnd: 'idle cut', clientGone: 'idle cut',
    ready: 'never', informational: 'never', response: 'never', responseBytes: 'never', responseEnd: 'never', upstreamDrain: 'never', upstreamEnd: 'never',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: 'never', endpointDown: '=', endpointGone: '=', requestTimeout: 'idle 408', responseTimeout: '=', attemptTimeout: '=', totalTimeout: 'idle 504', retryDue: 'connecting dial', decisionTimeout: '=', decided: 'never', fault: 'idle 500',
  },
  responding: {
    request: 'never', requestBytes: '=', requestEnd: '=', requestBroken: 'idle cut', clientDrain: '=', clientEnd: 'idle cut', clientGone: 'idle cut',
    ready: 'never', informational: 'never', response: 'never', responseBytes: '= bytes', responseEnd: 'idle end', upstreamDrain: '=', upstreamEnd: 'never',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: 'idle cut', endpointDown: '=', endpointGone: 'idle cut', requestTimeout: 'idle cut', responseTimeout: 'idle cut', attemptTimeout: '=', totalTimeout: 'idle cut', retryDue: 'never', decisionTimeout: '=', decided: 'never', fault: 'idle cut',
  },
  flushing: {
    request: 'never', requestBytes: '=', requestEnd: '=', requestBroken: 'idle cut', clientDrain: 'idle', clientEnd: 'idle cut', clientGone: 'idle cut',
    ready: 'never', informational: 'never', response: 'never', responseBytes: 'never', responseEnd: 'never', upstreamDrain: '=', upstreamEnd: 'never',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: 'never', endpointDown: '=', endpointGone: '=', requestTimeout: '=', responseTimeout: 'idle cut', attemptTimeout: '=', totalTimeout: 'idle cut', retryDue: 'never', decisionTimeout: '=', decided: 'never', fault: 'idle cut',
  },
  tunnel: {
    request: 'never', requestBytes: '=', requestEnd: 'never', requestBroken: 'never', clientDrain: '=', clientEnd: '=', clientGone: 'idle cut',
    ready: 'never', informational: 'never', response: 'never', responseBytes: '= bytes', responseEnd: 'never', upstreamDrain: '=', upstreamEnd: '= fin',
    rivalReady: 'never', rivalResponse: 'never', rivalFailed: 'never',
    failed: 'idle cut', endpointDown: '=', endpointGone: 'idle cut', requestTimeout: 'idle cut', responseTimeout: 'idle cut', attemptTimeout: '=', totalTimeout: '=', retryDue: 'never', decisionTimeout: '=', decided: 'never', fault: 'idle cut',
  },
};
