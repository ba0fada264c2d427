import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { createSeededRandom } from '../core/random.ts';
import { binaryHeader, ends, field, tlsField } from '../../test/support/proxy-headers.ts';
import { threeWays } from '../../test/support/segmented-socket.ts';
import { getOver, socketFolder } from '../../test/support/unix-server.ts';
import { until } from '../../test/support/until.ts';
import { NO_FIELDS } from '../net/proxy-protocol/tlvs.ts';
import { startBackend } from './backend.ts';
import type { Backend } from './backend.ts';

async function post(backend: Backend, path: string): Promise<Response> {
  return fetch(`${backend.url}/control/${path}`, { method: 'POST' });
}

interface Echo {
  server: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: { bytes: number; sha256: string };
}

describe('a mock server', () => {
  threeWays('a mock server says who it is and echoes request line, headers and the digest of the body', async (net) => {
    await using backend = await startBackend({ name: 's1' });
    const client = await net.connect(backend.port);
    await client.send('PUT /v1/x?y=1 HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello');
    const head = await client.readUntil('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(head, /\r\nx-backend: s1\r\n/);
    const length = Number(/content-length: (\d+)/.exec(head)?.[1]);
    const echo = JSON.parse(await client.readBytes(length)) as Echo;
    assert.deepEqual(
      [echo.server, echo.method, echo.url, echo.headers['host'], echo.headers['x-a']],
      ['s1', 'PUT', '/v1/x?y=1', 'app.test', 'b'],
    );
    assert.deepEqual(echo.body, { bytes: 5, sha256: createHash('sha256').update('hello').digest('hex') });
  });

  threeWays('a mock server answers pipelined requests on one connection', async (net) => {
    await using backend = await startBackend();
    const client = await net.connect(backend.port);
    await client.send('GET /healthcheck HTTP/1.1\r\nHost: a\r\n\r\nGET /status/404 HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await client.readUntil('ok\n'), / 200 OK/);
    assert.match(await client.readUntil('404\n'), / 404 Not Found/);
  });

  test('a mock server answers with a text instead of the echo when it was given one', async () => {
    await using backend = await startBackend({ text: 'moin\n' });
    assert.equal(await (await fetch(backend.url)).text(), 'moin\n');
  });

  test('a mock server sends as many bytes as asked for, with a length or in chunks', async () => {
    await using backend = await startBackend();
    for (const query of ['', '?chunked=1']) {
      const response = await fetch(`${backend.url}/bytes/200000${query}`);
      assert.equal(response.headers.get('content-length'), query === '' ? '200000' : null);
      const body = await response.bytes();
      assert.equal(body.length, 200_000);
      assert.ok(body.every((byte, i) => byte === i % 251));
    }
  });

  test('a mock server holds a large body back for a client that does not read', async () => {
    await using backend = await startBackend();
    const socket = connect(backend.port, backend.host);
    socket.write('GET /bytes/1000000000 HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'readable');
    await until(() => backend.stats.inFlight === 1, 'a request is in flight');
    socket.destroy();
    await until(() => backend.stats.inFlight === 0 && backend.stats.connections === 0, 'nothing is left');
  });

  test('a mock server answers later where a delay is asked for, and forgets the request of a client that left', async () => {
    await using backend = await startBackend();
    const startedAt = performance.now();
    assert.equal((await fetch(`${backend.url}/delay/30`)).status, 200);
    assert.ok(performance.now() - startedAt >= 29);
    const leaving = new AbortController();
    const answer = fetch(`${backend.url}/delay/3600000`, { signal: leaving.signal });
    await until(() => backend.stats.inFlight === 1, 'a request is in flight');
    leaving.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    await until(() => backend.stats.inFlight === 0, 'the request is forgotten');
  });

  test('a mock server answers with any status, and refuses what is none', async () => {
    await using backend = await startBackend();
    assert.equal((await fetch(`${backend.url}/status/204`)).status, 204);
    assert.equal((await fetch(`${backend.url}/status/503`)).status, 503);
    for (const path of ['/status/99', '/status/abc', '/bytes/-1', '/delay/x', '/stream?interval=x']) {
      const response = await fetch(backend.url + path);
      assert.equal(response.status, 400, path);
      assert.match(await response.text(), /needs a whole number/);
    }
  });

  test('a mock server streams events one by one, unbuffered', async () => {
    await using backend = await startBackend({ name: 's1' });
    const response = await fetch(`${backend.url}/stream?interval=1&count=3`);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    const text = await response.text();
    assert.deepEqual(
      [...text.matchAll(/data: (.*)\n\n/g)].map(([, data]) => JSON.parse(data) as unknown),
      [1, 2, 3].map((event) => ({ server: 's1', event })),
    );
  });

  test('a mock server echoes WebSocket messages, text and bytes', async () => {
    await using backend = await startBackend();
    const socket = new WebSocket(`ws://${backend.host}:${backend.port}/ws`);
    const received: unknown[] = [];
    socket.on('message', (data: Buffer, isBinary: boolean) => received.push(isBinary ? [...data] : data.toString()));
    await once(socket, 'open');
    assert.equal(backend.stats.webSockets, 1);
    socket.send('grüezi');
    socket.send(Buffer.from([0, 255]));
    await until(() => received.length === 2, 'both messages are back');
    assert.deepEqual(received, ['grüezi', [0, 255]]);
    socket.close();
    await once(socket, 'close');
  });

  test('a mock server takes an upgrade elsewhere for an ordinary request', async () => {
    await using backend = await startBackend();
    const socket = new WebSocket(`ws://${backend.host}:${backend.port}/elsewhere`);
    const [error] = (await once(socket, 'error', {})) as [Error];
    assert.match(error.message, /200/);
  });
});

describe('the switches of a mock server', () => {
  test('the mode fail answers everything with 503, checks and upgrades included, until it is ok again', async () => {
    await using backend = await startBackend();
    assert.equal((await post(backend, 'fail')).status, 200);
    assert.equal(backend.mode, 'fail');
    assert.equal((await fetch(backend.url)).status, 503);
    assert.equal((await fetch(`${backend.url}/healthcheck`)).status, 503);
    const socket = new WebSocket(`ws://${backend.host}:${backend.port}/ws`);
    const [error] = (await once(socket, 'error')) as [Error];
    assert.match(error.message, /503/);
    await post(backend, 'ok');
    assert.equal((await fetch(backend.url)).status, 200);
    assert.equal(backend.stats.failures, 3);
  });

  test('the mode hang answers nobody, and what hung is answered once it is ok again', async () => {
    await using backend = await startBackend();
    backend.setMode('hang');
    let isAnswered = false;
    const answer = fetch(backend.url).finally(() => (isAnswered = true));
    await until(() => backend.stats.inFlight === 1, 'a request is in flight');
    const state = (await (await fetch(`${backend.url}/control`)).json()) as { mode: string; inFlight: number };
    assert.deepEqual([state.mode, state.inFlight, isAnswered], ['hang', 1, false]);
    await post(backend, 'ok');
    assert.equal((await answer).status, 200);
  });

  test('the mode reset cuts the connection with RST', async () => {
    await using backend = await startBackend();
    await post(backend, 'reset');
    const socket = connect(backend.port, backend.host);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
  });

  test('latency and error rate change at run time, and the error rate leaves checks alone', async () => {
    await using backend = await startBackend({ random: createSeededRandom(7) });
    await post(backend, 'error-rate/1');
    assert.equal((await fetch(backend.url)).status, 503);
    assert.equal((await fetch(`${backend.url}/healthcheck`)).status, 200);
    await post(backend, 'error-rate/0.5');
    const statuses = [];
    for (let i = 0; i < 20; i++) statuses.push((await fetch(backend.url)).status);
    assert.deepEqual(new Set(statuses), new Set([200, 503]));
    await post(backend, 'error-rate/0');
    await post(backend, 'latency/25');
    const startedAt = performance.now();
    assert.equal((await fetch(backend.url)).status, 200);
    assert.ok(performance.now() - startedAt >= 24);
  });

  test('a switch that does not exist, or a value that is none, changes nothing and says so', async () => {
    await using backend = await startBackend();
    assert.equal((await post(backend, 'explode')).status, 404);
    for (const path of ['latency/-1', 'latency/x', 'latency', 'error-rate/2']) {
      assert.equal((await post(backend, path)).status, 400, path);
    }
    assert.equal((await fetch(`${backend.url}/control/fail`)).status, 405);
    assert.equal(backend.mode, 'ok');
  });
});

describe('the connections of a mock server', () => {
  threeWays('the connections of a mock server are closed after each answer when nothing is kept alive', async (net) => {
    await using backend = await startBackend({ keepAliveMs: 0 });
    const client = await net.connect(backend.port);
    await client.send('GET /healthcheck HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await client.readAll(), /\r\nConnection: close\r\n/);
  });

  test('the connections of a mock server are cut by close, whatever is in flight, and the port is free again', async () => {
    const backend = await startBackend();
    const { port } = backend;
    backend.setMode('hang');
    const answer = fetch(backend.url);
    const socket = new WebSocket(`ws://${backend.host}:${port}/ws`);
    const refused = once(socket, 'error');
    await until(() => backend.stats.inFlight === 1 && backend.stats.connections === 2, 'both connections are there');
    await backend.close();
    await assert.rejects(answer);
    await refused;
    await using next = await startBackend({ port });
    assert.equal(next.port, port);
  });

  test('a taken port rejects with the error of the system', async () => {
    await using backend = await startBackend();
    await assert.rejects(startBackend({ port: backend.port }), { code: 'EADDRINUSE' });
  });

  test('a mock server listens on a unix socket, also where one was left behind, and leaves one alone that somebody has', async (t) => {
    const path = join(socketFolder(t), 's1.sock');
    const other = createServer().listen(`${path}.other`);
    await once(other, 'listening');
    renameSync(`${path}.other`, path);
    other.close();
    await once(other, 'close');
    await using backend = await startBackend({ host: `unix:${path}`, text: 'hello' });
    assert.deepEqual([backend.url, backend.port, await getOver(path)], [`unix:${path}`, 0, '200 hello']);
    await assert.rejects(startBackend({ host: `unix:${path}` }), { code: 'EADDRINUSE' });
    backend.setMode('reset');
    assert.equal(await getOver(path), 'ECONNRESET');
  });
});

const OF_TLS = binaryHeader(
  0x21,
  0x11,
  Buffer.concat([
    ends('192.0.2.10', '198.51.100.1', 40_000, 443),
    field(0x01, 'http/1.1'),
    tlsField(5, 0, field(0x21, 'TLSv1.3'), field(0x22, 'client')),
  ]),
).toString('latin1');

describe('a mock server with proxyProtocol', () => {
  threeWays(
    'a mock server with proxyProtocol shows what the PROXY header in front of the requests says',
    async (net) => {
      await using backend = await startBackend({ proxyProtocol: true });
      for (const [header, expected] of [
        [
          'PROXY TCP4 192.0.2.10 198.51.100.1 40000 443\r\n',
          {
            version: 1,
            source: { address: '192.0.2.10', port: 40_000 },
            destination: { address: '198.51.100.1', port: 443 },
            ...NO_FIELDS,
          },
        ],
        ['\r\n\r\n\0\r\nQUIT\n\x20\0\0\0', { version: 2, source: null, destination: null, ...NO_FIELDS }],
        [
          OF_TLS,
          {
            version: 2,
            source: { address: '192.0.2.10', port: 40_000 },
            destination: { address: '198.51.100.1', port: 443 },
            ...NO_FIELDS,
            alpn: 'http/1.1',
            tls: {
              certificate: 'earlier',
              verifyResult: 0,
              version: 'TLSv1.3',
              commonName: 'client',
              cipher: '',
              signature: '',
              key: '',
              isVerified: true,
            },
          },
        ],
      ] as const) {
        const client = await net.connect(backend.port);
        await client.send(`${header}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`);
        for (const bytes of [5, 0]) {
          const head = await client.readUntil('\r\n\r\n');
          const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
          const echo = JSON.parse(await client.readBytes(length)) as Echo & { proxyProtocol: unknown };
          assert.deepEqual(echo.proxyProtocol, expected);
          assert.equal(echo.body.bytes, bytes);
          if (bytes > 0) await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        }
      }
    },
  );

  threeWays('a mock server with proxyProtocol resets what comes without a PROXY header', async (net) => {
    await using backend = await startBackend({ proxyProtocol: true });
    const client = await net.connect(backend.port);
    await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal(await client.closed, 'rst');
    assert.equal(backend.stats.requests, 0);
  });
});
