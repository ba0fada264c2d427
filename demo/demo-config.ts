/** The demo's fairlead.yaml. */
import net from 'node:net';
import { once } from 'node:events';
import type { PolicyName } from '../src/core/balancer/policies.ts';
import type { DemoServer } from './demo-server.ts';

export const API_HOST = 'api.localhost';
export const APP_HOST = 'app.localhost';

/** What of the demo's config can change while it runs. */
export interface DemoSettings {
  readonly port: number;
  /** Null: it speaks HTTP alone. */
  readonly https: DemoHttps | null;
  readonly policy: PolicyName;
  readonly servers: readonly DemoServer[];
}

export interface DemoHttps {
  readonly port: number;
  /** A file with chain and key. */
  readonly certificate: string;
}

/**
 * A hanging server costs a client at most `responseHead`. One pool is checked, so that a check ends an ejection; in the
 * other an ejection lasts its time.
 */
export function demoConfig({ port, https, policy, servers }: DemoSettings): string {
  return `listeners:
  web: 127.0.0.1:${port}
${https === null ? '' : secureListener(https)}timeouts: { responseHead: 2s }
routes:
  - { name: api, match: { host: ${API_HOST} }, pool: api }
  - { name: app, match: { host: ${APP_HOST} }, pool: app }
  - { name: else, pool: app }
pools:
${poolConfig('app', policy, servers)}
    check: { http: { path: /healthcheck }, interval: 1s, fall: 2 }
${poolConfig('api', policy, servers)}
    ejection: { time: 15s }
`;
}

function secureListener({ port, certificate }: DemoHttps): string {
  return `  secure: { address: '127.0.0.1:${port}', tls: { certificates: '${certificate}' } }\n`;
}

function poolConfig(pool: string, policy: PolicyName, servers: readonly DemoServer[]): string {
  const endpoints = servers.filter((server) => server.pool === pool).map(endpointConfig);
  return `  ${pool}:
    policy: ${policy}
    endpoints: [${endpoints.join(', ')}]`;
}

function endpointConfig({ address, weight }: DemoServer): string {
  return weight === 1 ? address : `{ address: '${address}', weight: ${weight} }`;
}

/** A port that nobody listens at just now: the one that is preferred, if it is free. */
export async function findFreePort(preferred = 0): Promise<number> {
  const server = net.createServer().listen(preferred, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return findFreePort();
  }
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
