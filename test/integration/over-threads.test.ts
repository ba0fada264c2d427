/** What must hold over all threads: shares, in-flight counts, limits, counters. With one thread and with four. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { heldUnits, runBalancer } from '../support/running-balancer.ts';
import type { RunningBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

/** An endpoint that counts, and that can hold its answers back. */
class Endpoint {
  readonly server: http.Server;
  requests = 0;
  open = 0;
  active = 0;
  mostActive = 0;
  /** Answers held back. */
  readonly held: http.ServerResponse[] = [];

  constructor(isHolding: boolean) {
    this.server = http.createServer((_request, response) => {
      this.requests++;
      this.mostActive = Math.max(this.mostActive, ++this.active);
      response.on('close', () => this.active--);
      if (isHolding) this.held.push(response);
      else response.end('hello');
    });
    this.server.on('connection', (socket: Socket) => {
      this.open++;
      socket.on('close', () => this.open--);
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  release(): void {
    for (const response of this.held.splice(0)) response.end('hello');
  }
}

async function start(
  t: TestContext,
  threads: number,
  pool: string,
  weights: readonly number[],
  isHolding = false,
): Promise<{ endpoints: Endpoint[]; running: RunningBalancer }> {
  const endpoints = weights.map(() => new Endpoint(isHolding));
  for (const { server } of endpoints) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const list = endpoints.map(({ port }, index) => `{ address: "127.0.0.1:${port}", weight: ${weights[index]} }`);
  const running = await runBalancer(`
    threads: ${threads}
    listeners: { web: "127.0.0.1:0" }
    pools: { web: { ${pool}, endpoints: [${list.join(', ')}] } }
  `);
  t.after(async () => {
    await running.balancer.close({ force: true });
    for (const { server } of endpoints) {
      server.closeAllConnections();
      server.close();
    }
  });
  return { endpoints, running };
}

/** One GET on a connection of its own, so that the kernel spreads it over the threads. */
function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
    request.on('error', reject);
  });
}

async function endClean({ balancer, faults }: RunningBalancer): Promise<void> {
  await balancer.close();
  assert.deepEqual(faults, []);
  assert.equal(heldUnits(balancer), 0);
  assert.equal(balancer.stats().workers.corrections, 0);
}

