/**
 * The demo's own clients: a number of requests a second over loopback, to both names, each sent when it is due, however
 * slow the answers are. They measure what clients see, by the server that `X-Backend` names. Some are POSTs, which a
 * balancer must not send twice.
 */
import http from 'node:http';
import { RecentTimes } from './recent-times.ts';
import type { Times } from './recent-times.ts';

const TICK_MS = 10;
/** Beyond this many in flight, requests are left out, so that hanging servers do not pile them up. */
const MOST_IN_FLIGHT = 1000;
/** Two of three requests go to the first name. */
const TURN = 3;
/** One in this many is a POST with a body. */
const POST_TURN = 10;
const ORDER = '{"order":1}';
const SERVER_ERROR = 500;
const WINDOW_MS = 5000;
const ALL = '';

/** Requests of the demo's own that got no good answer. */
export interface Lost {
  readonly all: number;
  readonly posts: number;
}

export class Traffic {
  /** Requests a second. */
  rate: number;
  isPaused = false;
  readonly #port: number;
  readonly #hosts: readonly [string, string];
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #times = new Map<string, RecentTimes>();
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #lost: Lost = { all: 0, posts: 0 };
  #isStopped = false;
  #inFlight = 0;
  /** Requests that are due, with the fraction of the next. */
  #due = 0;
  #lastTickMs = performance.now();

  constructor(port: number, hosts: readonly [string, string], rate: number) {
    this.#port = port;
    this.#hosts = hosts;
    this.rate = rate;
  }

  start(): void {
    this.#lastTickMs = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Of the last 5 s, from the request to the end of the answer; all, or those that one server answered. */
  times(server: string = ALL): Times {
    return this.#times.get(server)?.read(performance.now()) ?? { p50Ms: null, p99Ms: null };
  }

  /** Since the start. */
  get lost(): Lost {
    return this.#lost;
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #tick(): void {
    const now = performance.now();
    // After a pause of the whole process, the requests that were due in it are not sent all at once.
    const passedMs = Math.min(now - this.#lastTickMs, 10 * TICK_MS);
    this.#lastTickMs = now;
    this.#due = this.isPaused ? 0 : this.#due + (passedMs * this.rate) / 1000;
    for (; this.#due >= 1; this.#due--) if (this.#inFlight < MOST_IN_FLIGHT) this.#send(now);
  }

  #send(startedMs: number): void {
    const host = this.#hosts[this.#sent++ % TURN === TURN - 1 ? 1 : 0];
    const isPost = this.#sent % POST_TURN === 0;
    this.#inFlight++;
    const options = { host: '127.0.0.1', port: this.#port, agent: this.#agent, path: '/', headers: { host } };
    const request = http.request({ ...options, method: isPost ? 'POST' : 'GET' }, (response) => {
      response.resume();
      const isGood = (response.statusCode ?? 0) < SERVER_ERROR;
      response.once('end', () => {
        if (isGood) this.#keep(response.headers['x-backend'], startedMs);
      });
      response.once('close', () => {
        if (!isGood || !response.complete) this.#lose(isPost);
      });
    });
    let hasAnswer = false;
    request.once('response', () => (hasAnswer = true));
    request.once('error', () => {
      if (!hasAnswer) this.#lose(isPost);
    });
    request.once('close', () => this.#inFlight--);
    request.end(isPost ? ORDER : undefined);
  }

  #lose(isPost: boolean): void {
    if (this.#isStopped) return;
    this.#lost = { all: this.#lost.all + 1, posts: this.#lost.posts + (isPost ? 1 : 0) };
  }

  #keep(server: string | string[] | undefined, startedMs: number): void {
    const now = performance.now();
    for (const key of typeof server === 'string' ? [ALL, server] : [ALL]) {
      let times = this.#times.get(key);
      if (times === undefined) this.#times.set(key, (times = new RecentTimes(WINDOW_MS)));
      times.add(now, now - startedMs);
    }
  }
}
