/** `/control`: shows the settings of a mock server, and changes them at run time. */
import { BACKEND_MODES } from './behaviour.ts';
import { sendJson, sendText } from './call.ts';
import type { Call } from './call.ts';

const USAGE = `POST /control/${BACKEND_MODES.join(', /control/')}, /control/latency/MS or /control/error-rate/0.25; GET /control\n`;

/** Works in every mode and without latency: a server that hangs must be told so to stop. */
export function control(call: Call): void {
  const { request, response, server, argument } = call;
  if (request.method === 'GET' && argument === '') return sendState(call);
  if (request.method !== 'POST') return sendText(response, 405, USAGE);
  const [word, value = ''] = argument.split('/');
  const mode = BACKEND_MODES.find((each) => each === word);
  const amount = value === '' ? NaN : Number(value);
  try {
    if (mode !== undefined) server.behaviour.mode = mode;
    else if (word === 'latency') server.behaviour.latencyMs = amount;
    else if (word === 'error-rate') server.behaviour.errorRate = amount;
    else return sendText(response, 404, USAGE);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return sendText(response, 400, `${error.message}\n`);
  }
  sendState(call);
}

function sendState({ response, server }: Call): void {
  const { mode, latencyMs, errorRate } = server.behaviour;
  sendJson(response, 200, { server: server.name, mode, latencyMs, errorRate, ...server.stats });
}
