/** The grpc check against real servers of @grpc/grpc-js, and against HTTP/2 servers that do what those never do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { probeGrpc } from '../../src/checks/grpc-probe.ts';
import type { ProbeResult } from '../../src/checks/probe.ts';
import { startHttpServer } from '../support/http-server.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

/** As much of @grpc/grpc-js as is used here; required, so that its hundreds of types stay out of the compiler. */
interface GrpcModule {
  readonly Server: new (options: object) => GrpcServer;
  readonly ServerCredentials: { createInsecure(): unknown };
  readonly status: { readonly NOT_FOUND: number };
}

interface GrpcServer {
  addService(definition: object, methods: Readonly<Record<string, HealthMethod>>): void;
  bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void;
  forceShutdown(): void;
}

type HealthMethod = (
  call: { readonly request: { readonly service: string } },
  answer: (error: { readonly code: number; readonly details: string } | null, serving?: number) => void,
) => void;

const require = createRequire(import.meta.url);
const { Server, ServerCredentials, status } = require('@grpc/grpc-js') as GrpcModule;

/** The messages as protobuf has them: `0a` length name, and `08` status. */
const HEALTH = {
  Check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: (bytes: Buffer) => ({
      service: bytes.length === 0 ? '' : bytes.subarray(2, 2 + bytes[1]).toString(),
    }),
    responseSerialize: (serving: number) => (serving === 0 ? Buffer.alloc(0) : Buffer.from([0x08, serving])),
    responseDeserialize: () => 0,
  },
};
const SERVING = 1;
const NOT_SERVING = 2;

type Answers = Readonly<Record<string, number>>;

/** Answers of its health service by name of the service; without any it has none. Resolves to its port. */
async function startGrpc(
  t: TestContext,
  answers: Answers | null,
  port = 0,
  options = {},
): Promise<{ port: number; stop: () => void }> {
  const server = new Server(options);
  if (answers !== null) {
    server.addService(HEALTH, {
      Check: ({ request: { service } }, answer) => {
        if (service in answers) answer(null, answers[service]);
        else answer({ code: status.NOT_FOUND, details: 'unknown service' });
      },
    });
  }
  const bound = await new Promise<number>((resolve, reject) => {
    const credentials = ServerCredentials.createInsecure();
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, chosen) =>
      error === null ? resolve(chosen) : reject(error),
    );
  });
  t.after(() => server.forceShutdown());
  return { port: bound, stop: () => server.forceShutdown() };
}

function probe(port: number, written = '{}'): Promise<ProbeResult> {
  const [check] = configOf(`pools: { web: { endpoints: [a:1], check: { grpc: ${written} } } }`).pools[0].checks;
  assert.ok(check.kind === 'grpc');
  const target = { check, address: '127.0.0.1', port, authority: `web.test:${port}` };
  return probeGrpc(target, new AbortController().signal);
}

async function resultOf(port: number, written = '{}'): Promise<string> {
  const { outcome, reason } = await probe(port, written);
  return `${outcome}: ${reason}`;
}

/** An HTTP/2 server of Node's own. */
async function startHttp2(
  t: TestContext,
  onStream: (stream: ServerHttp2Stream) => void,
  onSession: (session: ServerHttp2Session) => void = () => {},
): Promise<number> {
  const server = http2.createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
    onSession(session);
  });
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    onStream(stream as ServerHttp2Stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function answerServing(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, SERVING]));
}