for (const threads of [1, 4]) {
  const over = threads === 1 ? 'one thread' : `${threads} threads`;

  test(`round-robin gives every endpoint exactly its share, over ${over}`, async (t) => {
    const { endpoints, running } = await start(t, threads, 'policy: round-robin', [5, 1, 2]);
    const lane = async (): Promise<void> => {
      for (let index = 0; index < 20; index++) assert.equal(await get(running.port), '200 hello');
    };
    await Promise.all(Array.from({ length: 16 }, lane));
    assert.deepEqual(
      endpoints.map(({ requests }) => requests),
      [200, 40, 80],
    );
    await endClean(running);
  });

  test(`least-connections keeps requests in flight level, over ${over}`, async (t) => {
    const { endpoints, running } = await start(t, threads, 'policy: least-connections', [1, 1, 2], true);
    const answers: Promise<string>[] = [];
    // One after another: each choice sees all that went before, whatever thread made it.
    for (let index = 1; index <= 40; index++) {
      answers.push(get(running.port));
      await until(() => endpoints.reduce((sum, { requests }) => sum + requests, 0) === index, 'the request arrives');
    }
    assert.deepEqual(
      endpoints.map(({ held }) => held.length),
      [10, 10, 20],
    );
    const [{ endpoints: seen }] = running.balancer.stats().pools;
    assert.deepEqual(
      seen.map(({ inFlight }) => inFlight),
      [10, 10, 20],
    );
    for (const endpoint of endpoints) endpoint.release();
    assert.deepEqual(new Set(await Promise.all(answers)), new Set(['200 hello']));
    await endClean(running);
  });

  for (const policy of ['random', 'power-of-two']) {
    test(`${policy} uses every endpoint, and its counts come back to zero, over ${over}`, async (t) => {
      const { endpoints, running } = await start(t, threads, `policy: ${policy}`, [1, 1, 1]);
      await Promise.all(Array.from({ length: 300 }, () => get(running.port)));
      for (const { requests } of endpoints) assert.ok(requests > 50, `${requests} of 300`);
      await endClean(running);
    });
  }

  test(`first fills one endpoint after another, over ${over}`, async (t) => {
    const { endpoints, running } = await start(t, threads, 'policy: first, maxConnections: 3', [1, 1, 1], true);
    const answers: Promise<string>[] = [];
    for (let index = 1; index <= 7; index++) {
      answers.push(get(running.port));
      await until(() => endpoints.reduce((sum, { requests }) => sum + requests, 0) === index, 'the request arrives');
    }
    assert.deepEqual(
      endpoints.map(({ held }) => held.length),
      [3, 3, 1],
    );
    for (const endpoint of endpoints) endpoint.release();
    assert.deepEqual(new Set(await Promise.all(answers)), new Set(['200 hello']));
    await endClean(running);
  });

  test(`peak-ewma spares an endpoint that answers slowly, and does not forget it, over ${over}`, async (t) => {
    const { endpoints, running } = await start(t, threads, 'policy: peak-ewma', [1, 1, 1]);
    const [{ server }] = endpoints;
    const [answer] = server.listeners('request') as ((...all: unknown[]) => void)[];
    server.removeAllListeners('request');
    server.on('request', (...all: unknown[]) => setTimeout(answer, 150, ...all));
    const lane = async (): Promise<void> => {
      for (let index = 0; index < 40; index++) assert.equal(await get(running.port), '200 hello');
    };
    await Promise.all(Array.from({ length: 4 }, lane));
    const [slow, ...others] = endpoints.map(({ requests }) => requests);
    assert.ok(slow > 0 && slow < 40, `${slow} of 160 went to the slow one`);
    assert.ok(
      others.every((requests) => requests > 20),
      others.join(' '),
    );
    await endClean(running);
  });

  test(`maxConnections is never exceeded, and no request waits in vain, over ${over}`, async (t) => {
    const pool = 'policy: round-robin, maxConnections: 3';
    const { endpoints, running } = await start(t, threads, pool, [1, 1]);
    const lane = async (): Promise<void> => {
      for (let index = 0; index < 10; index++) assert.equal(await get(running.port), '200 hello');
    };
    // The endpoint's own count of sockets will not do: it may hear of a new one before the FIN of an old one.
    let mostSockets = 0;
    const sample = setInterval(() => {
      const [{ endpoints: seen }] = running.balancer.stats().pools;
      mostSockets = Math.max(mostSockets, ...seen.map(({ connections }) => connections));
    }, 1);
    await Promise.all(Array.from({ length: 24 }, lane));
    clearInterval(sample);
    assert.equal(mostSockets, 3);
    for (const { mostActive } of endpoints) assert.ok(mostActive <= 3, `${mostActive} requests at once`);
    await endClean(running);
  });

  test(`no more idle connections than maxIdle are kept, over ${over}`, async (t) => {
    const { endpoints, running } = await start(t, threads, 'policy: round-robin, maxIdle: 4', [1], true);
    const answers = Array.from({ length: 20 }, () => get(running.port));
    await until(() => endpoints[0].held.length === 20, 'all are in flight');
    endpoints[0].release();
    await Promise.all(answers);
    await until(() => endpoints[0].open === 4, 'all but four sockets close');
    const [{ endpoints: seen }] = running.balancer.stats().pools;
    assert.equal(seen[0].idleConnections, 4);
    await endClean(running);
  });

  test(`the counters of stats add up, over ${over}`, async (t) => {
    const { endpoints, running } = await start(t, threads, 'policy: random', [1, 1]);
    await Promise.all(Array.from({ length: 200 }, () => get(running.port)));
    // An exchange is counted right after its last byte has left, which the client may see first.
    await until(() => running.balancer.stats().routes[0].requests >= 200, 'all are counted');
    const { routes, pools } = running.balancer.stats();
    assert.equal(routes[0].requests, 200);
    assert.equal(routes[0].statuses[1], 200);
    assert.equal(routes[0].bytesOut, 200 * 'hello'.length);
    assert.deepEqual(
      pools[0].endpoints.map(({ attempts }) => attempts),
      endpoints.map(({ requests }) => requests),
    );
    assert.ok(routes[0].p50Ms > 0 && routes[0].p50Ms <= routes[0].p99Ms);
    await endClean(running);
  });
}
