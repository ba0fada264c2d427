/** Listeners that come, go, move and change under traffic; and reloads that are refused, which change nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { createBalancer } from '../../src/runtime/create-balancer.ts';
import { ListenError } from '../../src/runtime/control/listeners.ts';
import { ReloadError } from '../../src/runtime/control/reload.ts';
import { UnresolvedNames } from '../../src/runtime/control/resolve-names.ts';
import { configOf, request, startLoad } from '../support/running-balancer.ts';
import { ReloadingBalancer, get, pool, startEndpoints } from '../support/reloading.ts';
import { until } from '../support/until.ts';

/** Below those that the kernel hands out: a port that is let go of here is nobody else's a moment later. */
const [LOWEST, PORTS] = [20_000, 12_000];

/** A port that another program has until the test ends, or gives up. */
async function occupied(t: TestContext): Promise<{ port: number; leave: () => Promise<void> }> {
  const server = await listening();
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const leave = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port, leave };
}

async function listening(): Promise<net.Server> {
  for (;;) {
    const server = net.createServer();
    server.listen({ port: LOWEST + Math.floor(Math.random() * PORTS), host: '127.0.0.1', exclusive: true });
    const isTaken = await Promise.race([
      once(server, 'listening').then(() => false),
      once(server, 'error').then(() => true),
    ]).catch(() => true);
    if (!isTaken) return server;
  }
}

async function freePort(t: TestContext): Promise<number> {
  const { port, leave } = await occupied(t);
  await leave();
  return port;
}

for (const threads of [0, 1, 4]) {
  describe(`listeners over a reload, ${threads} threads`, () => {
    const config = (listeners: string, pools: string): string => `
      threads: ${threads}
      listeners: { ${listeners} }
      pools: { ${pools} }
    `;

    it(`listeners come, go and move at a reload, and those that stay lose no connection (${threads} threads)`, async (t) => {
      const [a] = await startEndpoints(t, 'a');
      const web = pool('web', [a]);
      const [first, second, third] = [await freePort(t), await freePort(t), await freePort(t)];
      const balancer = await ReloadingBalancer.start(t, config('web: "127.0.0.1:0"', web));
      const load = startLoad(balancer.port(), 4);
      t.after(() => load.stop());
      const added = await balancer.reload(config(`web: "127.0.0.1:0", admin: "127.0.0.1:${first}"`, web));
      assert.deepEqual(added.changes, [{ kind: 'listener-added', listener: 'admin' }]);
      assert.equal(await get(first), '200 a');
      const moved = await balancer.reload(config(`web: "127.0.0.1:0", admin: "127.0.0.1:${second}"`, web));
      assert.equal(moved.summary, '1 listener moved');
      assert.equal(await get(second), '200 a');
      assert.match(await get(first), /ECONNREFUSED/);
      // Two at once that swap their names, and a third.
      const names = (one: string, other: string): string =>
        `web: "127.0.0.1:0", ${one}: "127.0.0.1:${second}", ${other}: "127.0.0.1:${third}"`;
      await balancer.reload(config(names('admin', 'other'), web));
      await balancer.reload(config(names('other', 'admin'), web));
      assert.deepEqual([balancer.port('other'), balancer.port('admin')], [second, third]);
      assert.deepEqual([await get(second), await get(third)], ['200 a', '200 a']);
      const removed = await balancer.reload(config('web: "127.0.0.1:0"', web));
      assert.equal(removed.summary, '2 listeners removed');
      for (const port of [first, second, third]) assert.match(await get(port), /ECONNREFUSED/);
      await load.stop();
      assert.deepEqual(load.failures, {});
      await balancer.endClean();
    });

    it(`listeners under other names keep their sockets: no connection is refused (${threads} threads)`, async (t) => {
      const [a] = await startEndpoints(t, 'a');
      const port = await freePort(t);
      const text = (name: string): string => config(`${name}: "127.0.0.1:${port}"`, pool('web', [a]));
      const balancer = await ReloadingBalancer.start(t, text('one'));
      const load = startLoad(port, 8);
      t.after(() => load.stop());
      for (let round = 0; round < 6; round++) {
        await balancer.reload(text(round % 2 === 0 ? 'two' : 'one'));
        const { done } = load;
        await until(() => load.done > done + 10, 'traffic');
      }
      await load.stop();
      assert.deepEqual(load.failures, {});
      assert.deepEqual(
        balancer.running.balancer.addresses().map(({ listener }) => listener),
        ['one'],
      );
      await balancer.endClean();
    });

    it(`listeners change in place under traffic: spread and halfClose (${threads} threads)`, async (t) => {
      const [a] = await startEndpoints(t, 'a');
      const text = (spread: string, halfClose: string): string =>
        config(`web: { address: "127.0.0.1:0", spread: ${spread}, halfClose: ${halfClose} }`, pool('web', [a]));
      const balancer = await ReloadingBalancer.start(t, text('kernel', 'cancel'));
      const port = balancer.port();
      const load = startLoad(port, 8);
      t.after(() => load.stop());
      for (let round = 0; round < 6; round++) {
        await balancer.reload(text(round % 2 === 0 ? 'even' : 'kernel', round < 5 ? 'cancel' : 'allow'));
        const { done } = load;
        await until(() => load.done > done + 20, 'traffic');
      }
      await load.stop();
      assert.deepEqual(load.failures, {});
      assert.equal(balancer.port(), port);
      const half = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      t.after(() => half.destroy());
      half.end('GET /held HTTP/1.1\r\nHost: test\r\n\r\n');
      await until(() => a.held.length === 1, 'the request at the endpoint');
      a.held[0].end('answered');
      let answer = '';
      half.on('data', (data) => (answer += data.toString('latin1')));
      await once(half, 'close');
      assert.match(answer, /answered$/);
      await balancer.endClean();
    });

    it(`listeners that cannot be opened at a reload leave everything as it was (${threads} threads)`, async (t) => {
      const [a, b] = await startEndpoints(t, 'ab');
      const other = await occupied(t);
      const free = await freePort(t);
      const before = config('web: "127.0.0.1:0"', pool('web', [a]));
      // Everything is new but the listener `web`: nothing of it may take effect.
      const listeners = `web: "127.0.0.1:0", free: "127.0.0.1:${free}", taken: "127.0.0.1:${other.port}"`;
      const next = `${config(listeners, pool('new', [b]))}\n      limits: { target: 1KiB }`;
      const balancer = await ReloadingBalancer.start(t, before);
      const { stats } = balancer.running.balancer;
      const load = startLoad(balancer.port(), 4);
      t.after(() => load.stop());
      const pools = (): unknown =>
        stats.call(balancer.running.balancer).pools.map((one) => [one.pool, one.endpoints[0].endpoint]);
      const health = stats.call(balancer.running.balancer).pools[0].endpoints[0].health;
      for (let round = 0; round < 3; round++) {
        await assert.rejects(balancer.reload(next), (error) => {
          assert.ok(error instanceof ListenError);
          assert.equal(error.reason, 'EADDRINUSE');
          assert.match(error.message, new RegExp(`^listener taken: cannot listen on 127\\.0\\.0\\.1:${other.port}: `));
          return true;
        });
        assert.match(await get(free), /ECONNREFUSED/);
      }
      assert.deepEqual(pools(), [['web', a.address]]);
      assert.deepEqual(stats.call(balancer.running.balancer).pools[0].endpoints[0].health, health);
      assert.equal(await get(balancer.port(), `/?${'x'.repeat(2000)}`), '200 a');
      assert.equal(b.requests, 0);
      await other.leave();
      const { version } = await balancer.reload(next);
      // Those that were refused are not counted.
      assert.equal(version, 2);
      for (const name of ['web', 'free', 'taken']) assert.equal(await get(balancer.port(name)), '200 b');
      await load.stop();
      assert.deepEqual(load.failures, {});
      await balancer.endClean();
    });
  });
}

