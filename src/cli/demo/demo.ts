/** Five mock servers with Fairlead in front, in this process, with a gentle load of their own. */
import { formatConfigErrors } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { createBalancer } from '../../runtime/balancer.ts';
import type { Balancer } from '../../runtime/balancer.ts';
import { API_HOST, APP_HOST, demoConfig, findPort } from './demo-config.ts';
import { startServers } from './servers.ts';
import type { DemoServers } from './servers.ts';
import { createStatusLines } from './status-line.ts';
import { startTraffic } from './traffic.ts';

export interface Demo {
  readonly port: number;
  /** The lines to print first: config, addresses, what to try. */
  readonly introduction: string;
  /** What has happened since the line before. */
  nextLine(): string;
  /** Ends everything at once. */
  close(): Promise<void>;
}

export async function startDemo(): Promise<Demo> {
  const servers = await startServers();
  const port = await findPort();
  const config = demoConfig(port, servers);
  const balancer = createBalancer(readConfig(config));
  await balancer.listen();
  const names = new Map([...servers.app, ...servers.api].map(({ host, port: at, name }) => [`${host}:${at}`, name]));
  const traffic = startTraffic(port, APP_HOST, API_HOST);
  return {
    port,
    introduction: introduce(config, port, servers),
    nextLine: createStatusLines(
      () => balancer.stats(),
      (id) => names.get(id) ?? id,
    ),
    async close() {
      traffic.stop();
      await closeAll(balancer, servers);
    },
  };
}

function readConfig(text: string): Parameters<typeof createBalancer>[0] {
  const parsed = parseConfig(text, 'demo.yaml');
  if ('errors' in parsed) throw new Error(formatConfigErrors(parsed.errors));
  return parsed.config;
}

async function closeAll(balancer: Balancer, servers: DemoServers): Promise<void> {
  await balancer.close({ force: true });
  await servers.close();
}

function introduce(config: string, port: number, { app, api }: DemoServers): string {
  const list = (pool: DemoServers['app']): string => pool.map(({ name, url }) => `${name} ${url}`).join('   ');
  const flaky = api[api.length - 1];
  return `Fairlead with this config:

${config.replaceAll(/^(?=.)/gm, '  ')}
  http://${APP_HOST}:${port}   →   ${list(app)}
  http://${API_HOST}:${port}   →   ${list(api)}   (${flaky.name} is flaky)

Try:
  curl -i -H 'Host: ${API_HOST}' http://127.0.0.1:${port}/
  curl -X POST ${app[0].url}/control/hang        (and /control/ok)

The demo sends some 50 requests a second of its own. A line a second follows: requests, each server's share of
its pool, health, and half and 99 % of all answers' times since the start. Ctrl-C ends it.
`;
}
