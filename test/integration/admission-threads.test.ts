/** `maxRequests` over all threads, with real sockets: measured at the server. With one thread and with four. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { runBalancer } from '../support/running-balancer.ts';
import type { RunningBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

/** Counts what it has at a time, and answers when it is told to. */
class Server {
  readonly server: http.Server;
  readonly held: { readonly path: string; readonly response: http.ServerResponse }[] = [];
  readonly paths: string[] = [];
  active = 0;
  mostActive = 0;

  constructor() {
    this.server = http.createServer((request, response) => {
      const path = request.url ?? '';
      this.paths.push(path);
      this.mostActive = Math.max(this.mostActive, ++this.active);
      this.held.push({ path, response });
      response.once('close', () => {
        const at = this.held.findIndex((each) => each.response === response);
        if (at < 0) return;
        this.held.splice(at, 1);
        this.active--;
      });
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  answer(count = Infinity): void {
    for (const { response } of this.held.splice(0, count)) {
      this.active--;
      response.end('hello');
    }
  }
}

async function start(
  t: TestContext,
  threads: number,
  pool: string,
  limits: readonly number[],
): Promise<{ servers: Server[]; running: RunningBalancer }> {
  const servers = limits.map(() => new Server());
  for (const { server } of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const list = servers.map(({ port }, at) => `{ address: "127.0.0.1:${port}", maxRequests: ${limits[at] || 'off'} }`);
  const running = await runBalancer(`
    threads: ${threads}
    listeners: { web: { address: "127.0.0.1:0", spread: even } }
    pools: { web: { ${pool}, endpoints: [${list.join(', ')}] } }
  `);
  t.after(async () => {
    await running.balancer.close({ force: true });
    for (const { server } of servers) {
      server.closeAllConnections();
      server.close();
    }
  });
  return { servers, running };
}

/** One GET on a connection of its own. Resolves to the status, or to what went wrong. */
function get(port: number, path = '/', headers = {}): { readonly status: Promise<number | string>; leave(): void } {
  const request = http.get({ host: '127.0.0.1', port, path, headers, agent: false });
  const status = new Promise<number | string>((resolve) => {
    request.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve('cut'));
    });
    request.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  });
  return { status, leave: () => request.destroy() };
}

for (const threads of [1, 4]) {
  const what = `with ${threads} thread${threads === 1 ? '' : 's'}`;

  test(`${what} no server ever has more requests than maxRequests, and none is lost`, async (t) => {
    const { servers, running } = await start(t, threads, 'queue: { timeout: 30s, target: off }', [3, 2]);
    const answers = Array.from({ length: 200 }, () => get(running.port).status);
    let isOver = false;
    const done = Promise.all(answers).finally(() => (isOver = true));
    while (!isOver) {
      for (const server of servers) server.answer(1);
      await nextTurn();
    }
    assert.deepEqual(new Set(await done), new Set([200]));
    assert.deepEqual(
      servers.map(({ mostActive }) => mostActive),
      [3, 2],
    );
    await until(() => running.balancer.stats().pools[0].queue.inFlight === 0, 'nothing is in flight any more');
    assert.equal(running.balancer.stats().workers.corrections, 0);
    assert.deepEqual(running.faults, []);
  });

  test(`${what} the requests of a pool at all endpoints together never exceed its maxRequests`, async (t) => {
    const { servers, running } = await start(
      t,
      threads,
      'maxRequests: 4, queue: { timeout: 30s, target: off }',
      [0, 0, 0],
    );
    const answers = Array.from({ length: 100 }, () => get(running.port).status);
    const total = () => servers.reduce((sum, { active }) => sum + active, 0);
    await until(() => total() === 4 && running.balancer.stats().pools[0].queue.waiting === 96, 'all others wait');
    let isOver = false;
    let most = 0;
    const done = Promise.all(answers).finally(() => (isOver = true));
    while (!isOver) {
      most = Math.max(
        most,
        servers.reduce((sum, { active }) => sum + active, 0),
      );
      for (const server of servers) server.answer(1);
      await nextTurn();
    }
    assert.deepEqual(new Set(await done), new Set([200]));
    assert.equal(most, 4);
  });

  test(`${what} requests go on in the order in which they came, and those who leave are left out`, async (t) => {
    const { servers, running } = await start(t, threads, 'queue: { timeout: 30s, target: off }', [1]);
    const [server] = servers;
    const queue = () => running.balancer.stats().pools[0].queue;
    const sent = [get(running.port, '/0')];
    await until(() => server.active === 1, 'the first request is at the server');
    for (let index = 1; index <= 12; index++) {
      sent.push(get(running.port, `/${index}`));
      await until(() => queue().waiting === index, `request ${index} waits`);
    }
    sent[4].leave();
    sent[9].leave();
    await until(() => queue().waiting === 10, 'two have left');
    const expected = [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12].map((index) => `/${index}`);
    for (let index = 1; index <= expected.length; index++) {
      await until(() => server.paths.length === index && server.held.length === 1, `request ${index} is at the server`);
      server.answer();
    }
    assert.deepEqual(server.paths, expected);
    for (const [index, { status }] of sent.entries()) {
      assert.equal(await status, index === 4 || index === 9 ? 'ECONNRESET' : 200);
    }
  });

  test(`${what} a client that is bound to a full server waits for that, and is not passed by those who go anywhere`, async (t) => {
    const pool = 'sticky: cookie, policy: round-robin, queue: { timeout: 60s, target: off }';
    const { servers, running } = await start(t, threads, pool, [1, 1]);
    const [own, other] = servers;
    const queue = () => running.balancer.stats().pools[0].queue;
    const cookie = await cookieOf(running.port, servers, own);
    const first = servers.map((_server, at) => get(running.port, `/first-${at}`));
    await until(() => own.active === 1 && other.active === 1, 'both servers are full');
    const before = own.paths.length;
    const statuses: (number | string)[] = [];
    const send = (path: string, headers = {}) =>
      void get(running.port, path, headers).status.then((status) => statuses.push(status));
    for (const { status } of first) void status.then((each) => statuses.push(each));
    const bound: string[] = [];
    // In turn, so that it is known who has waited longest.
    for (let index = 0; index < 24; index++) {
      const isBound = index % 2 === 0;
      const path = `/${isBound ? 'bound' : 'any'}-${index}`;
      send(path, isBound ? { cookie } : {});
      if (isBound) bound.push(path);
      await until(() => queue().waiting === index + 1, `${path} waits`);
    }
    // Whoever comes now waits behind those who are there; the other server has room enough.
    for (let index = 0; index < 24; index++) send(`/late-${index}`);
    while (statuses.length < 50) {
      other.answer();
      own.answer(1);
      await nextTurn();
    }
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.ok(other.paths.every((path) => !path.startsWith('/bound')));
    assert.deepEqual(
      own.paths.slice(before).filter((path) => path.startsWith('/bound')),
      bound,
    );
    assert.equal(own.mostActive, 1);
    await until(() => queue().inFlight === 0, 'nothing is in flight any more');
    assert.deepEqual(running.faults, []);
  });
}

/** The cookie of a client that is bound to this server. */
async function cookieOf(port: number, servers: readonly Server[], own: Server): Promise<string> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const path = `/cookie-${attempt}`;
    const asked = new Promise<string>((resolve, reject) => {
      const request = http.get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
        response.resume();
        resolve(response.headers['set-cookie']?.[0].split(';', 1)[0] ?? '');
      });
      request.on('error', reject);
    });
    await until(() => servers.some(({ held }) => held.length > 0), 'a server is asked');
    for (const server of servers) server.answer();
    const cookie = await asked;
    if (own.paths.includes(path)) return cookie;
  }
  assert.fail('nobody reached the server');
}

test('the places that a thread held which is gone are given back, and those that wait elsewhere go on', async (t) => {
  const { servers, running } = await start(t, 4, 'queue: { timeout: 30s, target: off }', [4]);
  const [server] = servers;
  const sent = Array.from({ length: 12 }, (_none, index) => get(running.port, `/${index}`));
  await until(() => server.active === 4 && running.balancer.stats().pools[0].queue.waiting === 8, 'eight wait');
  running.balancer.workers?.serving[0].breakDown('exit');
  let isOver = false;
  const done = Promise.all(sent.map(({ status }) => status)).finally(() => (isOver = true));
  await until(() => running.balancer.stats().workers.lost === 1, 'a thread is gone');
  while (!isOver) {
    server.answer(1);
    await nextTurn();
  }
  const statuses = await done;
  // Three of the twelve were on each thread.
  assert.equal(statuses.filter((status) => status === 200).length, 9);
  assert.ok(server.mostActive <= 4);
  await until(() => running.balancer.stats().pools[0].queue.inFlight === 0, 'nothing is in flight any more');
  assert.equal(running.balancer.stats().workers.corrections, 0);
});
