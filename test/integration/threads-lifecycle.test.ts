/** A balancer's life at its sockets: it listens, refuses, spreads, stops at its limit, drains and ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createBalancer } from '../../src/runtime/create-balancer.ts';
import { ListenError } from '../../src/runtime/control/listeners.ts';
import { configOf, heldUnits, request, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

/** An endpoint that keeps requests for `/held…` until told to answer. */
const held = new Map<string, http.ServerResponse>();
let holds = 0;
const endpoint = http.createServer((request, response) => {
  const { url = '' } = request;
  if (url.startsWith('/held')) held.set(url, response);
  else response.end('hello');
});
let endpointPort = 0;

before(async () => {
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  endpointPort = (endpoint.address() as AddressInfo).port;
});
after(() => {
  endpoint.closeAllConnections();
  endpoint.close();
});

function config(threads: number, more = '', listener = '{ address: "127.0.0.1:0" }'): string {
  return `
    threads: ${threads}
    listeners: { web: ${listener} }
    pools: { web: ["127.0.0.1:${endpointPort}"] }
    ${more}
  `;
}

async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

interface Held {
  readonly socket: net.Socket;
  /** The endpoint's side. */
  readonly response: http.ServerResponse;
  /** What the client has read when its connection has closed. */
  readonly answer: Promise<string>;
}

/** A request that has reached the endpoint and waits there. */
async function hold(port: number): Promise<Held> {
  const path = `/held/${++holds}`;
  const socket = await connect(port);
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  const answer = new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
  await until(() => held.has(path), 'the request at the endpoint');
  return { socket, response: held.get(path) as http.ServerResponse, answer };
}

async function isRefused(port: number): Promise<boolean> {
  return (await request(port)) === 'ECONNREFUSED';
}

for (const threads of [0, 1, 4]) {
  describe(`a balancer with ${threads} threads`, () => {
    it(`a balancer answers on the port it says, and on none after its end (${threads} threads)`, async (t) => {
      const { balancer, port } = await runBalancer(config(threads));
      t.after(() => balancer.close({ force: true }));
      assert.equal(await request(port), '');
      await balancer.close();
      assert.ok(await isRefused(port));
      assert.equal(heldUnits(balancer), 0);
      const [route] = balancer.stats().routes;
      assert.equal(route.requests, 1);
      assert.deepEqual(route.statuses, [0, 1, 0, 0, 0]);
      assert.ok(route.p50Ms > 0);
    });

    it(`a balancer rejects with listener and address where another program listens, and leaves nothing open (${threads} threads)`, async () => {
      const other = net.createServer();
      other.listen(0, '127.0.0.1');
      await once(other, 'listening');
      const taken = (other.address() as AddressInfo).port;
      const free = net.createServer();
      free.listen(0, '127.0.0.1');
      await once(free, 'listening');
      const open = (free.address() as AddressInfo).port;
      free.close();
      await once(free, 'close');
      const text = config(threads, '', `"127.0.0.1:${open}", admin: "127.0.0.1:${taken}"`);
      const balancer = createBalancer(configOf(text));
      await assert.rejects(balancer.listen(), (error) => {
        assert.ok(error instanceof ListenError);
        assert.equal(error.reason, 'EADDRINUSE');
        assert.match(
          error.message,
          new RegExp(`^listener admin: cannot listen on 127\\.0\\.0\\.1:${taken}: another program`),
        );
        return true;
      });
      assert.ok(await isRefused(open));
      other.close();
    });

    it(`a balancer lets what is in flight finish, refuses what is new, and says Connection: close (${threads} threads)`, async (t) => {
      const { balancer, port } = await runBalancer(config(threads));
      t.after(() => balancer.close({ force: true }));
      const { response, answer } = await hold(port);
      const closing = balancer.close();
      await until(() => isRefused(port), 'the port is closed');
      response.end('finished');
      await closing;
      assert.match(await answer, /^HTTP\/1\.1 200 .*connection: close.*finished/is);
      assert.equal(heldUnits(balancer), 0);
    });

    it(`a balancer cuts what is in flight when its drain time is over (${threads} threads)`, async (t) => {
      const { balancer, port } = await runBalancer(config(threads, 'timeouts: { drain: 200ms }'));
      t.after(() => balancer.close({ force: true }));
      const { answer } = await hold(port);
      await balancer.close();
      assert.equal(await answer, '');
      assert.equal(heldUnits(balancer), 0);
    });

    it(`a balancer ends at once at a second close, and with force (${threads} threads)`, async () => {
      for (const isForced of [false, true]) {
        const { balancer, port } = await runBalancer(config(threads));
        const { answer } = await hold(port);
        const began = performance.now();
        const draining = isForced ? balancer.close({ force: true }) : balancer.close();
        await Promise.all([draining, balancer.close()]);
        assert.equal(await answer, '');
        assert.ok(performance.now() - began < 20_000, 'it waited for the drain time');
        assert.equal(heldUnits(balancer), 0);
      }
    });

    it(`a balancer ends at once with nothing in flight (${threads} threads)`, async (t) => {
      const { balancer, port } = await runBalancer(config(threads));
      t.after(() => balancer.close({ force: true }));
      assert.equal(await request(port), '');
      await until(() => balancer.stats().workers.connections === 0, 'no connection');
      const began = performance.now();
      await balancer.close();
      assert.ok(performance.now() - began < 20_000, 'it waited for the drain time');
    });

    it(`a balancer keeps connections beyond maxConnections waiting until one ends (${threads} threads)`, async (t) => {
      const { balancer, port } = await runBalancer(config(threads, 'maxConnections: 4'));
      t.after(() => balancer.close({ force: true }));
      let limit = 0;
      balancer.on('limit', (connections) => {
        limit = connections;
      });
      const sockets = [];
      for (let count = 1; count <= 4; count++) {
        sockets.push(await connect(port));
        await until(() => balancer.stats().workers.connections === count, `${count} connections`);
      }
      await until(() => limit === 4, 'the limit');
      // A thread that has not accepted lately learns of it with its next heartbeat.
      const beats = balancer.workers?.serving.map((worker) => worker.beats() + 2) ?? [];
      await until(
        () => balancer.workers?.serving.every((worker, index) => worker.beats() >= beats[index]) ?? false,
        'a heartbeat of each',
      );
      let isAnswered = false;
      const waiting = request(port).then((failure) => {
        isAnswered = true;
        return failure;
      });
      const before = balancer.workers?.serving[0].beats() ?? 0;
      await until(() => (balancer.workers?.serving[0].beats() ?? 0) >= before + 3, 'three heartbeats');
      assert.equal(isAnswered, false);
      for (const socket of sockets) socket.destroy();
      assert.equal(await waiting, '');
      await balancer.close({ force: true });
    });
  });
}

describe('spread: even', () => {
  it('spread: even gives each thread as many connections as the others', async (t) => {
    const listener = '{ address: "127.0.0.1:0", spread: even }';
    const { balancer, port } = await runBalancer(config(4, '', listener));
    t.after(() => balancer.close({ force: true }));
    for (let count = 0; count < 8; count++) await connect(port);
    await until(() => balancer.stats().workers.connections === 8, 'eight connections');
    assert.deepEqual(
      balancer.stats().workers.threads.map(({ connections }) => connections),
      [2, 2, 2, 2],
    );
  });
});
