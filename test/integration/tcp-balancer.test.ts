/** Listeners of layer 4 in a whole balancer: over threads, in its figures and its log, over reloads, and at its end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readLines, tempFolder } from '../support/access-log.ts';
import type { Logged } from '../support/access-log.ts';
import { LINE } from '../support/proxied-clients.ts';
import { ReloadingBalancer, get } from '../support/reloading.ts';
import { heldUnits } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

/** An endpoint that says its name and then whatever it hears, and ends when it hears the end. */
async function startEcho(t: TestContext, name: string): Promise<string> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.write(name);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A client's end of a session. */
class Session {
  readonly socket: net.Socket;
  /** All that it heard. */
  text = '';
  /** `''` while it is open. */
  end = '';

  constructor(port: number) {
    this.socket = net.connect({ host: '127.0.0.1', port });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => (this.text += text));
    this.socket.on('error', (error) => (this.end = 'code' in error ? String(error.code) : error.message));
    this.socket.on('close', () => (this.end ||= 'closed'));
  }

  static async open(t: TestContext, port: number): Promise<Session> {
    const session = new Session(port);
    t.after(() => session.socket.destroy());
    await until(() => session.text !== '' || session.end !== '', 'the endpoint says its name');
    return session;
  }

  async echo(text: string): Promise<void> {
    const expected = this.text + text;
    this.socket.write(text);
    await until(() => this.text === expected || this.end !== '', `the echo of ${text}`);
    assert.equal(this.end, '');
  }

  async close(): Promise<void> {
    this.socket.end();
    await until(() => this.end !== '', 'the session ends');
  }
}

for (const [threads, spread] of [
  [0, 'kernel'],
  [1, 'kernel'],
  [4, 'kernel'],
  [3, 'even'],
] as const) {
  test(`sessions are served, counted and logged by every thread (${threads} threads, ${spread})`, async (t) => {
    const file = join(tempFolder(t), 'access.log');
    const [a, b] = [await startEcho(t, 'a'), await startEcho(t, 'b')];
    const balancer = await ReloadingBalancer.start(
      t,
      [
        `threads: ${threads}`,
        `listeners: { db: { address: "127.0.0.1:0", tcp: db, spread: ${spread} } }`,
        `pools: { db: { policy: round-robin, endpoints: ["${a}", "${b}"] } }`,
        `accessLog: { to: { file: ${JSON.stringify(file)} } }`,
      ].join('\n'),
    );
    const { balancer: running } = balancer.running;
    assert.deepEqual(
      running.addresses().map(({ listener, protocol }) => [listener, protocol]),
      [['db', 'tcp']],
    );
    const sessions = await Promise.all(Array.from({ length: 20 }, () => Session.open(t, balancer.port('db'))));
    await Promise.all(sessions.map((session, index) => session.echo(`hello ${index} `)));
    const names = sessions.map(({ text }) => text[0]).toSorted();
    assert.equal(names.join(''), 'a'.repeat(10) + 'b'.repeat(10));
    assert.deepEqual(
      running.stats().pools[0].endpoints.map(({ inFlight }) => inFlight),
      [10, 10],
    );
    await Promise.all(sessions.map((session) => session.close()));
    await until(() => heldUnits(running) === 0, 'all are over');
    await until(() => readLines(file).length === 20, 'a line for each');
    const [tcp] = running.stats().tcp;
    const bytes = sessions.reduce((sum, { text }) => sum + text.length, 0);
    assert.deepEqual(
      { ...tcp },
      {
        listener: 'db',
        sessions: 20,
        bytesIn: bytes - 20,
        bytesOut: bytes,
        failed: 0,
        cut: 0,
        retries: 0,
        moves: 0,
        budgetSpent: 0,
        held: 0,
        breakerOpen: 0,
      },
    );
    const line = JSON.parse(readLines(file)[0]) as Logged;
    const { time, endpoint, bytesIn, bytesOut, queueMs, connectMs, firstByteMs, totalMs, ...rest } = line;
    assert.deepEqual(rest, {
      level: 30,
      client: '127.0.0.1',
      protocol: 'TCP',
      listener: 'db',
      pool: 'db',
      attempts: 1,
      reason: 'client-end',
    });
    assert.ok([a, b].includes(String(endpoint)));
    assert.equal(Number(bytesOut), Number(bytesIn) + 1);
    for (const ms of [time, queueMs, connectMs, firstByteMs, totalMs]) assert.ok(Number(ms) >= 0, JSON.stringify(line));
    await balancer.endClean();
  });
}

