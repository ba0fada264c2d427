/** Sessions of UDP in a whole balancer: what passes, what goes on elsewhere, what is dropped, and what is told of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import net from 'node:net';
import { test } from 'node:test';
import { readLines, tempFolder } from '../support/access-log.ts';
import type { Logged } from '../support/access-log.ts';
import { DatagramClient, DatagramLoad, DatagramServer, FREE_OF_BOTH } from '../support/datagrams.ts';
import { ReloadingBalancer, pool } from '../support/reloading.ts';
import { heldUnits } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const LISTENER = 'listeners: { dns: { address: "127.0.0.1:0", udp: { pool: dns, idle: 300ms } } }';
const lines = (...all: readonly string[]): string => all.join('\n');

for (const threads of [0, 1, 4]) {
  test(`sessions of UDP are served, counted and logged by every thread (${threads} threads)`, async (t) => {
    const file = join(tempFolder(t), 'access.log');
    const servers = [await DatagramServer.start(t, 'a'), await DatagramServer.start(t, 'b')];
    const balancer = await ReloadingBalancer.start(
      t,
      lines(
        `threads: ${threads}`,
        LISTENER,
        `pools: { ${pool('dns', servers, 'policy: round-robin,')} }`,
        `accessLog: { to: { file: ${JSON.stringify(file)} } }`,
      ),
    );
    const { balancer: running } = balancer.running;
    assert.deepEqual(
      running.addresses().map(({ listener, protocol }) => [listener, protocol]),
      [['dns', 'udp']],
    );
    const clients = await Promise.all(Array.from({ length: 20 }, () => DatagramClient.open(t, balancer.port('dns'))));
    const first = await Promise.all(clients.map((client, index) => client.askName(`hello ${index}`)));
    const second = await Promise.all(clients.map((client) => client.askName('again')));
    assert.deepEqual(second, first, 'a session stays at its endpoint');
    assert.equal(first.toSorted().join(''), 'a'.repeat(10) + 'b'.repeat(10));
    for (const { sources } of servers) assert.equal(sources.size, 10, 'each session has a port of its own');
    await until(() => heldUnits(running) === 0, 'all are over');
    await until(() => readLines(file).length === 20, 'a line for each');
    const [{ bytesIn, bytesOut, ...stats }] = running.stats().udp;
    assert.deepEqual(stats, {
      listener: 'dns',
      sessions: 20,
      datagramsIn: 40,
      datagramsOut: 40,
      failed: 0,
      moves: 0,
      full: 0,
      dropped: 0,
      breakerOpen: 0,
    });
    assert.deepEqual([running.stats().tcp, bytesOut - bytesIn], [[], 80]);
    const line = JSON.parse(readLines(file)[0]) as Logged;
    const { time, endpoint, bytesIn: into, bytesOut: out, queueMs, connectMs, firstByteMs, totalMs, ...rest } = line;
    assert.deepEqual(rest, {
      level: 30,
      client: '127.0.0.1',
      protocol: 'UDP',
      listener: 'dns',
      pool: 'dns',
      attempts: 1,
      reason: 'idle',
    });
    assert.ok(servers.some(({ address }) => address === endpoint));
    assert.equal(Number(out), Number(into) + 4);
    for (const ms of [time, queueMs, connectMs, firstByteMs]) assert.ok(Number(ms) >= 0, JSON.stringify(line));
    assert.ok(Number(totalMs) >= 300, JSON.stringify(line));
    // The next datagram begins another session.
    await clients[0].askName('later');
    assert.equal(running.stats().udp[0].sessions, 21);
    await balancer.endClean();
  });

  test(`of 64 clients of UDP at once no datagram is lost (${threads} threads)`, async (t) => {
    const servers = [await DatagramServer.start(t, 'a'), await DatagramServer.start(t, 'b')];
    const balancer = await ReloadingBalancer.start(
      t,
      lines(`threads: ${threads}`, LISTENER, `pools: { ${pool('dns', servers)} }`),
    );
    const clients = await Promise.all(Array.from({ length: 64 }, () => DatagramClient.open(t, balancer.port('dns'))));
    const load = new DatagramLoad(clients);
    await load.more(6400);
    await load.stop();
    const [{ sessions, datagramsIn, datagramsOut, full, dropped }] = balancer.running.balancer.stats().udp;
    assert.deepEqual([load.lost, sessions, full, dropped], [0, 64, 0, 0]);
    assert.deepEqual([datagramsIn, datagramsOut], [load.done, load.done]);
    await balancer.endClean();
  });
}

test('beyond maxSessions new clients of UDP are dropped and counted, and those that are there are served', async (t) => {
  const a = await DatagramServer.start(t, 'a');
  const balancer = await ReloadingBalancer.start(
    t,
    lines(
      'threads: 1',
      'listeners: { dns: { address: "127.0.0.1:0", udp: { pool: dns, idle: 500ms, maxSessions: 3 } } }',
      `pools: { ${pool('dns', [a])} }`,
    ),
  );
  const { balancer: running } = balancer.running;
  const clients = await Promise.all(Array.from({ length: 3 }, () => DatagramClient.open(t, balancer.port('dns'))));
  await Promise.all(clients.map((client) => client.askName('hello')));
  const late = await DatagramClient.open(t, balancer.port('dns'));
  late.send('and me');
  await until(() => running.stats().udp[0].full === 1, 'it is dropped');
  await Promise.all(clients.map((client) => client.askName('still here')));
  await until(() => heldUnits(running) === 0, 'all are over');
  assert.equal(await late.askName('now'), 'a');
  assert.deepEqual(late.heard, ['a now']);
  await balancer.endClean();
});

test('all listeners of UDP together have a quarter of maxConnections, each an equal share', async (t) => {
  const a = await DatagramServer.start(t, 'a');
  const listener = (name: string): string => `${name}: { address: "127.0.0.1:0", udp: { pool: a, idle: 60s } }`;
  const balancer = await ReloadingBalancer.start(
    t,
    lines(
      'threads: 1',
      'maxConnections: 24',
      `listeners: { ${listener('one')}, ${listener('two')} }`,
      `pools: { ${pool('a', [a])} }`,
    ),
  );
  const { balancer: running } = balancer.running;
  for (const name of ['one', 'two']) {
    const clients = await Promise.all(Array.from({ length: 4 }, () => DatagramClient.open(t, balancer.port(name))));
    for (const client of clients.slice(0, 3)) await client.askName('hello');
    clients[3].send('one too many');
    const full = (): unknown => running.stats().udp.find(({ listener: id }) => id === name)?.full;
    await until(() => full() === 1, `${name} is full`);
  }
  assert.ok(!a.heard.includes('one too many'));
  await running.close({ force: true });
});

test('limits of a pool count sessions of UDP: maxConnections, maxRequests', async (t) => {
  const [a, b] = [await DatagramServer.start(t, 'a'), await DatagramServer.start(t, 'b')];
  for (const limit of ['maxConnections: 2', 'maxRequests: 4']) {
    const balancer = await ReloadingBalancer.start(
      t,
      lines('threads: 1', LISTENER, `pools: { ${pool('dns', [a, b], `policy: round-robin, ${limit},`)} }`),
    );
    const clients = await Promise.all(Array.from({ length: 5 }, () => DatagramClient.open(t, balancer.port('dns'))));
    for (const client of clients.slice(0, 4)) await client.askName('hello');
    clients[4].send('one too many');
    await until(() => balancer.running.balancer.stats().udp[0].failed === 1, 'it finds no endpoint');
    await until(() => heldUnits(balancer.running.balancer) === 0, 'all are over');
    assert.match(await clients[4].askName('now'), /^[ab]$/);
    await balancer.endClean();
  }
});

test('with hash: client all sessions of an address go to one endpoint', async (t) => {
  const servers = await Promise.all(['a', 'b', 'c'].map((name) => DatagramServer.start(t, name)));
  const balancer = await ReloadingBalancer.start(
    t,
    lines('threads: 2', LISTENER, `pools: { ${pool('dns', servers, 'policy: { hash: client },')} }`),
  );
  const names = new Set<string>();
  for (let turn = 0; turn < 12; turn++) {
    const client = await DatagramClient.open(t, balancer.port('dns'));
    names.add(await client.askName('hello'));
  }
  assert.equal(names.size, 1);
  await balancer.endClean();
});

test('TCP and UDP may have the same address, and a listener changes from one to the other', async (t) => {
  const a = await DatagramServer.start(t, 'a', FREE_OF_BOTH);
  const echo = net.createServer((socket) => socket.on('error', () => {}).end('tcp'));
  echo.listen(a.port, '127.0.0.1');
  await once(echo, 'listening');
  t.after(() => echo.close());
  const pools = `pools: { ${pool('dns', [a])} }`;
  const config = (listeners: string): string => lines('threads: 2', `listeners: { ${listeners} }`, pools);
  const balancer = await ReloadingBalancer.start(t, config('dns: { address: "127.0.0.1:0", udp: dns }'));
  const port = balancer.port('dns');
  const address = `address: "127.0.0.1:${port}"`;
  const ofTcp = async (): Promise<string> => {
    const socket = net.connect(port, '127.0.0.1').setEncoding('latin1');
    return String(await once(socket, 'data'));
  };
  await balancer.reload(config(`dns: { ${address}, udp: dns }, dns-tcp: { ${address}, tcp: dns }`));
  const client = await DatagramClient.open(t, port);
  assert.deepEqual([await client.askName('both'), await ofTcp()], ['a', 'tcp']);
  await balancer.reload(config(`dns: { ${address}, tcp: dns }, dns-tcp: { ${address}, udp: dns }`));
  assert.deepEqual([await client.askName('changed'), await ofTcp()], ['a', 'tcp']);
  assert.deepEqual(
    balancer.running.balancer
      .addresses()
      .map(({ listener, protocol }) => `${listener} ${protocol}`)
      .toSorted(),
    ['dns tcp', 'dns-tcp udp'],
  );
  await balancer.endClean();
});

test('a listener of UDP on every address hears IPv4 and IPv6, and names clients as they are', async (t) => {
  const file = join(tempFolder(t), 'access.log');
  const a = await DatagramServer.start(t, 'a');
  const balancer = await ReloadingBalancer.start(
    t,
    lines(
      'threads: 1',
      'listeners: { dns: { address: ":0", udp: { pool: dns, idle: 100ms } } }',
      `pools: { ${pool('dns', [a])} }`,
      `accessLog: { to: { file: ${JSON.stringify(file)} } }`,
    ),
  );
  for (const host of ['127.0.0.1', '::1']) {
    const client = await DatagramClient.open(t, balancer.port('dns'), host);
    assert.equal(await client.askName(host), 'a');
  }
  await until(() => readLines(file).length === 2, 'a line for each');
  const clients = readLines(file).map((line) => (JSON.parse(line) as Logged).client);
  assert.deepEqual(clients.toSorted(), ['127.0.0.1', '::1']);
  await balancer.endClean();
});

test('an endpoint with two addresses is reached at the one at which it listens', async (t) => {
  const a = await DatagramServer.start(t, 'a', 0, '::1');
  const balancer = await ReloadingBalancer.start(
    t,
    lines('threads: 1', LISTENER, `pools: { dns: ["localhost:${a.port}"] }`),
  );
  const client = await DatagramClient.open(t, balancer.port('dns'));
  assert.equal(await client.askName('hello'), 'a');
  assert.equal(balancer.running.balancer.stats().pools[0].endpoints[0].failures, 0);
  await balancer.endClean();
});

test('datagrams pass whole, the empty one and the largest as well', async (t) => {
  const a = await DatagramServer.start(t, 'a');
  a.isSilent = true;
  const balancer = await ReloadingBalancer.start(t, lines('threads: 1', LISTENER, `pools: { ${pool('dns', [a])} }`));
  const client = await DatagramClient.open(t, balancer.port('dns'));
  const texts = ['', 'x'.repeat(65_507), 'between'];
  for (const text of texts) {
    client.send(text);
    await until(() => a.heard.at(-1) === text, 'it is heard');
  }
  const [source] = a.sources;
  for (const text of texts) a.say(text, source);
  await until(() => client.heard.length === 3, 'all come back');
  assert.deepEqual(client.heard, texts);
  await balancer.endClean();
});

test('an address that another program has is refused by its name, and by UDP', async (t) => {
  const taken = await DatagramServer.start(t, 'other');
  const config = lines(
    `listeners: { dns: { address: "${taken.address}", udp: dns } }`,
    'pools: { dns: ["127.0.0.1:1"] }',
  );
  await assert.rejects(ReloadingBalancer.start(t, config), {
    name: 'ListenError',
    reason: 'EADDRINUSE',
    isUdp: true,
    message: `listener dns: cannot listen on ${taken.address} by UDP: another program listens there (EADDRINUSE)`,
  });
});
