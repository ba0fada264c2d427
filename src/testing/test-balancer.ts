/**
 * A whole balancer without sockets: its routes, policies, retries, checks and ejection are the ones that serve, its
 * endpoints and clients are objects of the test, its time is the test's own.
 */
import type { CheckTools } from '../checks/endpoint-check.ts';
import type { Probe, ProbeResult, ProbeTarget } from '../checks/probe.ts';
import { failed } from '../checks/probe.ts';
import { PROBES } from '../checks/probes.ts';
import type { ConfigInput } from '../config/config-input.ts';
import type { Config } from '../config/config.ts';
import { toConfig } from '../config/to-config.ts';
import type { Standing } from '../core/health/agent.ts';
import { createSeededRandom } from '../core/random.ts';
import type { ListenerSpec } from '../core/snapshot.ts';
import { isUnixAddress, unixAddressOf } from '../core/unix-address.ts';
import type { DialAddress } from '../net/transport.ts';
import { Balancer } from '../runtime/balancer.ts';
import type { BalancerEvents } from '../runtime/balancer.ts';
import type { BalancerStats } from '../runtime/control/balancer-stats.ts';
import type { TakeConnect } from './memory-transport.ts';
import { TestClient } from './test-client.ts';
import type { TestAnswer, TestOutcome, TestRequest } from './test-client.ts';
import { TestEndpoint } from './test-endpoint.ts';
import { TestPlane } from './test-plane.ts';
import { TestTime } from './test-time.ts';

export interface TestBalancerOptions {
  /** Seed of all that chance decides: the same seed gives the same run. Default 1. */
  readonly seed?: number;
  /**
   * @internal Data planes that share tables as threads do, all of them in this thread; requests come to them in turn.
   * Default: the one of `threads: 0`.
   */
  readonly threads?: number;
}

/** Events of a balancer that are kept, see `BalancerEvents`. */
export type TestEventName = 'health' | 'panic' | 'withheld' | 'overflow' | 'failure';

/** An event that a balancer told. Narrowed by its name, `event` has the type of that name. */
export type TestEvent<Name extends TestEventName = TestEventName> = Name extends TestEventName
  ? {
      /** Milliseconds since the beginning. */
      readonly atMs: number;
      readonly name: Name;
      readonly event: BalancerEvents[Name][0];
    }
  : never;

const EVENT_NAMES: readonly TestEventName[] = ['health', 'panic', 'withheld', 'overflow', 'failure'];

/** A request under way. */
export interface PendingRequest {
  /** Null while there is neither an answer nor an end of the connection. */
  readonly outcome: TestOutcome;
  /** Sends more of the body, of a request whose own headers say how long it is. It goes on its way with the next `advance`. */
  write(text: string): void;
  /** The client goes away, by a reset. */
  leave(): void;
}

/** Longer than any wait of a config's defaults but a tunnel's. */
const PATIENCE_MS = 120_000;
const CLIENT_ADDRESS = '192.0.2.200';
/** A network for documentation (RFC 5737), as the client's is. */
const ENDPOINT_NETWORK = '198.51.100.';

/**
 * Starts a balancer of this config without sockets; `threads` and `accessLog` are ignored.
 *
 * ```ts
 * const balancer = await createTestBalancer({ pools: { web: ['a:80', 'b:80'] } });
 * balancer.endpoint('a:80').kill();
 * const { status, body } = await balancer.request({ target: '/' });
 * await balancer.close();
 * ```
 *
 * Rejects with `ConfigInvalid`.
 */
export async function createTestBalancer<PoolName extends string>(
  config: Config | ConfigInput<PoolName>,
  options: TestBalancerOptions = {},
): Promise<TestBalancer> {
  const balancer = new TestBalancer(toConfig(config), options);
  await balancer.start();
  return balancer;
}

