/** Five mock servers with Fairlead in front, in this process, with a load of their own. */
import { formatConfigErrors } from '../src/config/errors.ts';
import { parseConfig } from '../src/config/load.ts';
import { DEFAULT_POLICY } from '../src/core/balancer/policies.ts';
import type { PolicyName } from '../src/core/balancer/policies.ts';
import { createBalancer } from '../src/runtime/create-balancer.ts';
import type { Balancer } from '../src/runtime/balancer.ts';
import { makeDemoCertificate } from './demo-certificate.ts';
import type { DemoCertificate } from './demo-certificate.ts';
import { API_HOST, APP_HOST, demoConfig, findFreePort } from './demo-config.ts';
import type { DemoServer } from './demo-server.ts';
import { ListenError } from '../src/runtime/control/listen-error.ts';
import { startServers } from './servers.ts';
import type { DemoServers, Temper } from './servers.ts';
import type { Toll } from './toll.ts';
import { Traffic } from './traffic.ts';

const PREFERRED_PORT = 8080;
const PREFERRED_HTTPS_PORT = 8443;
const MOST_TRIES = 5;

export interface DemoOptions {
  readonly temper: Temper;
  /** Requests a second of the demo's own. */
  readonly rate: number;
}

/** Where it listens. */
interface Place {
  readonly port: number;
  readonly httpsPort: number;
  /** A text: why there is none. */
  readonly certificate: DemoCertificate | string;
}

export class Demo {
  readonly port: number;
  /** Null: it speaks HTTP alone. */
  readonly httpsPort: number | null;
  /** Why it speaks HTTP alone; null: it does not. */
  readonly whyNoHttps: string | null;
  readonly balancer: Balancer;
  readonly traffic: Traffic;
  /** In the order of their pools. */
  readonly servers: readonly DemoServer[];
  readonly #servers: DemoServers;
  readonly #certificate: DemoCertificate | null;
  #policy: PolicyName = DEFAULT_POLICY;

  /** For `start` only. */
  constructor(servers: DemoServers, { port, httpsPort, certificate }: Place, rate: number) {
    this.port = port;
    this.#certificate = typeof certificate === 'string' ? null : certificate;
    this.httpsPort = this.#certificate === null ? null : httpsPort;
    this.whyNoHttps = typeof certificate === 'string' ? certificate : null;
    this.#servers = servers;
    this.servers = servers.all;
    this.balancer = createBalancer(readConfig(this.config));
    this.traffic = new Traffic(port, [APP_HOST, API_HOST], rate);
  }

  static async start({ temper, rate }: DemoOptions): Promise<Demo> {
    const servers = await startServers(temper);
    const certificate = await makeDemoCertificate();
    try {
      return await listen(servers, certificate, rate);
    } catch (error) {
      await servers.close();
      if (typeof certificate !== 'string') await certificate.remove();
      throw error;
    }
  }

  /** As YAML, as it now is. */
  get config(): string {
    const { port, httpsPort, servers } = this;
    const certificate = this.#certificate;
    const https =
      certificate === null || httpsPort === null ? null : { port: httpsPort, certificate: certificate.file };
    return demoConfig({ port, https, policy: this.#policy, servers });
  }

  get policy(): PolicyName {
    return this.#policy;
  }

  /** Another policy for both pools, while traffic goes on. Where the reload is refused, it is as it was. */
  async setPolicy(policy: PolicyName): Promise<void> {
    const before = this.#policy;
    this.#policy = policy;
    await this.#reload(() => (this.#policy = before));
  }

  async setWeight(server: DemoServer, weight: number): Promise<void> {
    const before = server.weight;
    server.weight = weight;
    await this.#reload(() => (server.weight = before));
  }

  async #reload(undo: () => void): Promise<void> {
    try {
      await this.balancer.reload(readConfig(this.config));
    } catch (error) {
      undo();
      throw error;
    }
  }

  get toll(): Toll {
    const { routes, unrouted } = this.balancer.stats();
    return {
      retries: routes.reduce((sum, { retries, moves, rescues }) => sum + retries + moves + rescues, unrouted.retries),
      rescues: routes.reduce((sum, { rescues }) => sum + rescues, unrouted.rescues),
      lost: this.traffic.lost,
    };
  }

  /** The name of the server at an endpoint's address. */
  nameOf(endpoint: string): string {
    return this.servers.find(({ address }) => address === endpoint)?.name ?? endpoint;
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.traffic.stop();
    await this.balancer.close({ force: true });
    await this.#servers.close();
    await this.#certificate?.remove();
  }
}

/** Listens on 8080 and 8443 where they are free, else on others. Somebody may take one before we do. */
async function listen(servers: DemoServers, certificate: Place['certificate'], rate: number): Promise<Demo> {
  for (let tries = 1; ; tries++) {
    const port = await findFreePort(PREFERRED_PORT);
    const demo = new Demo(servers, { port, httpsPort: await findFreePort(PREFERRED_HTTPS_PORT), certificate }, rate);
    try {
      await demo.balancer.listen();
      demo.traffic.start();
      return demo;
    } catch (error) {
      if (!(error instanceof ListenError) || error.reason !== 'EADDRINUSE' || tries === MOST_TRIES) throw error;
    }
  }
}

function readConfig(text: string): Parameters<typeof createBalancer>[0] {
  const parsed = parseConfig(text, 'demo.yaml');
  if ('errors' in parsed) throw new Error(formatConfigErrors(parsed.errors));
  return parsed.config;
}
