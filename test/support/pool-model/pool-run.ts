/** One run of a pool beside its reference: what happens to it, and the comparison after each step. */
import assert from 'node:assert/strict';
import type { ConfigInput, PoolInput } from '../../../src/config/config-input.ts';
import { createTestBalancer } from '../../../src/testing/test-balancer.ts';
import type { PendingRequest, TestBalancer } from '../../../src/testing/test-balancer.ts';
import { ReferencePool } from './reference-pool.ts';
import type { State } from './reference-endpoint.ts';
import { RESPONSE_HEAD_MS, WatchedServers } from './watched-servers.ts';
import type { Mode } from './watched-servers.ts';

export const SERVERS = ['a:80', 'b:80', 'c:80', 'd:80', 'e:80'] as const;
const SLICE_MS = 100;
/** Of further attempts, in ten seconds. */
const BUDGET = { share: 0.2, floor: 10 };

export interface PoolOptions {
  readonly policy: NonNullable<PoolInput['policy']>;
  readonly failures: number;
  readonly hasCheck: boolean;
  readonly retries503: boolean;
  readonly threads: number;
  readonly seed: number;
}

interface Client {
  readonly id: string;
  readonly at: number;
  readonly pending: PendingRequest;
}

export class PoolRun {
  readonly #options: PoolOptions;
  readonly #balancer: TestBalancer;
  readonly #reference: ReferencePool;
  readonly #servers: WatchedServers;
  /** Of the endpoints in the config. */
  #weights: ReadonlyMap<string, number> = new Map();
  /** Each has its place here for its id. */
  readonly #clients: Client[] = [];
  #retriedAt: number[] = [];
  #retries = 0;

