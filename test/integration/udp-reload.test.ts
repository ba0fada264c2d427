/** Listeners of UDP over reloads, replacements of threads, and at the end. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readLines, tempFolder } from '../support/access-log.ts';
import type { Logged } from '../support/access-log.ts';
import { DatagramClient, DatagramLoad, DatagramServer } from '../support/datagrams.ts';
import { ReloadingBalancer, pool } from '../support/reloading.ts';
import { heldUnits } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const config = (...all: readonly string[]): string => ['threads: 2', 'timeouts: { drain: 3s }', ...all].join('\n');
const dns = (udp: string, address = '127.0.0.1:0'): string => `dns: { address: "${address}", udp: ${udp} }`;

test('a reload keeps sessions of UDP whose endpoint stays, and moves those whose endpoint goes with what they send next', async (t) => {
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => DatagramServer.start(t, name)));
  const of = (servers: readonly DatagramServer[]): string =>
    config(`listeners: { ${dns('dns')} }`, `pools: { ${pool('dns', servers, 'policy: round-robin,')} }`);
  const balancer = await ReloadingBalancer.start(t, of([a, b]));
  const port = balancer.port('dns');
  const clients = await Promise.all(Array.from({ length: 8 }, () => DatagramClient.open(t, port)));
  const before = await Promise.all(clients.map((client) => client.askName('hello')));
  b.isSilent = true;
  clients.forEach((client, index) => before[index] === 'b' && client.send('slow'));
  await until(() => b.heard.filter((text) => text === 'slow').length === 4, 'the questions are there');
  const sources = [...b.sources];
  await balancer.reload(of([a, c]));
  assert.equal(balancer.port('dns'), port);
  // What is under way still comes back.
  for (const source of sources) b.say('b slow', source);
  await until(
    () => clients.every(({ heard }, index) => heard.length === (before[index] === 'b' ? 2 : 1)),
    'the answers',
  );
  const after = await Promise.all(clients.map((client) => client.askName('again')));
  for (const [index, name] of after.entries()) assert.ok(before[index] === 'a' ? name === 'a' : name !== 'b');
  assert.equal(balancer.running.balancer.stats().udp[0].sessions, 12);
  await balancer.endClean();
});

test('a reload gives a listener of UDP another pool, other times, and another name, and its socket stays', async (t) => {
  const [a, b] = await Promise.all(['a', 'b'].map((name) => DatagramServer.start(t, name)));
  const pools = `pools: { ${pool('a', [a])}, ${pool('b', [b])} }`;
  const balancer = await ReloadingBalancer.start(t, config(`listeners: { ${dns('a')} }`, pools));
  const port = balancer.port('dns');
  const client = await DatagramClient.open(t, port);
  assert.equal(await client.askName('1'), 'a');
  const changed = await balancer.reload(config(`listeners: { ${dns('{ pool: b, idle: 100ms }')} }`, pools));
  assert.match(changed.summary, /1 listener changed/);
  assert.equal(await client.askName('2'), 'b');
  await until(() => heldUnits(balancer.running.balancer) === 0, 'both sessions are over');
  // Under another name at the same address: nothing is closed in between.
  const renamed = `names: { address: "127.0.0.1:${port}", udp: a }`;
  await balancer.reload(config(`listeners: { ${dns('a', `127.0.0.1:${port}`)} }`, pools));
  const load = new DatagramLoad([client]);
  await load.more(20);
  await balancer.reload(config(`listeners: { ${renamed} }`, pools));
  await load.more(20);
  await load.stop();
  assert.equal(load.lost, 0);
  assert.deepEqual(
    balancer.running.balancer.stats().udp.map(({ listener }) => listener),
    ['names'],
  );
  await balancer.endClean();
});

test('a reload adds a listener of UDP and takes it away, and what is under way there still comes back', async (t) => {
  const a = await DatagramServer.start(t, 'a');
  const pools = `pools: { ${pool('a', [a])} }`;
  const without = config('listeners: { other: { address: "127.0.0.1:0", tcp: a } }', pools);
  const balancer = await ReloadingBalancer.start(t, without);
  const withDns = `listeners: { other: { address: "127.0.0.1:0", tcp: a }, ${dns('a')} }`;
  assert.match((await balancer.reload(config(withDns, pools))).summary, /1 listener added/);
  const port = balancer.port('dns');
  const client = await DatagramClient.open(t, port);
  assert.equal(await client.askName('hello'), 'a');
  a.isSilent = true;
  client.send('slow');
  await until(() => a.heard.at(-1) === 'slow', 'the question is there');
  const [source] = a.sources;
  assert.match((await balancer.reload(without)).summary, /1 listener removed/);
  a.say('a slow', source);
  await until(() => client.heard.at(-1) === 'a slow', 'its answer');
  const late = await DatagramClient.open(t, port);
  late.send('too late');
  await until(() => heldUnits(balancer.running.balancer) === 0, 'the session is over');
  assert.ok(!a.heard.includes('too late'));
  // The address is free again, for this process and for others.
  await until(async () => {
    const other = await DatagramServer.start(t, 'other', port).catch(() => null);
    await other?.close();
    return other !== null;
  }, 'another program can have the address');
  a.isSilent = false;
  await balancer.reload(config(`listeners: { ${dns('a', `127.0.0.1:${port}`)} }`, pools));
  assert.equal(await client.askName('again'), 'a');
  await balancer.endClean();
});

/** An endpoint that goes on sending to a session, as video and games do. */
function stream(t: TestContext, server: DatagramServer, source: number): void {
  const timer = setInterval(() => server.say('stream', source), 50);
  t.after(() => clearInterval(timer));
}

