/**
 * Clients of the drill that take their time, beside those of its load. They set the pace themselves, so they count as
 * served if what they get is right, however long it takes.
 */
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { LARGE_BYTES, LARGE_PATH, bodyOf, largeBodyOf } from './answer.ts';
import type { ClientSide } from './client-side.ts';
import type { Sent } from './load.ts';

/** What each takes for its answer, or for its body. */
const SLOW_MS = 4000;
const UPLOAD_PARTS = 16;
const PART = 'y'.repeat(16 * 1024);
/** Long after all of them are done. */
const GIVE_UP_MS = 20_000;

export class SlowClients {
  /** Those that have come to their end. */
  readonly sent: Sent[] = [];
  readonly #port: number;
  readonly #side: ClientSide;
  #number = 0;

  constructor(port: number, side: ClientSide) {
    this.#port = port;
    this.#side = side;
  }

  /** So many at the same time; resolves when all have their answers. */
  async readSlowly(count: number): Promise<void> {
    const one = (): Promise<void> => this.#ask('GET', LARGE_PATH, (sending) => void sending.end(), largeBodyOf);
    await Promise.all(Array.from({ length: count }, one));
  }

  async writeSlowly(count: number): Promise<void> {
    const one = (): Promise<void> => this.#ask('POST', '/upload', (sending) => void writeParts(sending), bodyOf);
    await Promise.all(Array.from({ length: count }, one));
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    send: (sending: ClientRequest) => void,
    right: (id: string) => string,
  ): Promise<void> {
    const id = `slow-${Date.now()}-${this.#number++}`;
    const dueMs = Date.now();
    const length = method === 'POST' ? { 'content-length': UPLOAD_PARTS * PART.length } : {};
    const headers = { 'x-drill-id': id, ...length };
    const sending = this.#side.request({ host: '127.0.0.1', port: this.#port, path, method, headers, agent: false });
    const timer = setTimeout(() => sending.destroy(), GIVE_UP_MS);
    send(sending);
    const { status, body } = await answerTo(sending);
    clearTimeout(timer);
    const outcome = status === 0 ? 'connection' : status !== 200 ? 'status' : body === right(id) ? 'right' : 'wrong';
    this.sent.push({ id, method, dueMs, tookMs: Date.now() - dueMs, outcome, status });
  }
}

async function writeParts(sending: ClientRequest): Promise<void> {
  for (let part = 0; part < UPLOAD_PARTS && !sending.destroyed; part++) {
    sending.write(PART);
    await delay(SLOW_MS / UPLOAD_PARTS);
  }
  sending.end();
}

/** Status 0: it has not come whole. */
async function answerTo(sending: ClientRequest): Promise<{ readonly status: number; readonly body: string }> {
  sending.on('error', () => {});
  try {
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await readSlowly(response) };
  } catch {
    return { status: 0, body: '' };
  }
}

/** As much of it in each moment as a large answer has in all of {@link SLOW_MS}. Rejects where it breaks off. */
async function readSlowly(response: IncomingMessage): Promise<string> {
  let body = '';
  response.setEncoding('latin1');
  for await (const part of response as AsyncIterable<string>) {
    body += part;
    await delay((SLOW_MS * part.length) / LARGE_BYTES);
  }
  return body;
}