  constructor(options: PoolOptions, balancer: TestBalancer) {
    this.#options = options;
    this.#balancer = balancer;
    this.#reference = new ReferencePool(options.failures, options.hasCheck);
    this.#servers = new WatchedServers({
      reference: this.#reference,
      servers: SERVERS.map((id) => balancer.endpoint(id)),
      isOneThread: options.threads === 1,
      now: () => this.#now,
      sentAt: (id) => this.#clients[Number(id)].at,
    });
  }

  static async start(options: PoolOptions): Promise<PoolRun> {
    const { seed, threads } = options;
    const known = new Map(SERVERS.map((id) => [id, 1]));
    const balancer = await createTestBalancer(configOf(options, known), { seed, threads: threads === 1 ? 0 : threads });
    const run = new PoolRun(options, balancer);
    // From here on every check is seen.
    await balancer.reload(configOf(options, new Map([['nobody:80', 1]])));
    await run.reload(new Map(SERVERS.slice(0, 3).map((id) => [id, 1])));
    return run;
  }

  get #now(): number {
    return this.#balancer.elapsedMs;
  }

  // ——— what happens

  async request(method: 'GET' | 'POST'): Promise<void> {
    while (method === 'POST' && this.#reference.isUnsure(this.#now)) await this.pass(SLICE_MS);
    const id = String(this.#clients.length);
    const body = method === 'POST' ? { body: 'order' } : {};
    const pending = this.#balancer.send({ method, headers: { 'x-id': id }, ...body });
    this.#clients.push({ id, at: this.#now, pending });
    await this.#settle();
  }

  /** The client of the oldest request that waits goes away. */
  async leave(): Promise<void> {
    const client = this.#clients.find(({ pending }) => pending.outcome === null);
    if (client === undefined) return;
    this.#servers.left(client.id);
    client.pending.leave();
    await this.#settle();
  }

  behave(id: string, mode: Mode): void {
    this.#servers.behave(id, mode);
  }

  check(id: string, isPassing: boolean): void {
    this.#servers.at(id).check = isPassing ? 'passes' : 'fails';
  }

  async kill(id: string): Promise<void> {
    this.#servers.kill(id);
    await this.#settle();
  }

  revive(id: string): void {
    this.#servers.at(id).connects = 'accept';
  }

  async drain(id: string, isDrained: boolean): Promise<void> {
    const endpoint = this.#reference.endpoints.get(id);
    if (endpoint === undefined) return;
    this.#reference.drained(endpoint, isDrained, this.#now);
    this.#balancer.setStanding('web', id, isDrained ? 'drain' : 'ready');
    await this.#settle();
  }

  async reload(weights: ReadonlyMap<string, number>): Promise<void> {
    for (const id of this.#weights.keys()) if (!weights.has(id)) this.#reference.remove(id);
    for (const id of weights.keys()) if (!this.#weights.has(id)) this.#reference.add(id);
    this.#weights = weights;
    await this.#balancer.reload(configOf(this.#options, weights));
    this.#compare();
  }

  /** A run with one thread has none that could end. */
  async endThread(index: number): Promise<void> {
    const { threads } = this.#options;
    if (threads === 1) return;
    await this.#servers.endThread(() => this.#balancer.endThread(index % threads));
    await this.#settle();
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= SLICE_MS) {
      await this.#balancer.advance(Math.min(left, SLICE_MS));
      this.#compare();
    }
  }

  /** All is well again: everybody has had an answer, and nothing is counted any more. */
  async end(): Promise<void> {
    for (const id of SERVERS) {
      this.behave(id, 'ok');
      this.revive(id);
      this.check(id, true);
    }
    await this.pass(3000);
    await this.#balancer.advance(30_000);
    const waiting = this.#clients.filter(({ pending }) => pending.outcome === null);
    assert.deepEqual(
      waiting.map(({ id }) => id),
      [],
    );
    const { pools, workers } = this.#balancer.stats();
    assert.ok(pools[0].endpoints.every(({ inFlight }) => inFlight === 0));
    assert.deepEqual([workers.exchanges, workers.corrections], [0, 0]);
  }

  async close(): Promise<void> {
    await this.#balancer.close();
  }

  // ——— comparison

  async #settle(): Promise<void> {
    await this.#balancer.advance(0);
    this.#compare();
  }

  #compare(): void {
    if (this.#servers.broken !== null) throw this.#servers.broken;
    const { pools, routes } = this.#balancer.stats();
    const seen = new Map(pools[0].endpoints.map(({ endpoint, health }) => [endpoint, health.state as State]));
    this.#servers.judgeTrials(seen);
    this.#reference.compare(seen, this.#now);
    for (const { endpoint: id, failures, attempts } of pools[0].endpoints) {
      const known = this.#reference.endpoints.get(id);
      assert.deepEqual([id, failures, attempts], [id, known?.failures, known?.attempts], 'id, failures, attempts');
    }
    this.#compareBudget(routes[0].retries + routes[0].rescues);
  }

  #compareBudget(retries: number): void {
    if (retries === this.#retries) return;
    const since = (times: readonly number[], ms: number): number => times.filter((at) => at > this.#now - ms).length;
    for (; this.#retries < retries; this.#retries++) this.#retriedAt.push(this.#now);
    const sent = this.#clients.map(({ at }) => at);
    // What is counted by the second may be a second older.
    const [lately, most] = [since(this.#retriedAt, 9000), BUDGET.share * since(sent, 11_000) + BUDGET.floor];
    assert.ok(lately <= most, `${lately} further attempts in ten seconds, of ${most}`);
    this.#retriedAt = this.#retriedAt.filter((at) => at > this.#now - 10_000);
  }
}

function configOf(options: PoolOptions, weights: ReadonlyMap<string, number>): ConfigInput<'web'> {
  const pool: PoolInput = {
    policy: options.policy,
    endpoints: [...weights].map(([address, weight]) => ({ address, weight })),
    ...(options.hasCheck ? { check: { http: '/healthz', interval: '1s', timeout: '500ms' } } : {}),
    ejection: { failures: options.failures, silence: 'off' },
    retry: { retryOn: ['connect', 'reset', ...(options.retries503 ? ([503] as const) : [])], budget: { floor: '1/s' } },
  };
  return { timeouts: { responseHead: `${RESPONSE_HEAD_MS}ms` }, routes: [{ pool: 'web' }], pools: { web: pool } };
}
