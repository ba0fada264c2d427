/** What the demo's screen shows at one moment: plain data, made by what runs and read by what draws. */
import type { PoolEndpointStats } from '../src/runtime/control/balancer-stats.ts';
import type { Times } from './recent-times.ts';
import type { Lost } from './traffic.ts';

export interface DemoView {
  readonly port: number;
  /** Null: it speaks HTTP alone, and `whyNoHttps` says why. */
  readonly httpsPort: number | null;
  readonly whyNoHttps: string | null;
  readonly policy: string;
  readonly threads: number;
  /** Since the start. */
  readonly seconds: number;
  /** Requests a second that the demo's own clients send. */
  readonly rate: number;
  readonly isPaused: boolean;
  /** Requests and answers of 500 and above, a second, those of other clients too. */
  readonly requestsPerSecond: number;
  readonly failuresPerSecond: number;
  /** Since the start. */
  readonly requests: number;
  /** Attempts beyond the first, since the start. */
  readonly retries: number;
  /** Of them, those that moved off a server because it was lost. */
  readonly rescues: number;
  /** What the demo's own clients got no good answer to, since the start. */
  readonly lost: Lost;
  /** As the demo's own clients see them. */
  readonly times: Times;
  readonly servers: readonly ServerView[];
  /** Pools without a healthy server. */
  readonly panicking: readonly string[];
  /** Pools of which no server can be reached, and how many requests wait for one. */
  readonly holding: readonly { readonly pool: string; readonly held: number }[];
  /** Which of them the keys act on, from 0. */
  readonly chosen: number;
  /** Newest last. */
  readonly events: readonly EventView[];
  /** What to press next. */
  readonly hint: string | null;
}

export interface ServerView {
  readonly name: string;
  readonly pool: string;
  readonly health: PoolEndpointStats['health']['state'];
  readonly reason: string;
  /** Of an ejection, until it is over; null: there is none. */
  readonly secondsOut: number | null;
  /** What was done to it, or its own latency. */
  readonly behavior: string;
  readonly weight: number;
  readonly requestsPerSecond: number;
  /** Of its pool's requests, 0 to 1. */
  readonly share: number;
  readonly inFlight: number;
  readonly times: Times;
  /** Requests a second in each of the last 60 seconds, oldest first; null before the start. */
  readonly history: readonly (number | null)[];
}

export interface EventView {
  /** Since the start. */
  readonly seconds: number;
  readonly text: string;
  /** `done`: a key; `bad`, `good`: what became of it. */
  readonly kind: 'done' | 'bad' | 'good';
}
