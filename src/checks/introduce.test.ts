/** Checks of servers that want a PROXY header first: each kind writes one that names nobody, and asks behind it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { configOf } from '../../test/support/running-balancer.ts';
import { createSelfSigned } from '../../test/support/self-signed.ts';
import type { Probe, ProbeResult } from './probe.ts';
import { PROBES } from './probes.ts';

const HEADERS = { v1: 'PROXY UNKNOWN\r\n', v2: '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0' } as const;

async function listen(t: TestContext, server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Takes the header off, and hands the rest to the server at `inner`. Returns what it has taken, a text a connection. */
async function startFront(t: TestContext, length: number, inner: number): Promise<{ port: number; taken: string[] }> {
  const taken: string[] = [];
  const front = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (first: Buffer) => {
      taken.push(first.latin1Slice(0, length));
      const behind = net.connect(inner, '127.0.0.1').on('error', () => socket.destroy());
      behind.write(first.subarray(length));
      socket.pipe(behind).pipe(socket);
    });
  });
  return { port: await listen(t, front), taken };
}

async function ask(version: 'v1' | 'v2', written: string, port: number): Promise<ProbeResult> {
  const config = `pools: { web: { endpoints: [a:1], check: ${written}, proxyProtocol: ${version} } }`;
  const [check] = configOf(config).pools[0].checks;
  const probe = PROBES[check.kind] as Probe;
  return probe({ check, address: '127.0.0.1', port, authority: 'web.test' }, new AbortController().signal);
}

const well: http.RequestListener = (_request, response) => void response.end('well');

function grpcServer(): net.Server {
  const server = http2.createServer();
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, 1]));
  });
  return server;
}

for (const version of ['v1', 'v2'] as const) {
  const header = HEADERS[version];
  describe(`a check of a server that wants a PROXY header ${version}`, () => {
    for (const [kind, written, create] of [
      ['http', '{ http: /healthcheck }', () => http.createServer(well)],
      ['https', '{ https: { path: /, verify: off } }', () => https.createServer(createSelfSigned('web.test'), well)],
      ['grpc', '{ grpc: {} }', grpcServer],
      [
        'tcp',
        '{ tcp: { send: "PING", expect: "PONG" } }',
        () => net.createServer((socket) => socket.once('data', () => socket.end('PONG'))),
      ],
    ] as const) {
      it(`a check of kind ${kind} writes a PROXY header ${version} first, and asks behind it`, async (t) => {
        const inner = await listen(t, create());
        const { port, taken } = await startFront(t, header.length, inner);
        const { outcome, reason } = await ask(version, written, port);
        assert.equal(outcome, 'pass', reason);
        assert.deepEqual(taken, [header]);
      });
    }

    it(`a check that only connects writes a PROXY header ${version} and nothing else`, async (t) => {
      const seen = Promise.withResolvers<string>();
      const port = await listen(
        t,
        net.createServer((socket) => {
          const chunks: Buffer[] = [];
          socket.on('data', (chunk: Buffer) => chunks.push(chunk));
          socket.on('end', () => seen.resolve(Buffer.concat(chunks).latin1Slice()));
        }),
      );
      assert.equal((await ask(version, 'tcp', port)).outcome, 'pass');
      assert.equal(await seen.promise, header);
    });

    it(`a check on a port of its own has no PROXY header (${version})`, async (t) => {
      const inner = await listen(t, http.createServer(well));
      assert.equal((await ask(version, `{ http: { path: /, port: ${inner} } }`, inner)).outcome, 'pass');
    });

    it(`a check with a PROXY header ${version} fails as others do where nobody listens`, async (t) => {
      const server = net.createServer();
      const port = await listen(t, server);
      await new Promise((resolve) => void server.close(resolve));
      for (const written of ['tcp', '{ http: / }', '{ grpc: {} }']) {
        const { outcome, isRefused } = await ask(version, written, port);
        assert.deepEqual([outcome, isRefused], ['fail', true], written);
      }
    });
  });
}
