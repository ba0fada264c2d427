/** A server of Node's own that a test stands beside a balancer, and that ends with the test. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** Resolves to its port, on `host`. */
export async function startHttpServer(
  t: TestContext,
  answer: http.RequestListener,
  host = '127.0.0.1',
): Promise<number> {
  const server = http.createServer(answer);
  server.listen(0, host);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