test('whose session it is says a PROXY header in front, and the endpoint is told', async (t) => {
  const file = join(tempFolder(t), 'access.log');
  const a = await startEcho(t, 'a');
  const balancer = await ReloadingBalancer.start(
    t,
    [
      'threads: 1',
      'listeners: { db: { address: "127.0.0.1:0", tcp: db, proxyProtocol: { from: [127.0.0.1] } } }',
      `pools: { db: { endpoints: ["${a}"], proxyProtocol: v1 } }`,
      `accessLog: { to: { file: ${JSON.stringify(file)} } }`,
    ].join('\n'),
  );
  const { balancer: running } = balancer.running;
  const session = new Session(balancer.port('db'));
  t.after(() => session.socket.destroy());
  session.socket.write(`${LINE}hello`);
  await until(() => session.text === `a${LINE}hello` || session.end !== '', 'the endpoint has heard the same');
  assert.equal(session.text, `a${LINE}hello`);
  await session.echo(' again');
  await session.close();
  const without = new Session(balancer.port('db'));
  without.socket.write('hello, and no header');
  await until(() => without.end !== '', 'it is reset');
  assert.deepEqual([without.text, without.end], ['', 'ECONNRESET']);
  await until(() => heldUnits(running) === 0, 'all are over');
  const [tcp] = running.stats().tcp;
  assert.deepEqual([tcp.sessions, tcp.bytesIn], [1, 'hello again'.length]);
  await until(() => readLines(file).length === 1, 'a line');
  const { client, reason } = JSON.parse(readLines(file)[0]) as Logged;
  assert.deepEqual([client, reason], ['192.0.2.10', 'client-end']);
  await balancer.endClean();
});

test('a session whose listener leaves the config while its PROXY header is under way has the drain time', async (t) => {
  const a = await startEcho(t, 'a');
  const pool = `pools: { db: ["${a}"] }`;
  const listener = 'db: { address: "127.0.0.1:0", tcp: db, proxyProtocol: { from: [127.0.0.1] } }';
  const http = 'web: "127.0.0.1:0"';
  const balancer = await ReloadingBalancer.start(t, config([`listeners: { ${listener}, ${http} }`, pool]));
  const session = new Session(balancer.port('db'));
  t.after(() => session.socket.destroy());
  session.socket.write(LINE.slice(0, 10));
  await until(() => balancer.running.balancer.stats().workers.connections > 0, 'it is there');
  await balancer.reload(config([`listeners: { ${http} }`, pool]));
  session.socket.write(LINE.slice(10));
  await until(() => session.text !== '' || session.end !== '', 'the endpoint says its name');
  await session.echo('hello');
  const since = Date.now();
  await until(() => session.end !== '', 'its time is over');
  assert.equal(session.end, 'ECONNRESET');
  assert.ok(Date.now() - since < 3000);
  await balancer.endClean();
});

const config = (lines: readonly string[]): string => ['threads: 2', 'timeouts: { drain: 1s }', ...lines].join('\n');

