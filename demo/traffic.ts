/**
 * The demo's own clients: so many requests a second over loopback, to both names, each as it is due, however slow the
 * answers are. They measure what clients see, by the server that `X-Backend` names.
 */
import http from 'node:http';
import { RecentTimes } from './recent-times.ts';
import type { Times } from './recent-times.ts';

const TICK_MS = 10;
/** Beyond this many in flight requests are left out, so that hanging servers do not pile them up for ever. */
const MOST_IN_FLIGHT = 1000;
/** Two of three requests go to the first name. */
const TURN = 3;
const WINDOW_MS = 5000;
const ALL = '';

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

  stop(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #tick(): void {
    const now = performance.now();
    // After a pause of the whole process nobody wants all that was due in it at once.
    const passedMs = Math.min(now - this.#lastTickMs, 10 * TICK_MS);
    this.#lastTickMs = now;
    this.#due = this.isPaused ? 0 : this.#due + (passedMs * this.rate) / 1000;
    for (; this.#due >= 1; this.#due--) if (this.#inFlight < MOST_IN_FLIGHT) this.#send(now);
  }

  #send(startedMs: number): void {
    const host = this.#hosts[this.#sent++ % TURN === TURN - 1 ? 1 : 0];
    this.#inFlight++;
    const options = { host: '127.0.0.1', port: this.#port, agent: this.#agent, path: '/', headers: { host } };
    const request = http.get(options, (response) => {
      response.resume();
      response.once('end', () => this.#keep(response.headers['x-backend'], startedMs));
    });
    // What went wrong is in the balancer's own figures.
    request.once('error', () => {});
    request.once('close', () => this.#inFlight--);
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
