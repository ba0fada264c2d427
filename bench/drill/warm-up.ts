/** A server's first requests, from itself: how long a program takes that has never run is not what the drill measures. */
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClientSide } from './client-side.ts';

/** Connections one after the other, and requests on each. */
const CONNECTIONS = 5;
const REQUESTS = 10;

/** Listens for as long, on a port that the system chooses. @throws Error when it cannot */
export async function warmUp(server: Server, side: ClientSide): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (let count = 0; count < CONNECTIONS; count++) {
    const agent = side.createAgent({ keepAlive: true, maxSockets: 1 });
    await Promise.all(Array.from({ length: REQUESTS }, () => ask(side, { host: '127.0.0.1', port, agent })));
    agent.destroy();
  }
  server.close();
  await once(server, 'close');
}

async function ask(side: ClientSide, options: Parameters<ClientSide['request']>[0]): Promise<void> {
  const [response] = (await once(side.request(options).end(), 'response')) as [IncomingMessage];
  await once(response.resume(), 'close');
}
