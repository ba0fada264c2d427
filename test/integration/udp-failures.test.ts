/** Servers of UDP that are gone, or come back: what was refused goes on elsewhere, and what is told of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import net from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readLines, tempFolder } from '../support/access-log.ts';
import type { Logged } from '../support/access-log.ts';
import { DatagramClient, DatagramLoad, DatagramServer, FREE_OF_BOTH, vacantAddress } from '../support/datagrams.ts';
import { ReloadingBalancer, pool } from '../support/reloading.ts';
import { until } from '../support/until.ts';

const LISTENER = 'listeners: { dns: { address: "127.0.0.1:0", udp: { pool: dns, idle: 300ms } } }';
const lines = (...all: readonly string[]): string => all.join('\n');

test('what a server that is gone refuses goes on to another one, all of it and in its order', async (t) => {
  const file = join(tempFolder(t), 'access.log');
  const [gone, server] = [await vacantAddress(), await DatagramServer.start(t, 'a')];
  const balancer = await ReloadingBalancer.start(
    t,
    lines(
      'threads: 1',
      LISTENER,
      `pools: { ${pool('dns', [{ address: gone }, server], 'policy: round-robin, ejection: off,')} }`,
      `accessLog: { to: { file: ${JSON.stringify(file)} } }`,
    ),
  );
  const { balancer: running } = balancer.running;
  const texts = ['1', '2', '3', '4', '5'];
  for (let turn = 1; turn <= 4; turn++) {
    const client = await DatagramClient.open(t, balancer.port('dns'));
    for (const text of texts) client.send(text);
    await until(() => client.heard.length === texts.length, 'all are answered');
    assert.deepEqual(
      client.heard,
      texts.map((text) => `a ${text}`),
    );
  }
  assert.deepEqual(server.heard, [...texts, ...texts, ...texts, ...texts]);
  const [{ sessions, moves, failed, dropped }] = running.stats().udp;
  // Each of them is sent to both in turn.
  assert.deepEqual([sessions, moves, failed, dropped], [4, 4, 0, 0]);
  const [refusing, other] = running.stats().pools[0].endpoints;
  assert.deepEqual([refusing.failures, refusing.moves, other.failures], [4, 4, 0]);
  assert.equal(refusing.health.lastFailure, 'unreachable: nothing listens on the port');
  await until(() => readLines(file).length === 4, 'a line for each');
  const logged = readLines(file).map((line) => JSON.parse(line) as Logged);
  assert.ok(logged.every(({ attempts, endpoint }) => attempts === 2 && endpoint === server.address));
  await balancer.endClean();
});

test('a server that refuses datagrams is ejected, and serves again after a session has shown that it is back', async (t) => {
  const [a, b] = [await DatagramServer.start(t, 'a'), await DatagramServer.start(t, 'b')];
  const balancer = await ReloadingBalancer.start(
    t,
    lines(
      'threads: 2',
      'listeners: { dns: { address: "127.0.0.1:0", udp: { pool: dns, idle: 100ms } } }',
      `pools: { ${pool('dns', [a, b], 'policy: round-robin, ejection: { failures: 2, time: 500ms },')} }`,
    ),
  );
  const { balancer: running } = balancer.running;
  const clients = await Promise.all(Array.from({ length: 8 }, () => DatagramClient.open(t, balancer.port('dns'))));
  const load = new DatagramLoad(clients);
  await load.more(50);
  const stateOfA = (): string => running.stats().pools[0].endpoints[0].health.state;
  const { port } = a;
  await a.close();
  const askAnew = async (): Promise<void> => {
    const client = await DatagramClient.open(t, balancer.port('dns'));
    assert.match(await client.askName('hello'), /^[ab]$/);
  };
  await until(async () => {
    await askAnew();
    return stateOfA() !== 'healthy';
  }, 'it is ejected');
  await DatagramServer.start(t, 'a', port);
  await until(async () => {
    await askAnew();
    return stateOfA() === 'healthy';
  }, 'it serves again');
  await load.more(50);
  await load.stop();
  await balancer.endClean();
});

test('with no server left datagrams are dropped, counted and logged, and the first that listens again is found', async (t) => {
  const file = join(tempFolder(t), 'access.log');
  const gone = await vacantAddress();
  const balancer = await ReloadingBalancer.start(
    t,
    lines(
      'threads: 1',
      LISTENER,
      `pools: { ${pool('dns', [{ address: gone }], 'ejection: { failures: 2, time: 60s },')} }`,
      `accessLog: { to: { file: ${JSON.stringify(file)} } }`,
    ),
  );
  const { balancer: running } = balancer.running;
  const client = await DatagramClient.open(t, balancer.port('dns'));
  for (let sent = 1; sent <= 10; sent++) {
    client.send('hello');
    await until(() => running.stats().udp[0].dropped === sent, 'it is dropped');
  }
  const [{ sessions, failed, datagramsIn, datagramsOut }] = running.stats().udp;
  assert.deepEqual([sessions, failed, datagramsIn, datagramsOut], [10, 10, 10, 0]);
  await until(() => readLines(file).length > 0, 'a line');
  const { level, reason, protocol } = JSON.parse(readLines(file)[0]) as Logged;
  assert.deepEqual([level, reason, protocol], [50, 'connect-failed', 'UDP']);
  // Nobody has told that it is back: it is tried because there is no other.
  await DatagramServer.start(t, 'a', Number(gone.split(':')[1]));
  assert.equal(await client.askName('again'), 'a');
  await balancer.endClean();
});

test('a server that goes while its clients talk costs each of them one datagram at most', async (t) => {
  const [a, b] = [await DatagramServer.start(t, 'a'), await DatagramServer.start(t, 'b')];
  const balancer = await ReloadingBalancer.start(
    t,
    lines('threads: 1', LISTENER, `pools: { ${pool('dns', [a, b], 'policy: round-robin,')} }`),
  );
  const clients = [
    await DatagramClient.open(t, balancer.port('dns')),
    await DatagramClient.open(t, balancer.port('dns')),
  ];
  assert.deepEqual([await clients[0].askName('1'), await clients[1].askName('1')], ['a', 'b']);
  await a.close();
  clients[0].send('lost');
  await until(() => balancer.running.balancer.stats().pools[0].endpoints[0].failures === 1, 'it is refused');
  assert.equal(await clients[0].askName('2'), 'b');
  assert.equal(await clients[1].askName('2'), 'b');
  assert.deepEqual(clients[0].heard, ['a 1', 'b 2']);
  await balancer.endClean();
});

test('a check takes a server of UDP out, and its sessions go elsewhere with what they send next', async (t) => {
  const [a, b] = [await DatagramServer.start(t, 'a', FREE_OF_BOTH), await DatagramServer.start(t, 'b', FREE_OF_BOTH)];
  const checked = await Promise.all([a, b].map(({ port }) => startChecked(t, port)));
  const check = 'check: { tcp: {}, interval: 100ms, fastInterval: 50ms, fall: 2, rise: 1 },';
  const balancer = await ReloadingBalancer.start(
    t,
    lines(
      'threads: 1',
      'listeners: { dns: { address: "127.0.0.1:0", udp: dns } }',
      `pools: { ${pool('dns', [a, b], `policy: round-robin, ${check}`)} }`,
    ),
  );
  const { balancer: running } = balancer.running;
  const client = await DatagramClient.open(t, balancer.port('dns'));
  assert.equal(await client.askName('hello'), 'a');
  checked[0].close();
  await until(() => running.stats().pools[0].endpoints[0].health.state === 'unhealthy', 'it is out');
  assert.equal(await client.askName('again'), 'b');
  assert.equal(running.stats().udp[0].sessions, 2);
  await balancer.endClean();
});

/** What a check by connects finds on the port of a server of UDP. */
async function startChecked(t: TestContext, port: number): Promise<net.Server> {
  const server = net.createServer((socket) => socket.on('error', () => {}).destroy());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return server;
}
