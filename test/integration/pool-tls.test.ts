/** TLS to endpoints: who is verified, under which name, and whose connections are used again. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { describe, it } from 'node:test';
import tls from 'node:tls';
import { createSelfSigned } from '../support/self-signed.ts';
import {
  CLIENT,
  SERVER,
  askPlain,
  blameOf,
  listenLocally,
  runPool,
  startTlsEndpoint,
  tlsFiles,
} from '../support/tls-endpoints.ts';
import { until } from '../support/until.ts';

describe('a pool with tls', () => {
  it('requests of a pool with tls reach endpoints whose certificate its ca has signed, on connections that are kept', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const { port } = await runPool(t, [endpoint.port], `tls: { ca: ${tlsFiles(t).ca} }`);
    for (let count = 0; count < 3; count++) assert.deepEqual((await askPlain(port)).body, 'well');
    assert.deepEqual(endpoint.seen, ['a.test a.test / 1', 'a.test a.test / 2', 'a.test a.test / 3']);
  });

  it('a request goes over no connection that was verified for another name', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const { port } = await runPool(t, [endpoint.port], `tls: { ca: ${tlsFiles(t).ca} }`);
    for (const host of ['a.test', 'b.test:8080', 'A.test', 'b.test.', '127.0.0.1']) await askPlain(port, host);
    assert.deepEqual(endpoint.seen, [
      'a.test a.test / 1',
      'b.test b.test:8080 / 1',
      'a.test A.test / 2',
      'b.test b.test. / 2',
      '- 127.0.0.1 / 1',
    ]);
    assert.equal((await askPlain(port, 'c.test')).error, 'certificate-rejected');
  });

  it('the name in tls, or the host of the pool, is asked for and verified in place of the Host of clients', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const { ca } = tlsFiles(t);
    const named = await runPool(t, [endpoint.port], `tls: { ca: ${ca}, name: b.test }`);
    assert.equal((await askPlain(named.port, 'anything.test')).body, 'well');
    const hosted = await runPool(t, [endpoint.port], `tls: { ca: ${ca} }, host: a.test`);
    assert.equal((await askPlain(hosted.port, 'anything.test')).body, 'well');
    const own = await runPool(t, [endpoint.port], `tls: { ca: ${ca} }, host: endpoint`);
    assert.equal((await askPlain(own.port, 'anything.test')).body, 'well');
    assert.deepEqual(endpoint.seen, [
      'b.test anything.test / 1',
      'a.test a.test / 1',
      `- 127.0.0.1:${endpoint.port} / 1`,
    ]);
  });

  it('verify: off takes whoever answers, and stats say so', async (t) => {
    const endpoint = await startTlsEndpoint(t, createSelfSigned('a.test'));
    const { port, balancer } = await runPool(t, [endpoint.port], 'tls: { verify: off }');
    assert.equal((await askPlain(port, 'somebody.test')).body, 'well');
    assert.equal(balancer.stats().pools[0].tls, 'unverified');
  });

  it('alpn is what endpoints are offered: http/1.1, or nothing', async (t) => {
    const agreed: unknown[] = [];
    const server = { ...SERVER, ALPNProtocols: ['http/1.1'] };
    const endpoint = await startTlsEndpoint(t, server, ({ socket }, response) => {
      agreed.push((socket as unknown as Pick<tls.TLSSocket, 'alpnProtocol'>).alpnProtocol);
      response.end('well');
    });
    const { ca } = tlsFiles(t);
    await askPlain((await runPool(t, [endpoint.port], `tls: { ca: ${ca} }`)).port);
    await askPlain((await runPool(t, [endpoint.port], `tls: { ca: ${ca}, alpn: [] }`)).port);
    assert.deepEqual(agreed, ['http/1.1', false]);
  });

  it('minVersion keeps endpoints away that speak only older ones', async (t) => {
    const endpoint = await startTlsEndpoint(t, { ...SERVER, maxVersion: 'TLSv1.2' });
    const { port } = await runPool(t, [endpoint.port], `tls: { ca: ${tlsFiles(t).ca}, minVersion: '1.3' }`);
    assert.equal((await askPlain(port)).error, 'tls-failed');
  });

  it('an answer that ends with the connection is cut for the client where the endpoint has not said the end', async (t) => {
    for (const isSaid of [true, false]) {
      const secure = tls.createServer(SERVER, (socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of it');
          setTimeout(() => (isSaid ? socket.end() : raws.at(-1)?.end()), 50);
        });
      });
      const raws: net.Socket[] = [];
      const server = net.createServer((raw) => {
        raws.push(raw);
        raw.on('error', () => {});
        secure.emit('connection', raw);
      });
      const running = await runPool(t, [await listenLocally(t, server)], `tls: { ca: ${tlsFiles(t).ca} }`);
      const { body, isWhole } = await askPlain(running.port);
      assert.deepEqual([body, isWhole], ['half of it', isSaid]);
      await until(() => blameOf(running).failures === (isSaid ? 0 : 1), 'it is counted where it was cut');
      if (!isSaid) assert.match(blameOf(running).lastFailure, /^reset/);
    }
  });

  it('a pool may begin and cease to speak TLS at a reload', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const server = http.createServer((_request, response) => response.end('plain'));
    const plain = await listenLocally(t, server);
    const running = await runPool(t, [plain], 'tls: off');
    const { ca } = tlsFiles(t);
    assert.equal((await askPlain(running.port)).body, 'plain');
    await running.reload([endpoint.port], `tls: { ca: ${ca} }`);
    assert.equal((await askPlain(running.port)).body, 'well');
    await running.reload([plain], 'tls: off');
    assert.equal((await askPlain(running.port)).body, 'plain');
  });

  it('a worker that takes the place of another speaks TLS as well', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const running = await runPool(t, [endpoint.port], `tls: { ca: ${tlsFiles(t).ca} }`);
    await running.balancer.replaceWorkers();
    assert.equal((await askPlain(running.port)).body, 'well');
  });
});

describe('checks of a pool with tls', () => {
  /** State of the endpoint once it has been checked. */
  async function stateOf({ balancer }: Awaited<ReturnType<typeof runPool>>): Promise<string> {
    const health = () => balancer.stats().pools[0].endpoints[0].health;
    await until(() => health().checks.some(({ answers }) => answers.length > 0), 'it has been checked');
    return health().state;
  }

  it('an http check of the pool speaks TLS with its settings, and fails where they do not fit', async (t) => {
    const endpoint = await startTlsEndpoint(t, { ...SERVER, requestCert: true, ca: CLIENT.cert });
    const { ca, clientCert, clientKey } = tlsFiles(t);
    const shown = `certificate: ${clientCert}, key: ${clientKey}`;
    const states: string[] = [];
    for (const keys of [
      `ca: ${ca}, ${shown}, name: b.test`,
      `ca: ${ca}`,
      `ca: ${clientCert}, ${shown}`,
      `ca: ${ca}, ${shown}, name: c.test`,
    ]) {
      const running = await runPool(t, [endpoint.port], `tls: { ${keys} }, check: { http: /check, interval: 1s }`);
      states.push(await stateOf(running));
    }
    assert.deepEqual(states, ['healthy', 'unhealthy', 'unhealthy', 'unhealthy']);
    assert.match(endpoint.seen[0], /^b\.test 127\.0\.0\.1:\d+ \/check 1$/);
  });

  it('an http check without a name verifies its host, else the address of the endpoint', async (t) => {
    const { ca } = tlsFiles(t);
    for (const [server, check, state, sni] of [
      [SERVER, '/check', 'healthy', '-'],
      [createSelfSigned('a.test'), '/check', 'unhealthy', ''],
      [SERVER, '{ path: /check, host: b.test }', 'healthy', 'b.test'],
      [SERVER, '{ path: /check, host: c.test }', 'unhealthy', ''],
    ] as const) {
      const endpoint = await startTlsEndpoint(t, server);
      const trusted = server === SERVER ? ca : tlsFiles(t).write('other.pem', server.cert);
      const running = await runPool(t, [endpoint.port], `tls: { ca: ${trusted} }, check: { http: ${check} }`);
      assert.equal(await stateOf(running), state, check);
      assert.equal(endpoint.seen[0]?.split(' ')[0] ?? '', sni);
    }
  });

  it('a tcp check ends with the connect, and finds nothing wrong with a certificate', async (t) => {
    const endpoint = await startTlsEndpoint(t, createSelfSigned('other.test'));
    const running = await runPool(t, [endpoint.port], `tls: { ca: ${tlsFiles(t).ca} }, check: tcp`);
    assert.equal(await stateOf(running), 'healthy');
    assert.equal((await askPlain(running.port)).error, 'certificate-rejected');
  });
});