describe('a reload is refused', () => {
  const text = (threads: number, host = '127.0.0.1'): string =>
    `{ threads: ${threads}, listeners: { web: "127.0.0.1:0" }, pools: { web: ["${host}:1"] } }`;

  it('a reload is refused before listen, while draining and after the end, and says why', async () => {
    const balancer = createBalancer(configOf(text(1)));
    const refused = (why: RegExp): Promise<void> =>
      assert.rejects(
        balancer.reload(configOf(text(1))),
        (error) => error instanceof ReloadError && why.test(error.message),
      );
    await refused(/it has not begun to listen/);
    await balancer.listen();
    const closing = balancer.close();
    await refused(/it is draining/);
    await closing;
    await refused(/it is closed/);
  });

  it('a reload is refused when close is called before it has taken effect, and leaves nothing open', async () => {
    const balancer = createBalancer(configOf(text(2)));
    await balancer.listen();
    const reloads = [3, 1, 4].map((threads) => balancer.reload(configOf(text(threads))).then(String, String));
    await balancer.close({ force: true });
    for (const outcome of await Promise.all(reloads)) assert.match(outcome, /ReloadError|WorkerGone|object/);
    assert.equal(balancer.stats().workers.threads.length, 0);
  });

  it('a reload is refused for a name without an address', async (t) => {
    const balancer = createBalancer(configOf(text(1)), { lookup: () => Promise.reject(new Error('no such name')) });
    t.after(() => balancer.close({ force: true }));
    await balancer.listen();
    await assert.rejects(balancer.reload(configOf(text(1, 'nowhere.test'))), UnresolvedNames);
    assert.deepEqual(balancer.stats().pools[0].endpoints[0].endpoint, '127.0.0.1:1');
  });

  it('a reload is refused where threads would come to be, or end to be, threads of their own, and where there is no room', async (t) => {
    const balancer = createBalancer(configOf(text(0)));
    t.after(() => balancer.close({ force: true }));
    await balancer.listen();
    await assert.rejects(balancer.reload(configOf(text(1))), /threads cannot change from 0 to 1/);
    const threaded = createBalancer(configOf(text(1)));
    t.after(() => threaded.close({ force: true }));
    await threaded.listen();
    await assert.rejects(threaded.reload(configOf(text(0))), /threads cannot change from 1 to 0/);
    await assert.rejects(threaded.reload(configOf(text(1024))), /1024 threads: this process has room for \d+/);
    assert.equal(await request(threaded.addresses()[0].port), 'HTTP/1.1 502 Bad Gateway');
  });
});
