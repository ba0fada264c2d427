/** Servers on unix sockets, through a whole balancer: requests, checks, agents, and what they are called. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { Balancer } from '../../src/runtime/balancer.ts';
import type { PoolEndpointStats } from '../../src/runtime/control/balancer-stats.ts';
import { startHttpServer } from '../support/http-server.ts';
import { get } from '../support/reloading.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { socketFolder, startUnixServer } from '../support/unix-server.ts';
import { threeWays } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

async function start(t: TestContext, pool: string, threads = 0): Promise<{ balancer: Balancer; port: number }> {
  const { balancer, port } = await runBalancer(
    `{ threads: ${threads}, listeners: { web: '127.0.0.1:0' }, pools: { web: { ${pool} } } }`,
  );
  t.after(() => balancer.close({ force: true }));
  return { balancer, port };
}

function endpointsOf(balancer: Balancer): readonly PoolEndpointStats[] {
  return balancer.stats().pools[0].endpoints;
}

describe('an endpoint on a unix socket', () => {
  for (const threads of [0, 2]) {
    it(`an endpoint on a unix socket is named by its address, and gets localhost as its own Host (${threads} threads)`, async (t) => {
      const { address } = await startUnixServer(t, join(socketFolder(t), 'App.sock'), (request, response) =>
        response.end(request.headers.host),
      );
      const { balancer, port } = await start(t, `host: endpoint, endpoints: '${address}'`, threads);
      assert.equal(await get(port), '200 localhost');
      assert.deepEqual(
        endpointsOf(balancer).map(({ endpoint }) => endpoint),
        [address],
      );
      await until(() => endpointsOf(balancer)[0].attempts === 1, 'it is counted');
    });
  }

  threeWays(
    'an endpoint on a unix socket gets the body of a request, and its answer comes back whole',
    async (sockets) => {
      const { t } = sockets;
      const { address } = await startUnixServer(t, join(socketFolder(t), 'a.sock'), (request, response) => {
        request.pipe(response);
      });
      const { port } = await start(t, `endpoints: ['${address}']`);
      const body = 'x'.repeat(300_000);
      const client = await sockets.connect(port);
      const head = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
      await client.send(head + body);
      const answer = await client.readAll();
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
      assert.ok(answer.includes('xxx') && answer.length > body.length);
    },
  );

  it('an endpoint on a unix socket carries a tunnel', async (t) => {
    const path = join(socketFolder(t), 'a.sock');
    const { server, address } = await startUnixServer(t, path, (_request, response) => response.end());
    server.on('upgrade', (_request, socket: net.Socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    const { port } = await start(t, `endpoints: ['${address}']`);
    const client = net.connect({ port, host: '127.0.0.1' });
    t.after(() => client.destroy());
    let text = '';
    client.setEncoding('latin1').on('data', (part: string) => (text += part));
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    await until(() => text.endsWith('hello'), 'the echo');
    client.end();
    await once(client, 'end');
  });

  it('an endpoint on a unix socket is told by a PROXY header whose connection it is, and that checks are our own', async (t) => {
    const path = join(socketFolder(t), 'a.sock');
    const heads: string[] = [];
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (bytes: Buffer) => {
        heads.push(bytes.latin1Slice().split('\r\n', 2).join('|'));
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      });
    });
    server.listen(path);
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = await start(t, `check: { http: /health }, proxyProtocol: v1, endpoints: ['unix:${path}']`);
    assert.equal(await get(port), '200 ');
    // On a busy machine a check comes twice: what is found by a thread that is late says nothing.
    const [ofCheck, ofRequest] = [true, false].map((isCheck) => {
      return (): string | undefined => heads.find((head) => head.includes('/health') === isCheck);
    });
    await until(() => ofCheck() !== undefined && ofRequest() !== undefined, 'both have come');
    assert.match(ofCheck() ?? '', /^PROXY UNKNOWN\|GET \/health/);
    assert.match(ofRequest() ?? '', new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ ${port}\\|GET / `));
  });

  it('an endpoint on a unix socket whose file is missing or stale is refused, and is back when a server listens', async (t) => {
    const folder = socketFolder(t);
    const port = await startHttpServer(t, (_request, response) => response.end('tcp'));
    const [missing, stale] = [join(folder, 'missing.sock'), join(folder, 'stale.sock')];
    writeFileSync(stale, '');
    const served = await start(
      t,
      `policy: round-robin, endpoints: ['unix:${missing}', 'unix:${stale}', '127.0.0.1:${port}']`,
    );
    for (let request = 0; request < 6; request++) assert.equal(await get(served.port), '200 tcp');
    await startUnixServer(t, missing, (_request, response) => response.end('unix'));
    await until(async () => (await get(served.port)) === '200 unix', 'it serves');
  });

  it('an endpoint on a unix socket is reached by the longest path that there is', async (t) => {
    const folder = socketFolder(t);
    const path = join(folder, 'x'.repeat((process.platform === 'linux' ? 107 : 103) - folder.length - 1));
    await startUnixServer(t, path, (_request, response) => response.end('long'));
    const { port } = await start(t, `endpoints: ['unix:${path}']`);
    assert.equal(await get(port), '200 long');
  });

  it('an endpoint on a unix socket that is alone and missing is 502, with the code of the system', async (t) => {
    const path = join(socketFolder(t), 'missing.sock');
    const { balancer, port } = await start(t, `queue: { hold: off }, endpoints: ['unix:${path}']`);
    const told = once(balancer, 'failure');
    assert.match(await get(port), /^502 /);
    const [failure] = (await told) as [{ endpoint: string; cause: string }];
    assert.deepEqual([failure.endpoint, failure.cause], [`unix:${path}`, 'ENOENT']);
  });

  it('an endpoint on a unix socket keeps a sticky client, and the key of a hash policy', async (t) => {
    const folder = socketFolder(t);
    const servers = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        startUnixServer(t, join(folder, `${name}.sock`), (_request, response) => response.end(name)),
      ),
    );
    const endpoints = servers.map(({ address }) => `'${address}'`).join(', ');
    const sticky = await start(t, `sticky: cookie, policy: round-robin, endpoints: [${endpoints}]`);
    const first = await fetch(`http://127.0.0.1:${sticky.port}/`);
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    const name = await first.text();
    for (let request = 0; request < 5; request++) {
      const again = await fetch(`http://127.0.0.1:${sticky.port}/`, { headers: { cookie } });
      assert.equal(await again.text(), name);
    }
    const hashed = await start(t, `policy: { hash: header.x-user }, endpoints: [${endpoints}]`);
    const ask = async (user: number): Promise<string> =>
      (await fetch(`http://127.0.0.1:${hashed.port}/`, { headers: { 'x-user': String(user) } })).text();
    const users = Array.from({ length: 30 }, (_, user) => user);
    const before = await Promise.all(users.map(ask));
    assert.equal(new Set(before).size, 3);
    assert.deepEqual(await Promise.all(users.map(ask)), before);
  });
});

describe('a check of an endpoint on a unix socket', () => {
  for (const check of ['tcp: {}', 'http: /health']) {
    it(`a check of an endpoint on a unix socket passes while a server listens, and finds that it is gone (${check})`, async (t) => {
      const path = join(socketFolder(t), 'a.sock');
      const server = await startUnixServer(t, path, (request, response) => response.end(request.headers.host));
      const { balancer } = await start(
        t,
        `check: { ${check}, interval: 20ms, fastInterval: 10ms, downInterval: 10ms }, endpoints: ['unix:${path}']`,
      );
      const state = (): string => endpointsOf(balancer)[0].health.state;
      await until(() => state() === 'healthy', 'it is healthy');
      await server.stop();
      await until(() => state() === 'unhealthy', 'it is unhealthy');
      const said = (): string => endpointsOf(balancer)[0].health.checks[0].answers.at(-1)?.reason ?? '';
      await until(() => said() === 'no such socket', said);
      await startUnixServer(t, path, (_request, response) => response.end());
      await until(() => state() === 'healthy', 'it is healthy again');
    });
  }

  it('a check of an endpoint on a unix socket speaks gRPC', async (t) => {
    const path = join(socketFolder(t), 'a.sock');
    const server = http2.createServer();
    const paths: string[] = [];
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      paths.push(String(headers[':path']));
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      // A frame with a message whose field 1 is SERVING.
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, 1]));
    });
    server.listen(path);
    t.after(() => server.close());
    await once(server, 'listening');
    const { balancer } = await start(t, `check: { grpc: {}, interval: 20ms }, endpoints: ['unix:${path}']`);
    await until(() => endpointsOf(balancer)[0].health.checks[0].answers.length > 0, 'it was asked');
    assert.equal(endpointsOf(balancer)[0].health.state, 'healthy');
    assert.equal(paths[0], '/grpc.health.v1.Health/Check');
  });

  it('a check of an endpoint on a unix socket asks this machine where it names a port, and so does an agent', async (t) => {
    const path = join(socketFolder(t), 'a.sock');
    await startUnixServer(t, path, (_request, response) => response.end('served'));
    let asked = 0;
    const healthPort = await startHttpServer(t, (_request, response) => {
      asked++;
      response.end();
    });
    const agent = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.end('50%\n');
    });
    agent.listen(0, '127.0.0.1');
    t.after(() => agent.close());
    await once(agent, 'listening');
    const { port: agentPort } = agent.address() as AddressInfo;
    const { balancer, port } = await start(
      t,
      `check: { http: { path: /h, port: ${healthPort} }, interval: 20ms }, agent: { port: ${agentPort}, interval: 20ms },
       endpoints: [{ address: 'unix:${path}', weight: 4 }]`,
    );
    await until(() => asked > 0 && endpointsOf(balancer)[0].health.state === 'healthy', 'it is healthy');
    await until(() => balancer.snapshot?.pools[0].endpoints[0].weight === 2, 'the agent is heeded');
    assert.equal(await get(port), '200 served');
  });
});

describe('an operator of an endpoint on a unix socket', () => {
  it('an operator drains an endpoint on a unix socket by its address', async (t) => {
    const { address } = await startUnixServer(t, join(socketFolder(t), 'A.sock'), (_request, response) =>
      response.end(),
    );
    const { balancer } = await start(t, `endpoints: ['${address}']`);
    assert.equal(balancer.setStanding('web', address, 'drain', 'by a test'), true);
    assert.equal(endpointsOf(balancer)[0].health.state, 'draining');
  });
});
