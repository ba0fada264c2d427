/** A balancer with a listener that gets its certificates by itself, and asks nobody for them. */
import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import type { TestContext } from 'node:test';
import type tls from 'node:tls';
import type { BalancerEvents } from '../../src/runtime/balancer.ts';
import { tempFolder } from './access-log.ts';
import { startHttpServer } from './http-server.ts';
import { runBalancer } from './running-balancer.ts';
import type { RunningBalancer } from './running-balancer.ts';
import { openTls } from './tls-balancer.ts';

/** Nobody listens there: whoever asked would be told so. */
export const DIRECTORY = 'https://127.0.0.1:9/directory';

export interface AcmeBalancer extends RunningBalancer {
  readonly folder: string;
  readonly plain: number;
  readonly secure: number;
  readonly events: BalancerEvents['certificate'][0][];
  readonly config: (names: string) => string;
}

/** `more`: further lines of the config. */
export async function runAcme(t: TestContext, threads = 1, listener = '', more = ''): Promise<AcmeBalancer> {
  const folder = tempFolder(t);
  const server = await startHttpServer(t, (request, response) => response.end(`routed ${request.method}`));
  const config = (names: string): string => `
threads: ${threads}
stateDir: ${folder}
acme: { email: ops@example.com, terms: agreed, challenge: http-01, directory: "${DIRECTORY}" }
listeners:
  web: "127.0.0.1:0"
  secure: { address: "127.0.0.1:0", tls: { acme: ${names}, ${listener} } }
pools: { web: ["127.0.0.1:${server}"] }
${more}`;
  const events: AcmeBalancer['events'] = [];
  const running = await runBalancer(config('[a.example, b.example]'), { getsCertificates: false }, (balancer) => {
    balancer.on('certificate', (event) => events.push(event));
  });
  t.after(() => running.balancer.close({ force: true }));
  const [plain, secure] = running.balancer.addresses().map(({ port }) => port);
  return { ...running, folder, plain, secure, events, config };
}

export async function certificateAt(
  port: number,
  servername: string,
  options: tls.ConnectionOptions = {},
): Promise<X509Certificate> {
  const socket = await openTls(port, { servername, ...options });
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  assert.ok(certificate);
  return certificate;
}