describe('a grpc check', () => {
  it('a grpc check passes where the server, or the service that it asks for, says SERVING', async (t) => {
    const name = `shop.${'Orders'.repeat(20)}`;
    const { port } = await startGrpc(t, {
      '': SERVING,
      'shop.Orders': SERVING,
      'shop.Carts': NOT_SERVING,
      'shop.Old': 0,
      'shop.New': 9,
    });
    assert.equal(await resultOf(port), 'pass: SERVING');
    assert.equal(await resultOf(port, 'shop.Orders'), 'pass: SERVING');
    assert.equal(await resultOf(port, 'shop.Carts'), 'fail: NOT_SERVING');
    assert.equal(await resultOf(port, 'shop.Old'), 'fail: UNKNOWN');
    assert.equal(await resultOf(port, 'shop.New'), 'fail: status 9');
    assert.equal(await resultOf(port, name), `fail: unknown service "${name}" (NOT_FOUND)`);
  });

  it('a grpc check finds a long name whole', async (t) => {
    // Its length takes two bytes, which the codec of this test does not read.
    const frames: Buffer[] = [];
    const port = await startHttp2(t, (stream) => {
      stream.on('data', (chunk: Buffer) => frames.push(chunk));
      stream.on('end', () => answerServing(stream));
    });
    const name = `shop.${'x'.repeat(295)}`;
    assert.equal(await resultOf(port, name), 'pass: SERVING');
    const expected = [Buffer.from([0, 0, 0, 1, 47, 0x0a, 0xac, 0x02]), Buffer.from(name)];
    assert.deepEqual(Buffer.concat(frames), Buffer.concat(expected));
  });

  it('a grpc check tells a server without a health service from one that is down', async (t) => {
    const { port, stop } = await startGrpc(t, null);
    assert.equal(await resultOf(port), 'absent: no health service (UNIMPLEMENTED)');
    stop();
    assert.equal(await resultOf(port), 'fail: connection refused');
  });

  it('a grpc check asks a server that has announced its end (GOAWAY) once more, and no more than once', async (t) => {
    let sessions = 0;
    const turnAway = (most: number): ((session: ServerHttp2Session) => void) => {
      sessions = 0;
      return (session) => {
        if (++sessions <= most) session.goaway(0, 0);
      };
    };
    assert.equal(await resultOf(await startHttp2(t, answerServing, turnAway(1))), 'pass: SERVING');
    assert.equal(await resultOf(await startHttp2(t, answerServing, turnAway(9))), 'fail: it took no call (GOAWAY)');
    assert.equal(sessions, 2);
    const refuse = (stream: ServerHttp2Stream): void => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    assert.equal(await resultOf(await startHttp2(t, refuse)), 'fail: it took no call (GOAWAY)');
  });

  it('a grpc check fails on what is no answer of gRPC', async (t) => {
    const plain = await startHttpServer(t, (_request, response) => response.end('fine'));
    assert.match(await resultOf(plain), /^fail: ./);
    const page = await startHttp2(t, (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('fine');
    });
    assert.equal(await resultOf(page), 'fail: no code of gRPC in its answer');
    const missing = await startHttp2(t, (stream) => stream.respond({ ':status': 404 }, { endStream: true }));
    assert.equal(await resultOf(missing), 'fail: status 404, which is no answer of gRPC');
    const refusal = await startHttp2(t, (stream) =>
      stream.respond(
        { ':status': 200, 'grpc-status': '14', 'grpc-message': 'over%20there%0d%1b[2J' },
        { endStream: true },
      ),
    );
    assert.equal(await resultOf(refusal), 'fail: UNAVAILABLE: over there  [2J');
    const closed = await startHttp2(t, (stream) => stream.session?.destroy());
    assert.match(await resultOf(closed), /^fail: ./);
  });

  it('a grpc check takes no more than a KiB of an answer', { timeout: 10_000 }, async (t) => {
    const port = await startHttp2(t, (stream) => {
      stream.respond({ ':status': 200 });
      const send = (): void => {
        while (!stream.destroyed && stream.write('x'.repeat(4096))) {
          // It takes more.
        }
      };
      stream.on('drain', send);
      send();
    });
    assert.equal(await resultOf(port), 'fail: its answer goes on after 1024 bytes');
  });
});

describe('a pool with a grpc check', () => {
  const config = (port: number, check: string): string =>
    `{ threads: 0, listeners: { web: { address: '127.0.0.1:0' } },
       pools: { web: { endpoints: ['127.0.0.1:${port}'], check: { ${check}, interval: 20ms, fastInterval: 20ms, rise: 1, fall: 1 } } } }`;

  it('a pool with a grpc check has an endpoint without a health service as unchecked, which serves and is told, and as healthy when it has one', async (t) => {
    const first = await startGrpc(t, null);
    const { port } = first;
    const { balancer } = await runBalancer(config(port, 'grpc: shop.Orders, start: unhealthy'));
    t.after(() => balancer.close());
    const told: string[] = [];
    balancer.on('health', ({ before, state, reason }) => told.push(`${before} → ${state}: ${reason}`));
    const health = (): string => {
      const [{ health }] = balancer.stats().pools[0].endpoints;
      return `${health.state} ${health.checks[0].state}`;
    };
    await until(() => health() === 'unchecked absent', health);
    assert.ok(!balancer.stats().pools[0].isPanicking);
    first.stop();
    await until(() => health() === 'unhealthy unhealthy', health);
    await startGrpc(t, { 'shop.Orders': SERVING }, port);
    await until(() => health() === 'healthy healthy', health);
    assert.deepEqual(told.slice(-3), [
      'unhealthy → unchecked: grpc check: no health service (UNIMPLEMENTED)',
      'unchecked → unhealthy: grpc check: connection refused',
      told.at(-1),
    ]);
    assert.match(told.at(-1) ?? '', /^unhealthy → healthy: grpc check: SERVING in \d+ ms$/);
  });

  it('a pool with a grpc check keeps an endpoint whose server ends every connection after a while', async (t) => {
    const aging = { 'grpc.max_connection_age_ms': 5, 'grpc.max_connection_age_grace_ms': 5 };
    const { port } = await startGrpc(t, { '': SERVING }, 0, aging);
    const { balancer } = await runBalancer(config(port, 'grpc: {}'));
    t.after(() => balancer.close());
    const states: string[] = [];
    balancer.on('health', ({ state }) => states.push(state));
    const answers = (): number => balancer.stats().pools[0].endpoints[0].health.checks[0].answers.at(-1)?.at ?? 0;
    const seen = new Set<number>();
    await until(() => seen.add(answers()).size > 10, 'ten checks');
    assert.deepEqual(states, []);
  });
});
