/** Clients whose requests wait for their pool, at real sockets: what becomes of them while they wait, and afterwards. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import type { TestContext } from 'node:test';
import { ReloadingBalancer, Tunnel, get, startEndpoints } from '../support/reloading.ts';
import { until } from '../support/until.ts';

const config = (endpoint: string): string => `
  threads: 1
  listeners: { web: "127.0.0.1:0" }
  pools: { web: { queue: { timeout: 60s, target: off, hold: 60s }, endpoints: [${endpoint}] } }
`;

const queueOf = ({ running }: ReloadingBalancer) => running.balancer.stats().pools[0].queue;

/** A balancer whose only place is taken; the place is given back by `free`. */
async function startFull(t: TestContext): Promise<{ balancer: ReloadingBalancer; free: () => void }> {
  const [endpoint] = await startEndpoints(t, 'a');
  const balancer = await ReloadingBalancer.start(t, config(`{ address: "${endpoint.address}", maxRequests: 1 }`));
  void get(balancer.port(), '/held');
  await until(() => endpoint.held.length === 1, 'the place is taken');
  return { balancer, free: () => endpoint.held[0].end() };
}

it('an upgrade that has waited for a place becomes a tunnel that passes bytes both ways', async (t) => {
  const { balancer, free } = await startFull(t);
  const opened = Tunnel.open(t, balancer.port());
  await until(() => queueOf(balancer).waiting === 1, 'the upgrade waits');
  free();
  const tunnel = await opened;
  await tunnel.echo('hello');
  tunnel.socket.destroy();
  await until(() => queueOf(balancer).inFlight === 0, 'the tunnel has left its place');
});

/** Echoes what comes behind an upgrade, and answers what else comes. */
async function serve(t: TestContext, port: number): Promise<http.Server> {
  const server = http.createServer((_request, response) => response.end('served'));
  server.on('upgrade', (_request, socket: net.Socket) => {
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return server;
}

it('an upgrade that was held while its only server began anew becomes a tunnel that passes bytes both ways', async (t) => {
  const first = await serve(t, 0);
  const { port } = first.address() as AddressInfo;
  const balancer = await ReloadingBalancer.start(t, config(`"127.0.0.1:${port}"`));
  assert.equal(await get(balancer.port()), '200 served');
  first.closeAllConnections();
  first.close();
  await once(first, 'close');
  const opened = Tunnel.open(t, balancer.port());
  await until(() => queueOf(balancer).held === 1, 'the upgrade is held');
  await serve(t, port);
  await (await opened).echo('hello');
});

/** Shorter than the time between two looks for clients that are not read. */
const AT_ONCE_MS = 700;

for (const [how, leave] of [
  ['ends its side', (socket: net.Socket) => socket.end()],
  ['resets its connection', (socket: net.Socket) => socket.resetAndDestroy()],
] as const) {
  it(`a client that ${how} while its whole request waits is out of the queue at once`, async (t) => {
    const { balancer } = await startFull(t);
    for (const request of ['GET / HTTP/1.1\r\n', 'POST / HTTP/1.1\r\nContent-Length: 4\r\n']) {
      const took: number[] = [];
      // A machine that stands still now and then does not do so each time.
      while (took.length < 3 && took.every((ms) => ms >= AT_ONCE_MS)) {
        const socket = net.connect({ host: '127.0.0.1', port: balancer.port() });
        t.after(() => socket.destroy());
        socket.on('error', () => {});
        socket.write(`${request}Host: a\r\n\r\n${request.startsWith('POST') ? 'body' : ''}`);
        await until(() => queueOf(balancer).waiting === 1, 'the request waits');
        const leftAt = performance.now();
        leave(socket);
        await until(() => queueOf(balancer).waiting === 0, 'it is out of the queue');
        took.push(performance.now() - leftAt);
      }
      assert.ok(Math.min(...took) < AT_ONCE_MS, `${request}: after ${took.join(', ')} ms`);
    }
  });
}
