import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { findServers, isWorthAsking } from './find-servers.ts';
import type { Surroundings } from './find-servers.ts';

async function portOf(server: Server, test: TestContext): Promise<number> {
  server.listen(0, 'localhost');
  await once(server, 'listening');
  test.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

function httpPort(listener: RequestListener, test: TestContext): Promise<number> {
  return portOf(createServer(listener), test);
}

/** A machine on which these ports listen. The time is long: the test machine may be slow. */
function machineWith(ports: readonly number[], timeoutMs = 10_000): Surroundings {
  return {
    listeningPorts: () => Promise.resolve(ports.map((port) => ({ port, inode: String(port) }))),
    programs: (inodes) => Promise.resolve(new Map([...inodes].map((inode) => [inode, `program-${inode}`]))),
    timeoutMs,
  };
}

describe('looking for servers', () => {
  it('says what answers: its status, its name and its program', async (test) => {
    const port = await httpPort((_request, response) => {
      response.writeHead(404, { server: 'unit/1' }).end('gone');
    }, test);
    const found = await findServers(machineWith([port]));
    assert.deepEqual(found, {
      servers: [{ port, status: 404, server: 'unit/1', program: `program-${port}` }],
      healthPath: null,
    });
  });

  it('takes the first path that all answer with 2xx for the check', async (test) => {
    const both = await httpPort((_request, response) => response.end('fine'), test);
    const one = await httpPort((request, response) => {
      response.writeHead(request.url === '/health' || request.url === '/' ? 200 : 404).end();
    }, test);
    assert.equal((await findServers(machineWith([both, one]))).healthPath, '/health');
  });

  it('leaves out what is no HTTP, what is closed, and what is a Fairlead itself', async (test) => {
    const noise = await portOf(
      createTcpServer((socket) => socket.on('error', () => undefined).end('220 mail ready\r\n')),
      test,
    );
    const closing = createServer();
    closing.listen(0, 'localhost');
    await once(closing, 'listening');
    const closed = (closing.address() as AddressInfo).port;
    closing.close();
    await once(closing, 'close');
    const fairlead = await httpPort((_request, response) => {
      response.writeHead(404, { 'fairlead-error': 'no-route' }).end();
    }, test);
    assert.deepEqual(await findServers(machineWith([noise, closed, fairlead])), { servers: [], healthPath: null });
  });

  it('does not wait for a server that says nothing', async (test) => {
    const sockets = new Set<{ destroy: () => void }>();
    const silent = await portOf(
      createTcpServer((socket) => sockets.add(socket.on('error', () => undefined))),
      test,
    );
    assert.deepEqual((await findServers(machineWith([silent], 50))).servers, []);
    for (const socket of sockets) socket.destroy();
  });

  it('does not ask ports of databases, of the system, or that the kernel gave away', () => {
    for (const port of [22, 80, 3306, 5432, 6379, 9229, 40_000]) assert.equal(isWorthAsking(port), false, String(port));
    for (const port of [3000, 4000, 5173, 8000, 8080]) assert.equal(isWorthAsking(port), true, String(port));
  });
});
