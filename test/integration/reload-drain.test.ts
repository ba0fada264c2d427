/** What is in flight when the config changes: it ends by the config it began with, or is cut when its time is over. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it } from 'node:test';
import { ReloadingBalancer, Tunnel, get, pool, startEndpoints } from '../support/reloading.ts';
import { until } from '../support/until.ts';

type Write = (pools: readonly string[], more?: string, listeners?: string) => string;

const configFor =
  (threads: number): Write =>
  (pools, more = '', listeners = '"127.0.0.1:0"') => `
    threads: ${threads}
    listeners: { web: ${listeners} }
    pools: { ${pools.join(', ')} }
    ${more}
  `;

for (const threads of [1, 4]) {
  const config = configFor(threads);
  describe(`tunnels over a reload, ${threads} threads`, () => {
    const twoRoutes =
      'routes: [{ match: { path: "/x/*" }, pool: one, name: x }, { match: { path: "/y/*" }, pool: two, name: y }]';

    it('a tunnel of an unchanged endpoint stays open while all around it changes', async (t) => {
      const [a, b, c] = await startEndpoints(t, 'abc');
      const text = (one: readonly string[], two: string): string =>
        config([`one: [${one.join(', ')}]`, two], twoRoutes);
      const balancer = await ReloadingBalancer.start(t, text([`"${a.address}"`], pool('two', [b])));
      const tunnels = await Promise.all(Array.from({ length: 8 }, () => Tunnel.open(t, balancer.port(), '/x/1')));
      const isWhole = async (): Promise<void> => {
        for (const tunnel of tunnels) await tunnel.echo('still here');
      };
      // Another pool and route change, endpoints come to this one and go, its weight, policy and checks change.
      await balancer.reload(text([`"${a.address}"`], pool('two', [c], 'policy: random,')));
      await isWhole();
      await balancer.reload(text([`"${a.address}"`, `"${c.address}"`], pool('two', [b])));
      await balancer.reload(text([`{ address: "${a.address}", weight: 7 }`], pool('two', [b])));
      await isWhole();
      const one = `one: { policy: least-connections, check: tcp, endpoints: ["${a.address}"] }`;
      await balancer.reload(config([one, pool('two', [b])], twoRoutes.replace('/y/*', '/z/*')));
      await isWhole();
      await balancer.reload(config([one], 'timeouts: { drain: 100ms }'));
      await isWhole();
      for (const tunnel of tunnels) tunnel.socket.destroy();
      await balancer.endClean();
    });

    it('a tunnel of a removed endpoint lives for the drain time, and is cut then', async (t) => {
      const [a, b] = await startEndpoints(t, 'ab');
      const drain = (time: string): string => `timeouts: { drain: ${time} }`;
      const balancer = await ReloadingBalancer.start(t, config([pool('web', [a])], drain('30s')));
      const tunnel = await Tunnel.open(t, balancer.port());
      await balancer.reload(config([pool('web', [a, b])], drain('30s')));
      await balancer.reload(config([pool('web', [b])], drain('30s')));
      await tunnel.echo('draining');
      // Coming back makes it another one; its tunnel from before still has its time.
      await balancer.reload(config([pool('web', [a, b])], drain('50ms')));
      await tunnel.echo('still draining');
      const other = await Tunnel.open(t, balancer.port());
      const another = await Tunnel.open(t, balancer.port());
      await balancer.reload(config([pool('new', [b])], drain('50ms')));
      await until(() => other.isClosed && another.isClosed, 'the tunnels of the removed pool are cut');
      await tunnel.echo('its time is 30 s');
      assert.equal(await get(balancer.port()), '200 b');
      tunnel.socket.destroy();
      await balancer.endClean();
    });

    it('a tunnel of a removed listener is cut when its time is over', async (t) => {
      const [a] = await startEndpoints(t, 'a');
      const both = '"127.0.0.1:0", admin: "127.0.0.1:0"';
      const balancer = await ReloadingBalancer.start(t, config([pool('web', [a])], '', both));
      const kept = await Tunnel.open(t, balancer.port('web'));
      const cut = await Tunnel.open(t, balancer.port('admin'));
      await balancer.reload(config([pool('web', [a])], 'timeouts: { drain: 50ms }'));
      await until(() => cut.isClosed, 'the cut');
      await kept.echo('unchanged');
      kept.socket.destroy();
      await balancer.endClean();
    });
  });
}

describe('requests and clients over a reload', () => {
  const config = configFor(1);

  it('a request of a removed endpoint is answered by it, and goes elsewhere when its time is over', async (t) => {
    const [a, b] = await startEndpoints(t, 'ab');
    const balancer = await ReloadingBalancer.start(t, config([pool('web', [a])]));
    const finished = get(balancer.port(), '/held/1');
    await until(() => a.held.length === 1, 'the request at the endpoint');
    await balancer.reload(config([pool('web', [b])]));
    assert.equal(await get(balancer.port()), '200 b');
    a.held[0].end('late');
    assert.equal(await finished, '200 late');

    await balancer.reload(config([pool('web', [a])]));
    const moved = get(balancer.port(), '/held/2');
    await until(() => a.held.length === 2, 'the request at the endpoint');
    await balancer.reload(config([pool('web', [b])], 'timeouts: { drain: 50ms }'));
    await until(() => b.held.length === 1, 'the request at the other endpoint');
    b.held[0].end('moved');
    assert.equal(await moved, '200 moved');
    await balancer.endClean();
  });

  it('a request that may not be sent twice says that its endpoint was removed', async (t) => {
    const [a, b] = await startEndpoints(t, 'ab');
    const balancer = await ReloadingBalancer.start(t, config([pool('web', [a])]));
    const socket = net.connect({ host: '127.0.0.1', port: balancer.port() });
    t.after(() => socket.destroy());
    socket.write('POST /held/1 HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi');
    await until(() => a.held.length === 1, 'the request at the endpoint');
    await balancer.reload(config([pool('web', [b])], 'timeouts: { drain: 50ms }'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 502 .*Fairlead-Error: endpoint-removed\r\n/is);
    socket.destroy();
    await balancer.endClean();
  });

  it('a request of a removed pool does not go to another endpoint of that pool', async (t) => {
    const [a, b, c] = await startEndpoints(t, 'abc');
    const balancer = await ReloadingBalancer.start(t, config([pool('web', [a, b])]));
    const cut = get(balancer.port(), '/held/1');
    await until(() => a.held.length + b.held.length === 1, 'the request at an endpoint');
    await balancer.reload(config([pool('new', [c])], 'timeouts: { drain: 50ms }'));
    assert.match(await cut, /^502 /);
    assert.equal(a.requests + b.requests, 1);
    await balancer.endClean();
  });

  it('a request that waits for a place at a removed endpoint goes to another', async (t) => {
    const [a, b] = await startEndpoints(t, 'ab');
    const balancer = await ReloadingBalancer.start(t, config([pool('web', [a], 'maxConnections: 1,')]));
    const first = get(balancer.port(), '/held/1');
    await until(() => a.held.length === 1, 'the request at the endpoint');
    const waiting = get(balancer.port(), '/x');
    await until(
      () => balancer.running.balancer.stats().pools[0].endpoints[0].inFlight === 2,
      'the second request waits',
    );
    await balancer.reload(config([pool('web', [b], 'maxConnections: 1,')]));
    assert.equal(await waiting, '200 b');
    a.held[0].end('late');
    assert.equal(await first, '200 late');
    await balancer.endClean();
  });

  it('keep-alive clients of a removed listener finish and are told to go', async (t) => {
    const [a] = await startEndpoints(t, 'a');
    const both = '"127.0.0.1:0", admin: "127.0.0.1:0"';
    const balancer = await ReloadingBalancer.start(t, config([pool('web', [a])], '', both));
    const port = balancer.port('admin');
    const connect = async (): Promise<{ socket: net.Socket; text: () => string; closed: Promise<unknown> }> => {
      const socket = net.connect({ host: '127.0.0.1', port });
      t.after(() => socket.destroy());
      let text = '';
      socket.on('data', (data) => (text += data.toString('latin1')));
      await once(socket, 'connect');
      return { socket, text: () => text, closed: once(socket, 'close') };
    };
    const [idle, active, later] = [await connect(), await connect(), await connect()];
    for (const { socket, text } of [idle, active, later]) {
      socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
      await until(() => text().endsWith('\r\n\r\na'), 'an answer');
      assert.doesNotMatch(text(), /connection: close/i);
    }
    active.socket.write('GET /held HTTP/1.1\r\nHost: test\r\n\r\n');
    await until(() => a.held.length === 1, 'the request at the endpoint');
    // Half a head: this one is not idle, and may take its time.
    later.socket.write('GET /again HTTP/1.1\r\n');
    await balancer.reload(config([pool('web', [a])]));
    assert.match(await get(port), /ECONNREFUSED/);
    later.socket.write('Host: test\r\n\r\n');
    await later.closed;
    assert.match(later.text(), /connection: close\r\n[^]*\r\na$/i);
    a.held[0].end('late');
    await active.closed;
    assert.match(active.text(), /connection: close\r\n[^]*\r\nlate$/i);
    await idle.closed;
    assert.equal(await get(balancer.port()), '200 a');
    await balancer.endClean();
  });
});
