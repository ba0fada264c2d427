/** PROXY headers in front of TLS to endpoints: they leave in the clear, before the handshake. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { createFront } from '../../src/backend/front.ts';
import type { ProxyHeader } from '../../src/net/proxy-protocol/parse.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { createSelfSigned } from '../support/self-signed.ts';
import { until } from '../support/until.ts';

interface Served {
  readonly port: number;
  /** Of each connection. */
  readonly headers: ProxyHeader[];
  /** Of each request: SNI, Host. */
  readonly asked: string[];
}

async function listen(t: TestContext, server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as net.AddressInfo).port;
}

/** A server that takes PROXY headers, and TLS behind them. */
async function startServer(t: TestContext): Promise<Served> {
  const headers: ProxyHeader[] = [];
  const asked: string[] = [];
  const server = https.createServer(createSelfSigned('a.test', 'b.test'), (request, response) => {
    const { servername } = request.socket as unknown as { readonly servername: string | false };
    asked.push(`${servername || '-'} ${request.headers.host ?? '-'}`);
    response.end('well');
  });
  const inner = await listen(t, server);
  const front = createFront({ proxyProtocol: true, tls: null }, ({ socket, header }) => {
    assert.ok(header);
    headers.push(header);
    const behind = net.connect(inner, '127.0.0.1').on('error', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  return { port: await listen(t, front), headers, asked };
}

function ask(agent: http.Agent, port: number, host: string, id: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host, 'x-request-id': id };
    const request = http.get({ agent, host: '127.0.0.1', port, headers }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (more: string) => (body += more));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
    request.on('error', reject);
  });
}

for (const written of ['v1', '{ version: 2, add: [unique-id, crc32c] }']) {
  describe(`a pool with TLS and the PROXY header ${written}`, () => {
    it(`a server behind TLS hears who the client is, once for each connection and name (${written})`, async (t) => {
      const { port: server, headers, asked } = await startServer(t);
      const { balancer, port, faults } = await runBalancer(`
        threads: 1
        listeners: { web: "127.0.0.1:0" }
        pools:
          web:
            endpoints: ["127.0.0.1:${server}"]
            tls: { verify: off }
            proxyProtocol: ${written}
            check: { http: /, interval: 100ms }`);
      t.after(() => balancer.close({ force: true }));
      await until(() => headers.some(({ ends }) => ends === null), 'a check says that it is nobody’s connection');
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      for (const [host, id] of [
        ['a.test', 'one'],
        ['a.test', 'two'],
        ['b.test', 'three'],
      ] as const) {
        assert.equal(await ask(agent, port, host, id), '200 well');
      }
      const clients = headers.filter(({ ends }) => ends !== null);
      // Two for one client: what was verified for a name is for that name alone.
      assert.equal(clients.length, 2);
      assert.equal(clients[0].ends?.destination.port, port);
      assert.deepEqual(clients[1].ends, clients[0].ends);
      if (written !== 'v1')
        assert.deepEqual(
          clients.map(({ fields }) => fields.uniqueId),
          ['one', 'three'],
        );
      assert.ok(asked.includes('a.test a.test') && asked.includes('b.test b.test'), asked.join(', '));
      assert.equal(balancer.stats().pools[0].endpoints[0].health.state, 'healthy');
      assert.deepEqual(faults, []);
    });
  });
}
