/**
 * Ten thousand exchanges in which clients and endpoints leave at every stage, and workers are killed in between. After
 * it sockets, exchanges, ledgers and totals are at zero, and memory is where it was.
 */
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createSeededRandom } from '../../src/core/random.ts';
import type { Random } from '../../src/core/random.ts';
import { startPlane } from '../support/data-plane.ts';
import { heldUnits, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const EXCHANGES = 10_000;
const AT_ONCE = 40;

const seed = Number(process.env['SEED'] ?? 20261121);

function draw<T>(random: Random, of: readonly T[]): T {
  return of[Math.floor(random.next() * of.length)];
}

/** What an endpoint answers, in pieces; an empty one is a pause of a turn, `END` a FIN, `RESET` a reset. */
const END = 'END';
const RESET = 'RESET';
const ANSWERS: readonly (readonly string[])[] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', '', 'he', '', 'llo'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', '', '0\r\n\r\n'],
  ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello', '', END],
  ['HTTP/1.1 103 Early Hints\r\n\r\n', '', 'HTTP/1.1 204 No Content\r\n\r\n'],
  [END],
  [RESET],
  ['HTTP/1.1 200', '', END],
  ['HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello', '', END],
  ['HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello', '', RESET],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel', RESET],
  ['nonsense\r\n\r\n'],
  ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi', '', '', END],
  ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi', '', RESET],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloand more'],
];

const REQUESTS: readonly (readonly string[])[] = [
  ['GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['GET / HT', '', 'TP/1.1\r\nHost: a\r\n\r\n'],
  ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345', '', '67890'],
  ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n', '', '0\r\n\r\n'],
  ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345'],
  ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ['GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', '', 'frame'],
  ['GET / HTTP/1.0\r\n\r\n'],
  ['GET'],
  ['bad request\r\n\r\n'],
  [''],
];

/** A reset while a shutdown is under way leaves a handle that libuv never closes, and Node then never ends. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

async function play(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (piece === '') await new Promise((resolve) => setImmediate(resolve));
    else if (piece === END) socket.end();
    else if (piece === RESET) reset(socket);
    else socket.write(piece, 'latin1');
  }
}

interface Endpoint {
  readonly port: number;
  close(): void;
}

function startEndpoint(random: Random): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', () => void play(socket, draw(random, ANSWERS)));
    socket.on('end', () => socket.end());
  });
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, close }));
  });
}

/** One client that sends, waits for something or for nothing, and leaves in one way or another. */
function visit(port: number, random: Random): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const leave = draw(random, ['reset', 'end', 'destroy', 'on answer', 'on answer'] as const);
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.on('end', () => socket.destroy());
    socket.on('connect', () => {
      void play(socket, draw(random, REQUESTS)).then(async () => {
        for (let turns = Math.floor(random.next() * 6); turns > 0; turns--)
          await new Promise((next) => setImmediate(next));
        if (leave === 'reset') reset(socket);
        else if (leave === 'end') socket.end();
        else if (leave === 'destroy') socket.destroy();
      });
    });
    // A client that waits for an answer may wait for a body it did not finish itself.
    const patience = setTimeout(() => socket.destroy(), 100);
    socket.on('data', () => {
      if (leave === 'on answer') socket.destroy();
    });
    socket.on('close', () => clearTimeout(patience));
  });
}

/** As many visits as asked, some at a time. */
async function visitAll(port: number, random: Random, visits: number): Promise<void> {
  let left = visits;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await visit(port, random);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

test(
  'nothing is left in a data plane whose clients and endpoints leave at every stage',
  { timeout: 60_000 },
  async (t) => {
    t.diagnostic(`seed ${seed}`);
    const random = createSeededRandom(seed);
    const endpoints = await Promise.all([0, 1, 2].map(() => startEndpoint(random)));
    const plane = await startPlane({
      ports: endpoints.map(({ port }) => port),
      pool: { policy: 'least-connections', maxConnections: 16 },
      seed,
    });
    try {
      await visitAll(plane.port, random, EXCHANGES / 4);
    } finally {
      await plane.close();
      for (const endpoint of endpoints) endpoint.close();
    }
  },
);

test(
  'nothing is left after 10,000 exchanges over threads that are killed in between',
  { timeout: 120_000 },
  async (t) => {
    t.diagnostic(`seed ${seed}`);
    const random = createSeededRandom(seed + 1);
    const endpoints = await Promise.all([0, 1, 2].map(() => startEndpoint(random)));
    const running = await runBalancer(`
    threads: 2
    listeners: { web: "127.0.0.1:0" }
    pools:
      web:
        policy: least-connections
        maxConnections: 16
        endpoints: [${endpoints.map((endpoint) => `"127.0.0.1:${endpoint.port}"`).join(', ')}]
  `);
    const { balancer, faults, port } = running;
    try {
      await visitAll(port, random, EXCHANGES / 5);
      const before = heapUsed();
      for (const fault of ['throw', 'exit', 'reject', 'exit'] as const) {
        const killed = balancer.stats().workers.lost + 1;
        const traffic = visitAll(port, random, EXCHANGES / 5);
        balancer.workers?.serving[0].breakDown(fault);
        await until(() => balancer.stats().workers.lost === killed, 'the worker is gone', 30_000);
        await until(() => balancer.stats().workers.serving === 2, 'another one serves', 30_000);
        await traffic;
      }
      const grown = heapUsed() - before;
      assert.ok(grown < 8 * 1024 * 1024, `the heap grew by ${Math.round(grown / 1024)} KiB`);
    } finally {
      await balancer.close();
      for (const endpoint of endpoints) endpoint.close();
    }
    assert.deepEqual(faults, []);
    const { workers } = balancer.stats();
    assert.deepEqual([workers.connections, workers.corrections, heldUnits(balancer)], [0, 0, 0]);
  },
);

v8.setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
