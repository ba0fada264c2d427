/** The demo's fairlead.yaml. */
import net from 'node:net';
import { once } from 'node:events';
import type { Backend } from '../backend/backend.ts';
import type { DemoServers } from './servers.ts';

export const API_HOST = 'api.localhost';
export const APP_HOST = 'app.localhost';
const PREFERRED_PORT = 8080;

export function demoConfig(port: number, { app, api }: Pick<DemoServers, 'app' | 'api'>): string {
  return `listeners:
  web: 127.0.0.1:${port}
routes:
  - { name: api, match: { host: ${API_HOST} }, pool: api }
  - { name: app, match: { host: ${APP_HOST} }, pool: app }
  - { name: else, pool: app }
pools:
  app:
    policy: least-connections
    check: { http: { path: /healthcheck }, interval: 2s }
    endpoints: [${addresses(app)}]
  api:
    policy: power-of-two
    check: { http: { path: /healthcheck }, interval: 2s }
    endpoints: [${addresses(api)}]
`;
}

function addresses(servers: readonly Backend[]): string {
  return servers.map(({ host, port }) => `${host}:${port}`).join(', ');
}

/** 8080 where nobody listens, else a free port. */
export async function findPort(): Promise<number> {
  return await bindAndFree(PREFERRED_PORT).catch(() => bindAndFree(0));
}

/** Without `reusePort`, which would share the port with another balancer. */
async function bindAndFree(port: number): Promise<number> {
  const server = net.createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as net.AddressInfo).port;
  server.close();
  await once(server, 'close');
  return bound;
}
