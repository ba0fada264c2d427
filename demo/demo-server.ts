/** One of the demo's servers, and what has been done to it: killed, hanging, failing, slow, or well. */
import { startBackend } from '../src/backend/backend.ts';
import type { Backend, BackendOptions } from '../src/backend/backend.ts';

/** What a server does with requests. `killed`: nobody listens at its port. */
export type Condition = 'well' | 'killed' | 'hangs' | 'fails';

/** What `slowDown` adds to a server's own latency, one after another. */
const SLOW_STEPS_MS: readonly number[] = [0, 150, 500];

export type DemoServerOptions = Pick<BackendOptions, 'errorRate'> & {
  readonly name: string;
  readonly latencyMs: number;
};

export class DemoServer {
  readonly name: string;
  /** The pool that it is in. */
  readonly pool: string;
  /** Its share of the pool's requests, as the config has it. */
  weight = 1;
  readonly #options: DemoServerOptions;
  /** Null while it is killed. */
  #backend: Backend | null;
  readonly #host: string;
  readonly #port: number;
  #condition: Condition = 'well';
  #slowStep = 0;

  /** Not to be called: `start` is. */
  constructor(pool: string, options: DemoServerOptions, backend: Backend) {
    this.name = options.name;
    this.pool = pool;
    this.#options = options;
    this.#backend = backend;
    this.#host = backend.host;
    this.#port = backend.port;
  }

  /** On the preferred port of 127.0.0.1 where that is free, else on another. */
  static async start(pool: string, port: number, options: DemoServerOptions): Promise<DemoServer> {
    const backend = await startBackend({ ...options, port }).catch(() => startBackend(options));
    return new DemoServer(pool, options, backend);
  }

  /** `127.0.0.1:8081`: the endpoint's identity in its pool. */
  get address(): string {
    return `${this.#host}:${this.#port}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  get condition(): Condition {
    return this.#condition;
  }

  /** Before every answer, in ms. */
  get latencyMs(): number {
    return this.#options.latencyMs + this.slownessMs;
  }

  /** What was added to its own latency, in ms. */
  get slownessMs(): number {
    return SLOW_STEPS_MS[this.#slowStep];
  }

  /** Stops listening and cuts every connection, as the end of its process would. */
  async kill(): Promise<void> {
    const backend = this.#backend;
    this.#backend = null;
    this.#condition = 'killed';
    await backend?.close();
  }

  /** Takes connections and answers nobody. A killed server stays killed. */
  hang(): void {
    this.#setMode('hang', 'hangs');
  }

  /** Answers 503. A killed server stays killed. */
  fail(): void {
    this.#setMode('fail', 'fails');
  }

  /** The next step of slowness; after the last one it is as fast as it was. */
  slowDown(): void {
    this.#slowStep = (this.#slowStep + 1) % SLOW_STEPS_MS.length;
    this.#backend?.setLatency(this.latencyMs);
  }

  /** As at the start, at the same port. Rejects with Node's error where somebody else has taken that meanwhile. */
  async revive(): Promise<void> {
    this.#slowStep = 0;
    this.#backend ??= await startBackend({ ...this.#options, port: this.#port });
    this.#backend.setLatency(this.latencyMs);
    this.#setMode('ok', 'well');
  }

  async close(): Promise<void> {
    await this.#backend?.close();
  }

  #setMode(mode: 'ok' | 'hang' | 'fail', condition: Condition): void {
    if (this.#backend === null) return;
    this.#backend.setMode(mode);
    this.#condition = condition;
  }
}