/** Made by {@link createTestBalancer}. */
export class TestBalancer {
  /** The events that it has told, in their order. */
  readonly events: TestEvent[] = [];
  /** Exceptions in Fairlead's own code. */
  readonly faults: string[] = [];
  readonly #time: TestTime;
  readonly #threads: number;
  readonly #balancer: Balancer;
  /** By `address:port`. */
  readonly #endpoints = new Map<string, TestEndpoint>();
  /** Addresses by name: each name has one of its own. */
  readonly #addresses = new Map<string, string>();
  /** By the slots of their workers. */
  readonly #planes = new Map<number, TestPlane>();
  #config: Config;
  #sends = 0;

  /** @internal */
  constructor(config: Config, { seed = 1, threads = 0 }: TestBalancerOptions) {
    this.#config = config;
    this.#threads = threads;
    this.#time = new TestTime(() => this.#deliver());
    const onDial: TakeConnect = (to, open) => this.#dialled(to).take(open);
    this.#balancer = new Balancer(this.#withoutSockets(config), {
      clock: this.#time,
      random: createSeededRandom(seed),
      scheduler: this.#time,
      getsCertificates: false,
      lookup: (name) => Promise.resolve([this.#addressOf(name)]),
      probes: everyKind((kind) => (target, signal) => this.#probe(kind, target, signal)),
      createDataPlane: (given) => {
        const made = new TestPlane(given, this.#time, onDial);
        this.#planes.set(given.worker, made);
        return made.plane;
      },
    });
    for (const name of EVENT_NAMES) this.#keepEvents(name);
    this.#balancer.on('fault', ({ stack }) => this.faults.push(stack));
  }

  /** @internal */
  async start(): Promise<void> {
    await this.#time.standStill(this.#balancer.listen());
  }

  /** Milliseconds since the beginning. */
  get elapsedMs(): number {
    return this.#time.elapsedMs;
  }

  /** The endpoint of this address, as the config writes it: `a:80`. Throws for one that the config does not name. */
  endpoint(id: string): TestEndpoint {
    const known = this.#config.pools.flatMap(({ endpoints }) => endpoints.map((endpoint) => endpoint.id));
    if (!known.includes(id)) throw new Error(`no endpoint "${id}"; there are ${[...new Set(known)].join(', ')}`);
    if (isUnixAddress(id)) return this.#at(id, 0, id);
    const colon = id.lastIndexOf(':');
    return this.#at(this.#addressOf(id.slice(0, colon)), Number(id.slice(colon + 1)), id);
  }

  /** Sends a request and lets time pass until its outcome is there, for at most two minutes. */
  async request(request: TestRequest = {}): Promise<TestAnswer> {
    const pending = this.send(request);
    await this.#time.advance(PATIENCE_MS, () => pending.outcome !== null);
    const { outcome } = pending;
    if (outcome === null) throw new Error(`no answer within ${PATIENCE_MS} ms`);
    if (outcome === 'connection-lost') throw new Error('the connection was closed without an answer');
    return outcome;
  }

  /** Sends a request; it goes on its way with the next {@link advance}. */
  send(request: TestRequest = {}): PendingRequest {
    const listener = this.#listenerOf(request.listener);
    const client = new TestClient(request.method ?? 'GET', () => this.#time.now());
    const ends = { clientAddress: request.from ?? CLIENT_ADDRESS, listenerPort: listener.port };
    const { plane, transport } = this.#nextPlane();
    client.send(
      transport.connect(client, ends, (connection) => plane.accept(listener)(connection)),
      request,
    );
    return client;
  }

  /** Lets this many milliseconds pass, and everything happen that is due by then. */
  async advance(ms: number): Promise<void> {
    await this.#time.advance(ms);
  }

  /** Lets another config take effect, as `Balancer.reload` does. Its listeners are there at once. */
  async reload<PoolName extends string>(config: Config | ConfigInput<PoolName>): Promise<void> {
    const complete = toConfig(config);
    await this.#time.standStill(this.#balancer.reload(this.#withoutSockets(complete)));
    this.#config = complete;
  }

  /** @internal As `Balancer.setStanding`. */
  setStanding(pool: string, endpoint: string, standing: Standing): boolean {
    return this.#balancer.setStanding(pool, endpoint, standing, 'wanted by a test');
  }

  /** @internal One of its threads is gone, with all that it held. */
  async endThread(index: number): Promise<void> {
    const worker = this.#balancer.workers?.serving[index];
    if (worker === undefined) throw new Error(`no thread ${index}`);
    this.#planes.get(worker.slot)?.end();
    this.#planes.delete(worker.slot);
    await this.#while(worker.terminate('ended by a test'));
  }

  /** The figures, as `Balancer.stats` has them. */
  stats(): BalancerStats {
    return this.#balancer.stats();
  }

  /** Ends it. Throws where Fairlead's own code has thrown meanwhile. */
  async close(): Promise<void> {
    await this.#while(this.#balancer.close({ force: true }));
    if (this.faults.length > 0) throw new Error(`exceptions in Fairlead: ${this.faults.join('\n')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The events of one name, in their order: `eventsOf('health')`. */
  eventsOf<Name extends TestEventName>(name: Name): readonly TestEvent<Name>[] {
    return this.events.filter((one): one is TestEvent<Name> => one.name === name);
  }

  #keepEvents(name: TestEventName): void {
    this.#balancer.on(name, (event: TestEvent['event']) => {
      this.events.push({ atMs: this.elapsedMs, name, event } as TestEvent);
    });
  }

  /** Lets what a promise waits for happen. */
  async #while<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const done = promise.finally(() => (isDone = true));
    done.catch(() => {});
    await this.#time.advance(PATIENCE_MS, () => isDone);
    return done;
  }

  #nextPlane(): TestPlane {
    const serving = this.#balancer.workers?.serving ?? [];
    const worker = serving[this.#sends++ % serving.length];
    return this.#planes.get(worker.slot) as TestPlane;
  }

  #deliver(): boolean {
    let hasWorked = false;
    for (const { transport } of this.#planes.values()) if (transport.deliver()) hasWorked = true;
    return hasWorked;
  }

  #withoutSockets(config: Config): Config {
    const pools = config.pools.map((pool) => ({ ...pool, agent: null }));
    return {
      ...config,
      pools,
      threads: this.#threads,
      listeners: [],
      settings: { ...config.settings, accessLog: null },
    };
  }

  #listenerOf(name: string | undefined): ListenerSpec {
    const found = this.#config.listeners.find(({ id }) => name === undefined || id === name);
    if (found === undefined) throw new Error(`no listener "${name}"`);
    return found;
  }

  #addressOf(name: string): string {
    if (/^[\d.]+$/.test(name)) return name;
    const address = this.#addresses.get(name) ?? `${ENDPOINT_NETWORK}${this.#addresses.size + 1}`;
    this.#addresses.set(name, address);
    return address;
  }

  #dialled(to: DialAddress): TestEndpoint {
    return 'path' in to ? this.#at(unixAddressOf(to.path), 0) : this.#at(to.host, to.port);
  }

  #at(address: string, port: number, id = `${address}:${port}`): TestEndpoint {
    const key = `${address}:${port}`;
    const name = isUnixAddress(address) ? address : this.#nameOf(address, port);
    const endpoint = this.#endpoints.get(key) ?? new TestEndpoint(name ?? id, this.#time);
    this.#endpoints.set(key, endpoint);
    return endpoint;
  }

  #nameOf(address: string, port: number): string | null {
    for (const [name, of] of this.#addresses) if (of === address) return `${name}:${port}`;
    return null;
  }

  #probe(kind: string, { address, port }: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    const result = this.#at(address, port).answerCheck(kind);
    if (result !== null) return Promise.resolve(result);
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(failed('no answer', 'timeout'))));
  }
}

function everyKind(probeOf: (kind: string) => Probe): CheckTools['probes'] {
  return Object.fromEntries(Object.keys(PROBES).map((kind) => [kind, probeOf(kind)])) as CheckTools['probes'];
}
