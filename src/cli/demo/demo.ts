/** Five mock servers with Fairlead in front, in this process, with a load of their own. */
import { formatConfigErrors } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { DEFAULT_POLICY } from '../../core/balancer/policies.ts';
import type { PolicyName } from '../../core/balancer/policies.ts';
import { createBalancer } from '../../runtime/balancer.ts';
import type { Balancer } from '../../runtime/balancer.ts';
import { API_HOST, APP_HOST, demoConfig, findPort } from './demo-config.ts';
import type { DemoServer } from './demo-server.ts';
import { startServers } from './servers.ts';
import type { DemoServers, Temper } from './servers.ts';
import { Traffic } from './traffic.ts';

export interface DemoOptions {
  readonly temper: Temper;
  /** Requests a second of the demo's own. */
  readonly rate: number;
}

export class Demo {
  readonly port: number;
  readonly balancer: Balancer;
  readonly traffic: Traffic;
  /** In the order of their pools. */
  readonly servers: readonly DemoServer[];
  readonly #close: () => Promise<void>;
  #policy: PolicyName = DEFAULT_POLICY;

  private constructor(servers: DemoServers, port: number, rate: number) {
    this.port = port;
    this.servers = servers.all;
    this.balancer = createBalancer(readConfig(this.config));
    this.traffic = new Traffic(port, [APP_HOST, API_HOST], rate);
    this.#close = async () => {
      this.traffic.stop();
      await this.balancer.close({ force: true });
      await servers.close();
    };
  }

  static async start({ temper, rate }: DemoOptions): Promise<Demo> {
    const servers = await startServers(temper);
    const demo = new Demo(servers, await findPort(), rate);
    try {
      await demo.balancer.listen();
    } catch (error) {
      await demo.close();
      throw error;
    }
    return demo;
  }

  /** As YAML, as it now is. */
  get config(): string {
    return demoConfig({ port: this.port, policy: this.#policy, servers: this.servers });
  }

  get policy(): PolicyName {
    return this.#policy;
  }

  /** Another policy for both pools, while traffic goes on. */
  async setPolicy(policy: PolicyName): Promise<void> {
    this.#policy = policy;
    await this.balancer.reload(readConfig(this.config));
  }

  async setWeight(server: DemoServer, weight: number): Promise<void> {
    server.weight = weight;
    await this.balancer.reload(readConfig(this.config));
  }

  /** The name of the server at an endpoint's address. */
  nameOf(endpoint: string): string {
    return this.servers.find(({ address }) => address === endpoint)?.name ?? endpoint;
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    await this.#close();
  }
}

function readConfig(text: string): Parameters<typeof createBalancer>[0] {
  const parsed = parseConfig(text, 'demo.yaml');
  if ('errors' in parsed) throw new Error(formatConfigErrors(parsed.errors));
  return parsed.config;
}
