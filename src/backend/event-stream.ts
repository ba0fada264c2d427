/** `/stream`: server-sent events until the client leaves. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { wholeNumber } from './call.ts';
import type { Call } from './call.ts';

const DEFAULT_INTERVAL_MS = 1000;
const LONGEST_INTERVAL_MS = 3_600_000;

/** `?interval=MS` between two events, default 1000; `?count=N` ends after that many, default never. */
export async function sendEvents(call: Call): Promise<void> {
  const { response, query, server, signal } = call;
  const intervalMs = wholeNumber(call, query.get('interval') ?? String(DEFAULT_INTERVAL_MS), 0, LONGEST_INTERVAL_MS);
  if (intervalMs === null) return;
  const count = query.has('count') ? wholeNumber(call, query.get('count') ?? '', 1, Number.MAX_SAFE_INTEGER) : Infinity;
  if (count === null) return;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  for (let event = 1; event <= count; event++) {
    if (event > 1) await delay(intervalMs, undefined, { signal });
    const text = `id: ${event}\ndata: ${JSON.stringify({ server: server.name, event })}\n\n`;
    if (!response.write(text)) await once(response, 'drain', { signal });
  }
  response.end();
}
