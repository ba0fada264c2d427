import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { PortHolder } from '../../machine/listening-ports.ts';
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
function machineWith(
  ports: readonly number[],
  {
    timeoutMs = 10_000,
    programs = {},
  }: { timeoutMs?: number; programs?: Readonly<Record<string, readonly string[]>> } = {},
): Surroundings {
  return {
    listeningPorts: () => Promise.resolve(ports.map((port) => ({ port, inode: String(port) }))),
    processes: (inodes) => Promise.resolve(new Map([...inodes].map((inode) => [inode, holderOf(inode, programs)]))),
    timeoutMs,
  };
}

/** The process that has a port, which is its inode here. */
function holderOf(inode: string, programs: Readonly<Record<string, readonly string[]>>): PortHolder {
  const command = programs[inode] ?? ['program'];
  return { pid: 1, program: command[0], command, folder: '/srv/shop' };
}

describe('looking for servers', () => {
  it('the search for servers says what answers: its status, its name and its program', async (test) => {
    const port = await httpPort((_request, response) => {
      response.writeHead(404, { server: 'unit/1' }).end('gone');
    }, test);
    const found = await findServers(machineWith([port]));
    const servers = [{ port, status: 404, server: 'unit/1', program: 'program' }];
    assert.deepEqual(found, { applications: [{ name: 'program', servers, healthPath: null }], leftOut: [] });
  });

  it('the search for servers takes the first path that all answer with 2xx for the check', async (test) => {
    const both = await httpPort((_request, response) => response.end('fine'), test);
    const one = await httpPort((request, response) => {
      response.writeHead(request.url === '/health' || request.url === '/' ? 200 : 404).end();
    }, test);
    const { applications } = await findServers(machineWith([both, one]));
    assert.deepEqual(
      applications.map(({ servers, healthPath }) => [servers.length, healthPath]),
      [[2, '/health']],
    );
  });

  it('the search for servers ignores what is not HTTP and what is closed, and leaves out proxies and what fails', async (test) => {
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
    const answering = (status: number, headers: Record<string, string>): Promise<number> =>
      httpPort((_request, response) => {
        response.writeHead(status, headers).end();
      }, test);
    const ports = [noise, closed, fairlead, await answering(200, { via: '1.1 cache' })];
    ports.push(await answering(200, { server: 'nginx/1.28' }), await answering(200, {}), await answering(503, {}));
    const programs = { [ports[5]]: ['haproxy', '-f', 'haproxy.cfg'] };
    const found = await findServers(machineWith(ports, { programs }));
    assert.deepEqual(found.applications, []);
    assert.deepEqual(
      found.leftOut.map(({ port, reason }) => [port, reason]),
      [...ports.slice(2, 6).map((port) => [port, 'proxy']), [ports[6], 'failing']],
    );
  });

  it('the search for servers does not wait for a server that says nothing', async (test) => {
    const sockets = new Set<{ destroy: () => void }>();
    const silent = await portOf(
      createTcpServer((socket) => sockets.add(socket.on('error', () => undefined))),
      test,
    );
    const found = await findServers(machineWith([silent], { timeoutMs: 50 }));
    assert.deepEqual(found, { applications: [], leftOut: [] });
    for (const socket of sockets) socket.destroy();
  });

  it('the search for servers does not ask ports of databases, of the system, or that the kernel gave away', () => {
    for (const port of [22, 80, 3306, 5432, 6379, 9229, 40_000]) assert.equal(isWorthAsking(port), false, String(port));
    for (const port of [3000, 4000, 5173, 8000, 8080]) assert.equal(isWorthAsking(port), true, String(port));
  });
});
