/** What crosses TLS to endpoints besides plain requests: tunnels, hedges, large bodies, odd hosts. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { exchange } from '../support/access-log.ts';
import {
  SERVER,
  askPlain,
  blameOf,
  listenLocally,
  runPool,
  startTlsEndpoint,
  tlsFiles,
} from '../support/tls-endpoints.ts';

const UPGRADE = 'GET /socket HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

/** Sends back what it gets, to its end. */
async function startEcho(t: TestContext): Promise<number> {
  const server = https.createServer(SERVER);
  server.on('upgrade', (_request, socket, head) => {
    socket.on('error', () => {});
    socket.write(SWITCHED);
    socket.write(head);
    socket.pipe(socket);
  });
  return listenLocally(t, server);
}

describe('TLS to endpoints', () => {
  it('a tunnel over TLS to an endpoint passes bytes both ways, and each end', async (t) => {
    const echo = await startEcho(t);
    const { port, balancer } = await runPool(t, [echo], `tls: { ca: ${tlsFiles(t).ca} }`);
    const sent = randomBytes(512 * 1024);
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(UPGRADE);
    const received: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => received.push(bytes));
    await once(socket, 'data');
    socket.end(sent);
    await once(socket, 'end');
    const whole = Buffer.concat(received);
    const head = whole.indexOf('\r\n\r\n') + 4;
    assert.match(whole.toString('latin1', 0, head), /^HTTP\/1\.1 101 /);
    assert.ok(whole.subarray(head).equals(sent), 'what came back is what was sent');
    assert.equal(balancer.stats().pools[0].endpoints[0].failures, 0);
  });

  it('a tunnel over TLS is cut for the endpoint where the client is reset', async (t) => {
    const echo = https.createServer(SERVER);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    echo.on('upgrade', (_request, socket) => {
      socket.on('error', () => {});
      socket.on('close', () => resolve(undefined));
      socket.write(SWITCHED);
      socket.resume();
    });
    const { port } = await runPool(t, [await listenLocally(t, echo)], `tls: { ca: ${tlsFiles(t).ca} }`);
    const socket = net.connect(port, '127.0.0.1');
    socket.write(UPGRADE);
    await once(socket, 'data');
    socket.resetAndDestroy();
    await promise;
  });

  it('a hedge goes to another endpoint over TLS, and the first answer counts', async (t) => {
    const slow = await startTlsEndpoint(t, SERVER, (request, response) => {
      const timer = setTimeout(() => response.end('late'), 20_000);
      request.socket.on('close', () => clearTimeout(timer));
    });
    const quick = await startTlsEndpoint(t);
    const pool = `policy: first, hedge: 100ms, tls: { ca: ${tlsFiles(t).ca} }`;
    const { port } = await runPool(t, [slow.port, quick.port], pool);
    assert.equal((await askPlain(port)).body, 'well');
    assert.equal(slow.seen.length, 1);
  });

  it('bodies of a megabyte cross TLS whole, in both directions', async (t) => {
    const endpoint = await startTlsEndpoint(t, SERVER, (request, response) => void request.pipe(response));
    const { port } = await runPool(t, [endpoint.port], `tls: { ca: ${tlsFiles(t).ca} }`);
    const body = randomBytes(512 * 1024).toString('hex');
    const answer = await askPlain(port, 'a.test', 'POST', body);
    assert.ok(answer.isWhole && answer.body === body);
  });

  it('hosts that no certificate can have are refused by it, and cost nobody anything', async (t) => {
    const endpoint = await startTlsEndpoint(t);
    const running = await runPool(t, [endpoint.port], `tls: { ca: ${tlsFiles(t).ca} }`);
    for (const host of [
      'under_score.test',
      `${'a.'.repeat(200)}test`,
      'x'.repeat(300),
      '[::1]',
      '10.1.2.3:80',
      'a..test',
    ]) {
      const answer = await exchange(running.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 (?:502|400) /, host);
    }
    assert.equal((await askPlain(running.port)).body, 'well');
    assert.deepEqual([blameOf(running).failures, endpoint.seen.length, running.faults], [0, 1, []]);
  });
});