test('a reload adds a listener of layer 4, gives it another pool, and takes it away', async (t) => {
  const [a, b] = [await startEcho(t, 'a'), await startEcho(t, 'b')];
  const pools = `pools: { a: ["${a}"], b: ["${b}"] }`;
  const web = 'web: "127.0.0.1:0"';
  const routes = 'routes: [{ pool: a }]';
  const balancer = await ReloadingBalancer.start(t, config([`listeners: { ${web} }`, routes, pools]));
  const withDb = (tcp: string) =>
    config([`listeners: { ${web}, db: { address: "127.0.0.1:0", tcp: ${tcp} } }`, routes, pools]);
  assert.match((await balancer.reload(withDb('a'))).summary, /1 listener added/);
  const first = await Session.open(t, balancer.port('db'));
  assert.equal(first.text, 'a');
  const port = balancer.port('db');
  assert.match((await balancer.reload(withDb('{ pool: b, idle: 5m }'))).summary, /1 listener changed/);
  assert.equal(balancer.port('db'), port);
  const second = await Session.open(t, port);
  assert.equal(second.text, 'b');
  await first.echo('still here');
  const removed = await balancer.reload(config([`listeners: { ${web} }`, routes, pools]));
  assert.match(removed.summary, /1 listener removed/);
  await second.echo('for a while');
  await assert.rejects(once(net.connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
  await until(() => first.end !== '' && second.end !== '', 'both are cut when the drain time is over');
  assert.deepEqual([first.end, second.end], ['ECONNRESET', 'ECONNRESET']);
  await balancer.endClean();
});

test('a reload takes a pool away together with its listener, and what is open has the drain time', async (t) => {
  const [a, b] = [await startEcho(t, 'a'), await startEcho(t, 'b')];
  const address = 'address: "127.0.0.1:0"';
  const of = (name: string, endpoint: string) =>
    config([`listeners: { ${name}: { ${address}, tcp: ${name} } }`, `pools: { ${name}: ["${endpoint}"] }`]);
  const balancer = await ReloadingBalancer.start(t, of('a', a));
  const session = await Session.open(t, balancer.port('a'));
  await balancer.reload(of('b', b));
  await session.echo('still here');
  assert.equal((await Session.open(t, balancer.port('b'))).text, 'b');
  await until(() => session.end !== '', 'it is cut');
  assert.deepEqual(
    balancer.running.balancer.stats().tcp.map(({ listener }) => listener),
    ['b'],
  );
  await balancer.endClean();
});

test('a reload turns a listener of HTTP into one of layer 4 at its address, and back', async (t) => {
  const a = await startEcho(t, 'a');
  const http = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => http.close());
  const pools = `pools: { web: ["127.0.0.1:${(http.address() as AddressInfo).port}"], db: ["${a}"] }`;
  const asHttp = config(['listeners: { in: "127.0.0.1:0" }', 'routes: [{ pool: web }]', pools]);
  const balancer = await ReloadingBalancer.start(t, asHttp);
  const port = balancer.port('in');
  assert.equal(await get(port), '200 ok');
  await balancer.reload(config(['listeners: { in: { address: "127.0.0.1:0", tcp: db } }', pools]));
  assert.equal(balancer.port('in'), port);
  const session = await Session.open(t, port);
  assert.equal(session.text, 'a');
  await balancer.reload(asHttp);
  assert.equal(await get(port), '200 ok');
  await session.echo('still here');
  await session.close();
  await balancer.endClean();
});

test('a drain waits for sessions as long as it may, and then cuts them and says so', async (t) => {
  const file = join(tempFolder(t), 'access.log');
  const a = await startEcho(t, 'a');
  const balancer = await ReloadingBalancer.start(
    t,
    config([
      'listeners: { db: { address: "127.0.0.1:0", tcp: db } }',
      `pools: { db: ["${a}"] }`,
      `accessLog: { to: { file: ${JSON.stringify(file)} } }`,
    ]),
  );
  const [ends, stays] = [await Session.open(t, balancer.port('db')), await Session.open(t, balancer.port('db'))];
  const closed = balancer.endClean();
  await ends.echo('while it drains');
  await ends.close();
  assert.equal(stays.end, '');
  await closed;
  await until(() => stays.end !== '', 'it is cut');
  assert.equal(stays.end, 'ECONNRESET');
  const reasons = readLines(file).map((line) => (JSON.parse(line) as Logged)['reason']);
  assert.deepEqual(reasons.toSorted(), ['client-end', 'drain']);
});
