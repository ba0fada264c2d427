/** `sticky: socket.io` with the real Socket.IO: polling, then the upgrade, all at one server. With one thread and with four. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Balancer } from '../../src/runtime/balancer.ts';
import { CookieClient } from '../support/cookie-jar.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { SocketIoServer, connectSocketIo } from '../support/socket-io.ts';
import type { ClientSocket } from '../support/socket-io.ts';
import { until } from '../support/until.ts';

const SERVERS = 4;
const CLIENTS = 8;
const POLLING = { transports: ['polling'] };
const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';

interface Started {
  readonly servers: readonly SocketIoServer[];
  readonly balancer: Balancer;
  readonly port: number;
}

async function start(t: TestContext, threads: number): Promise<Started> {
  const servers = Array.from({ length: SERVERS }, (_, index) => new SocketIoServer(t, index));
  await Promise.all(servers.map((server) => server.start()));
  const endpoints = servers.map(({ port }) => `"127.0.0.1:${port}"`).join(', ');
  const { balancer, port } = await runBalancer(
    `{ threads: ${threads}, listeners: { web: "127.0.0.1:0" }, trustedProxies: [127.0.0.1],
       routes: [{ pool: chat, longPoll: on }], pools: { chat: { sticky: socket.io, endpoints: [${endpoints}] } } }`,
  );
  t.after(() => balancer.close({ force: true }));
  return { servers, balancer, port };
}

/** Clients of as many addresses. */
function connectAll(t: TestContext, port: number, options: object = {}, count = CLIENTS): readonly ClientSocket[] {
  return Array.from({ length: count }, (_, index) => connectSocketIo(t, port, `10.0.0.${index}`, options));
}

const isUpgraded = ({ connected, io }: ClientSocket): boolean => connected && io.engine.transport.name === 'websocket';

/** The server of each client, which is the same for several messages. */
async function serversOf(clients: readonly ClientSocket[]): Promise<readonly number[]> {
  return Promise.all(
    clients.map(async (client) => {
      const answers = new Set<number>();
      for (let message = 0; message < 4; message++) answers.add(await client.timeout(5000).emitWithAck('who'));
      assert.equal(answers.size, 1);
      return [...answers][0];
    }),
  );
}

for (const threads of [1, 4]) {
  const over = threads === 1 ? 'one thread' : `${threads} threads`;

  test(`every request of a Socket.IO client reaches the server of its session, with cookies and without, over ${over}`, async (t) => {
    const { servers, port } = await start(t, threads);
    const withoutCookies = [...connectAll(t, port), ...connectAll(t, port, POLLING)];
    const withCookies = [
      ...connectAll(t, port, { withCredentials: true }),
      ...connectAll(t, port, { ...POLLING, withCredentials: true }),
    ];
    for (const clients of [withoutCookies, withCookies]) {
      const upgrading = clients.slice(0, CLIENTS);
      await until(
        () => upgrading.every(isUpgraded) && clients.every(({ connected }) => connected),
        'all are connected',
      );
      const reached = await serversOf(clients);
      assert.ok(new Set(reached).size > 1, 'addresses are spread');
      assert.deepEqual(reached.slice(0, CLIENTS), reached.slice(CLIENTS), 'an address has one server');
    }
    assert.deepEqual(
      servers.map(({ refused }) => refused),
      [[], [], [], []],
    );
  });

  test(`a browser that has the cookie of its page takes it to its session, wherever it comes from, over ${over}`, async (t) => {
    const { servers, port } = await start(t, threads);
    const pages = Array.from({ length: CLIENTS }, () => new CookieClient(t, port));
    const homes = await Promise.all(pages.map(async (page) => Number((await page.get()).body)));
    const clients = pages.map(({ header }) =>
      connectSocketIo(t, port, '', { extraHeaders: { cookie: header, 'X-Forwarded-For': '10.0.0.1' } }),
    );
    await until(() => clients.every(isUpgraded), 'all are upgraded');
    assert.deepEqual(await serversOf(clients), homes);
    assert.ok(new Set(homes).size > 1);
    assert.deepEqual(
      servers.map(({ refused }) => refused),
      [[], [], [], []],
    );
  });

  test(`when a server is killed its Socket.IO clients begin anew elsewhere, nobody else notices, and it serves again when it is back, over ${over}`, async (t) => {
    const { servers, port } = await start(t, threads);
    const clients = [
      ...connectAll(t, port),
      ...connectAll(t, port, POLLING),
      ...connectAll(t, port, { withCredentials: true }),
    ];
    await until(() => clients.every(({ connected }) => connected), 'all are connected');
    const before = await serversOf(clients);
    const disconnects = clients.map(() => 0);
    clients.forEach((client, index) => client.on('disconnect', () => disconnects[index]++));
    const killed = servers[before[0]];
    await killed.kill();
    await until(
      () =>
        clients.every((client, index) =>
          before[index] === before[0] ? disconnects[index] > 0 && client.connected : true,
        ),
      'all of its clients are back',
    );
    const after = await serversOf(clients);
    for (const [index, server] of after.entries()) {
      if (before[index] === before[0]) assert.notEqual(server, before[0]);
      else assert.deepEqual([server, disconnects[index]], [before[index], 0]);
    }
    await killed.start();
    // Whoever has no session may be its trial.
    const home = String(before[0]);
    await until(async () => (await new CookieClient(t, port).get()).body === home, 'it serves again');
    const [newcomer] = connectAll(t, port, POLLING, 1);
    await until(() => newcomer.connected, 'a newcomer is connected');
    assert.deepEqual(await serversOf([newcomer]), [before[0]], 'an address has its server again');
    await until(() => clients.every(({ connected }) => connected), 'all are connected');
  });
}

test('a client of Socket.IO gets its cookie with the handshake, no other while it sends none back, and the cookie counts more than its address', async (t) => {
  const { port } = await start(t, 1);
  const client = new CookieClient(t, port);
  const handshake = await client.get(HANDSHAKE, { 'X-Forwarded-For': '10.0.0.1' });
  const { sid } = JSON.parse(handshake.body.slice(1)) as { readonly sid: string };
  assert.match(String(handshake.cookies), /^fairlead=[\w-]{43};/);
  const poll = (one: CookieClient, address: string): Promise<number> =>
    one.get(`${HANDSHAKE}&sid=${sid}`, { 'X-Forwarded-For': address }).then(({ status, cookies }) => {
      assert.deepEqual(cookies, []);
      return status;
    });
  // A session has one poll at a time: without a message each ends with the ping after half a second.
  assert.equal(await poll(client, '10.9.9.9'), 200);
  assert.equal(await poll(new CookieClient(t, port), '10.0.0.1'), 200);
});

test('a pool without Socket.IO has nothing of it: requests with EIO are balanced as all others', async (t) => {
  const servers = Array.from({ length: SERVERS }, (_, index) => new SocketIoServer(t, index));
  await Promise.all(servers.map((server) => server.start()));
  const endpoints = servers.map(({ port }) => `"127.0.0.1:${port}"`).join(', ');
  const { balancer, port } = await runBalancer(
    `{ threads: 1, listeners: { web: "127.0.0.1:0" }, pools: { chat: { policy: round-robin, sticky: cookie, endpoints: [${endpoints}] } } }`,
  );
  t.after(() => balancer.close({ force: true }));
  const reached = new Set<string>();
  for (let index = 0; index < SERVERS; index++) reached.add((await new CookieClient(t, port).get('/?EIO=4')).body);
  assert.equal(reached.size, SERVERS);
});
