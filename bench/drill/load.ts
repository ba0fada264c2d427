/**
 * The clients of the drill. Open loop: a request is due when its time has come, whether the ones before are answered
 * or not; it waits for one of the connections, and its two seconds run from when it was due.
 */
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { bodyOf } from './answer.ts';
import { PLAIN } from './client-side.ts';
import type { ClientSide } from './client-side.ts';

export const GIVE_UP_MS = 2000;
export const CONNECTIONS = 32;
const TICK_MS = 5;
/** Within the time that a server takes. */
const LEAVE_MS = 15;

export type Outcome = 'right' | 'wrong' | 'status' | 'connection' | 'gave-up';

export interface Sent {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** When it was due, in milliseconds since 1970. */
  readonly dueMs: number;
  readonly tookMs: number;
  readonly outcome: Outcome;
  /** 0 without an answer. */
  readonly status: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly perSecond: number;
  readonly bodyBytes: number;
  /** Every how many requests a client leaves before its answer, on purpose; such requests are not judged. 0: none. */
  readonly everyLeaves: number;
  /** Status of the right answer; only 200 has a body that is compared. */
  readonly rightStatus: number;
  /** At most; {@link CONNECTIONS} unless said. */
  readonly connections?: number;
  /** {@link PLAIN} unless said. */
  readonly side?: ClientSide;
}

export class Load {
  readonly sent: Sent[] = [];
  readonly #options: LoadOptions;
  readonly #side: ClientSide;
  readonly #agent: Agent;
  readonly #body: string;
  readonly #startMs = Date.now();
  readonly #timer: NodeJS.Timeout;
  #due = 0;
  #open = 0;
  #onIdle: (() => void) | null = null;

  constructor(options: LoadOptions) {
    this.#options = options;
    const { connections: maxSockets = CONNECTIONS, side = PLAIN } = options;
    this.#side = side;
    this.#agent = side.createAgent({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets, scheduling: 'fifo' });
    this.#body = 'y'.repeat(options.bodyBytes);
    this.#timer = setInterval(() => this.#sendDue(), TICK_MS);
  }

  /** No more requests; resolves when each has had its answer or given up. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#agent.destroy();
  }

  #sendDue(): void {
    const { everyLeaves } = this.#options;
    for (; this.#dueAtMs() <= Date.now(); this.#due++) {
      const isLeaving = everyLeaves > 0 && this.#due % everyLeaves === 0;
      this.#send(`${this.#startMs}-${this.#due}`, this.#dueAtMs(), isLeaving);
    }
  }

  #dueAtMs(): number {
    return this.#startMs + (this.#due * 1000) / this.#options.perSecond;
  }

  #send(id: string, dueMs: number, isLeaving: boolean): void {
    const { port, method, rightStatus } = this.#options;
    const headers = { 'x-drill-id': id, ...(method === 'POST' ? { 'content-length': this.#body.length } : {}) };
    const where = { host: '127.0.0.1', port, path: '/drill', agent: this.#agent };
    const sending = this.#side.request({ ...where, method, headers });
    this.#open++;
    let isSettled = false;
    const settle = (outcome: Outcome, status: number): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      if (!isLeaving) this.sent.push({ id, method, dueMs, tookMs: Date.now() - dueMs, outcome, status });
      if (--this.#open === 0) this.#onIdle?.();
    };
    const timer = setTimeout(
      () => {
        settle('gave-up', 0);
        sending.destroy();
      },
      isLeaving ? LEAVE_MS : dueMs + GIVE_UP_MS - Date.now(),
    );
    sending.on('error', () => settle('connection', 0));
    sending.on('response', (response) => {
      judge(response, (status, body) => {
        if (status === 0) settle('connection', 0);
        else if (status !== rightStatus) settle('status', status);
        else settle(status !== 200 || body === bodyOf(id) ? 'right' : 'wrong', status);
      });
    });
    this.#write(sending, method);
  }

  #write(sending: ClientRequest, method: 'GET' | 'POST'): void {
    if (method === 'POST') sending.end(this.#body);
    else sending.end();
  }
}

/** Calls back once, with status 0 where the answer has not come whole. */
function judge(response: IncomingMessage, whole: (status: number, body: string) => void): void {
  let body = '';
  response.setEncoding('latin1').on('data', (part: string) => (body += part));
  response.on('error', () => {});
  response.on('close', () => whole(response.complete ? (response.statusCode ?? 0) : 0, body));
}
