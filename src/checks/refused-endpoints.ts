/** The endpoints of a pool that refuse connects: they are tried by bare connects until they take one. */
import type { BareConnectTarget, BareConnects } from './bare-connects.ts';
import type { EndpointHealth } from './endpoint-health.ts';
import type { OutagePool } from './pool-outages.ts';
import type { TriedPool } from './pool-turns.ts';

/** How often an endpoint without a check that has refused connects for long is tried. */
const SLOW_CONNECTS_MS = 5000;

export class RefusedEndpoints implements TriedPool {
  readonly #pool: Pick<OutagePool, 'spec' | 'endpoints'>;
  readonly #bareConnects: BareConnects;
  readonly #onOpen: (endpoint: EndpointHealth) => void;
  /** Null: something has changed since it was last asked. */
  #isOut: boolean | null = null;

  /** `onOpen`: an endpoint has taken a connect, and is tried no longer. */
  constructor(
    pool: Pick<OutagePool, 'spec' | 'endpoints'>,
    bareConnects: BareConnects,
    onOpen: (endpoint: EndpointHealth) => void,
  ) {
    this.#pool = pool;
    this.#bareConnects = bareConnects;
    this.#onOpen = onOpen;
  }

  /** What is known of the endpoint may have changed. */
  look(endpoint: EndpointHealth): void {
    this.#isOut = null;
    if (!endpoint.isRefused || endpoint.isDraining || endpoint.isCheckDue) return this.forget(endpoint);
    endpoint.bareTarget ??= this.#targetOf(endpoint);
    this.#bareConnects.watch(endpoint.bareTarget);
  }

  forget(endpoint: EndpointHealth): void {
    if (endpoint.bareTarget !== null) this.#bareConnects.forget(endpoint.bareTarget);
    endpoint.bareTarget = null;
  }

  /** There is nothing to try, not even as the last resort: requests are held. */
  get isOut(): boolean {
    this.#isOut ??= ![...this.#pool.endpoints()].some((endpoint) => this.#isReachable(endpoint));
    return this.#isOut;
  }

  #isReachable(endpoint: EndpointHealth): boolean {
    if (endpoint.isRefused || endpoint.isDraining || !endpoint.isReady || endpoint.spec.weight === 0) return false;
    const { panic, breaker } = this.#pool.spec;
    const isBarred = breaker?.failFast === true && endpoint.ejection?.cause === 'breaker';
    return endpoint.isUp || endpoint.isOnTrial || (panic && !isBarred);
  }

  #targetOf(endpoint: EndpointHealth): BareConnectTarget {
    const pool = this.#pool;
    return {
      pool: this,
      get spec() {
        return endpoint.spec;
      },
      get slowEveryMs() {
        return pool.spec.checks.at(0)?.downIntervalMs ?? SLOW_CONNECTS_MS;
      },
      get proxyVersion() {
        return pool.spec.proxyProtocol?.version;
      },
      onOpen: () => this.#onOpen(endpoint),
    };
  }
}