test('a session of UDP whose listener leads elsewhere after a reload is over after the drain time, whatever its endpoint sends', async (t) => {
  const [a, b] = await Promise.all(['a', 'b'].map((name) => DatagramServer.start(t, name)));
  const pools = `pools: { ${pool('a', [a])}, ${pool('b', [b])} }`;
  const balancer = await ReloadingBalancer.start(t, config(`listeners: { ${dns('a')} }`, pools));
  const client = await DatagramClient.open(t, balancer.port('dns'));
  assert.equal(await client.askName('hello'), 'a');
  stream(t, a, [...a.sources][0]);
  const since = performance.now();
  await balancer.reload(config(`listeners: { ${dns('b')} }`, pools));
  await until(() => heldUnits(balancer.running.balancer) === 0, 'the session is over');
  const took = performance.now() - since;
  assert.ok(took > 2500, `it has the drain time: ${took}`);
  assert.ok(client.heard.filter((text) => text === 'stream').length > 10, 'what is sent meanwhile comes through');
  await balancer.endClean();
});

for (const threads of [1, 2]) {
  test(`a listener of UDP that comes back while its sessions go serves everybody at once (${threads} threads)`, async (t) => {
    const a = await DatagramServer.start(t, 'a');
    const of = (listeners: string): string =>
      config(`listeners: { other: { address: "127.0.0.1:0", tcp: a }, ${listeners} }`, `pools: { ${pool('a', [a])} }`)
        .replace('threads: 2', `threads: ${threads}`)
        .replace('drain: 3s', 'drain: 20s');
    const balancer = await ReloadingBalancer.start(t, of(dns('a')));
    const port = balancer.port('dns');
    const client = await DatagramClient.open(t, port);
    assert.equal(await client.askName('hello'), 'a');
    stream(t, a, [...a.sources][0]);
    await balancer.reload(of(''));
    // Under another name as well: it is the address that counts.
    await balancer.reload(of(dns('a', `127.0.0.1:${port}`).replace('dns:', 'names:')));
    const clients = await Promise.all(Array.from({ length: 24 }, () => DatagramClient.open(t, port)));
    const names = await Promise.all(clients.map((each) => each.askName('hello')));
    assert.deepEqual(new Set(names), new Set(['a']));
    client.send('again');
    await until(() => client.heard.includes('a again'), 'the first client is served as well');
    await balancer.running.balancer.close({ force: true });
  });
}

test('a listener of UDP that goes over to every address serves new clients at its old one at once', async (t) => {
  const a = await DatagramServer.start(t, 'a');
  const of = (address: string): string =>
    config(`listeners: { ${dns('a', address)} }`, `pools: { ${pool('a', [a])} }`).replace('drain: 3s', 'drain: 20s');
  const balancer = await ReloadingBalancer.start(t, of('127.0.0.1:0'));
  const port = balancer.port('dns');
  await balancer.reload(of(`127.0.0.1:${port}`));
  const bound = balancer.port('dns');
  const client = await DatagramClient.open(t, bound);
  assert.equal(await client.askName('hello'), 'a');
  stream(t, a, [...a.sources][0]);
  await balancer.reload(of(`:${bound}`));
  const clients = await Promise.all(Array.from({ length: 8 }, () => DatagramClient.open(t, bound)));
  const names = await Promise.all(clients.map((each) => each.askName('hello')));
  assert.deepEqual(new Set(names), new Set(['a']));
  const before = client.heard.length;
  await until(() => client.heard.length > before, 'the session from before goes on');
  await balancer.running.balancer.close({ force: true });
});

test('a reload that cannot take an address of UDP changes nothing', async (t) => {
  const [a, taken] = await Promise.all(['a', 'taken'].map((name) => DatagramServer.start(t, name)));
  const pools = `pools: { ${pool('a', [a])} }`;
  const balancer = await ReloadingBalancer.start(t, config(`listeners: { ${dns('a')} }`, pools));
  const both = `listeners: { ${dns('a')}, new: { address: "127.0.0.1:0", udp: a }, more: { address: "${taken.address}", udp: a } }`;
  await assert.rejects(balancer.reload(config(both, pools)), { name: 'ListenError', reason: 'EADDRINUSE' });
  assert.equal(balancer.running.balancer.addresses().length, 1);
  const client = await DatagramClient.open(t, balancer.port('dns'));
  assert.equal(await client.askName('hello'), 'a');
  await balancer.endClean();
});

/**
 * A thread that ends goes on for a second: on a busy machine that is not enough for what is under way there, and a
 * client asks again, as those of UDP do.
 */
async function askUntilAnswered(client: DatagramClient, text: string, patienceMs = 1500): Promise<void> {
  const isAnswered = (): boolean => client.heard.includes(`a ${text}`);
  let askedAt = -Infinity;
  await until(() => {
    if (!isAnswered() && performance.now() - askedAt > patienceMs) {
      client.send(text);
      askedAt = performance.now();
    }
    return isAnswered();
  }, `an answer to ${text}`);
}

test('with other threads, and with threads that are replaced, clients of UDP are served all the time', async (t) => {
  const a = await DatagramServer.start(t, 'a');
  const of = (threads: number): string =>
    config(`listeners: { ${dns('a')} }`, `pools: { ${pool('a', [a])} }`).replace('threads: 2', `threads: ${threads}`);
  const balancer = await ReloadingBalancer.start(t, of(1));
  const { balancer: running } = balancer.running;
  const port = balancer.port('dns');
  const clients = await Promise.all(Array.from({ length: 32 }, () => DatagramClient.open(t, port)));
  await Promise.all(clients.map((client) => client.askName('hello')));
  for (const threads of [4, 2, 1, 3]) {
    await balancer.reload(of(threads));
    assert.equal(balancer.port('dns'), port);
    await Promise.all(clients.map((client) => askUntilAnswered(client, `with ${threads}`)));
  }
  await running.replaceWorkers();
  await Promise.all(clients.map((client) => askUntilAnswered(client, 'replaced')));
  running.workers?.serving[0].breakDown('exit');
  await until(
    () => running.stats().workers.replaced === 4,
    () => JSON.stringify(running.stats().workers),
  );
  // What was under way in a thread that dies is lost.
  await Promise.all(clients.map((client) => askUntilAnswered(client, 'after all', 20)));
  await running.close();
});

test('a drain serves the sessions of UDP that are under way, and nobody new', async (t) => {
  const file = join(tempFolder(t), 'access.log');
  const a = await DatagramServer.start(t, 'a');
  const balancer = await ReloadingBalancer.start(
    t,
    config(
      `listeners: { ${dns('a')} }`,
      `pools: { ${pool('a', [a])} }`,
      `accessLog: { to: { file: ${JSON.stringify(file)} } }`,
    ),
  );
  const client = await DatagramClient.open(t, balancer.port('dns'));
  const late = await DatagramClient.open(t, balancer.port('dns'));
  assert.equal(await client.askName('hello'), 'a');
  a.isSilent = true;
  client.send('slow');
  await until(() => a.heard.at(-1) === 'slow', 'the question is there');
  const [source] = a.sources;
  const since = performance.now();
  const closed = balancer.endClean();
  a.say('a slow', source);
  await until(() => client.heard.at(-1) === 'a slow', 'its answer');
  late.send('too late');
  a.isSilent = false;
  assert.equal(await client.askName('still here'), 'a');
  await closed;
  const took = performance.now() - since;
  assert.ok(took > 900 && took < 2900, `it ends a second after the last datagram: ${took}`);
  assert.ok(!a.heard.includes('too late'));
  await until(() => readLines(file).length === 1, 'a line');
  const { level, reason } = JSON.parse(readLines(file)[0]) as Logged;
  assert.deepEqual([level, reason], [30, 'drain']);
});
