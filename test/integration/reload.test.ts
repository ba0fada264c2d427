/** Another config under traffic: routes, pools, endpoints and settings, at the socket, with 0, 1 and 4 threads. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it } from 'node:test';
import { ReloadingBalancer, get, pool, startEndpoints, startTraffic } from '../support/reloading.ts';
import { until } from '../support/until.ts';

type Write = (pools: readonly string[], more?: string) => string;

const configFor =
  (threads: number): Write =>
  (pools, more = '') => `
    threads: ${threads}
    listeners: { web: "127.0.0.1:0" }
    pools: { ${pools.join(', ')} }
    ${more}
  `;

const routes = (list: readonly string[]): string => `routes: [${list.join(', ')}]`;

for (const threads of [0, 1, 4]) {
  describe(`a reload with ${threads} threads`, () => {
    const config = configFor(threads);

    it(`fifty reloads under traffic lose and confuse no request (${threads} threads)`, async (t) => {
      const [a, b, c, d] = await startEndpoints(t, 'abcd');
      // Requests for /x go to a or b, those for /y to c or d: whatever else comes and goes.
      const toX = '{ name: x, match: { path: "/x/*" }, pool: one }';
      const toY = '{ name: y, match: { path: "/y/*" }, pool: two }';
      const spare = '{ name: spare, match: { path: "/z/*" }, pool: spare }';
      const texts = [
        config([pool('one', [a]), pool('two', [c])], routes([toX, toY])),
        config([pool('one', [b]), pool('two', [d, c]), pool('spare', [a])], routes([spare, toX, toY])),
        config([pool('two', [d]), pool('one', [b, a], 'policy: round-robin,')], routes([toY, toX])),
        config([pool('one', [a, b]), pool('two', [c])], `${routes([toX, toY])}\n    headers: { via: false }`),
      ];
      const balancer = await ReloadingBalancer.start(t, texts[0]);
      const expected: Readonly<Record<string, RegExp>> = { '/x/1': /^200 [ab]$/, '/y/1': /^200 [cd]$/ };
      const traffic = startTraffic(t, balancer.port(), 8, Object.keys(expected), (answer, path) =>
        expected[path].test(answer),
      );
      for (let round = 1; round <= 50; round++) {
        await balancer.reload(texts[round % texts.length]);
        await traffic.more(8);
      }
      await traffic.stop();
      t.diagnostic(`${traffic.done} requests`);
      assert.deepEqual(traffic.wrong, {});
      await balancer.endClean();
    });
  });
}

for (const threads of [0, 4]) {
  describe(`what a reload changes, ${threads} threads`, () => {
    const config = configFor(threads);

    it(`a reload sends the very next requests to the endpoints there are now, each its share (${threads} threads)`, async (t) => {
      const endpoints = await startEndpoints(t, 'abc');
      const [a, b, c] = endpoints;
      const text = (list: readonly string[]): string =>
        config([`web: { policy: round-robin, endpoints: [${list.join(', ')}] }`]);
      const balancer = await ReloadingBalancer.start(t, text([`"${a.address}"`, `"${b.address}"`]));
      const shares = async (requests: number): Promise<number[]> => {
        for (const endpoint of endpoints) endpoint.requests = 0;
        await Promise.all(Array.from({ length: requests }, () => get(balancer.port())));
        return endpoints.map((endpoint) => endpoint.requests);
      };
      assert.deepEqual(await shares(40), [20, 20, 0]);
      await balancer.reload(text([`"${a.address}"`, `"${b.address}"`, `"${c.address}"`]));
      assert.deepEqual(await shares(60), [20, 20, 20]);
      await balancer.reload(text([`{ address: "${a.address}", weight: 3 }`, `"${c.address}"`]));
      assert.deepEqual(await shares(40), [30, 0, 10]);
      await balancer.endClean();
    });

    it(`a reload keeps the counters of what stays, and gives none of them to what takes a place (${threads} threads)`, async (t) => {
      const [a, b] = await startEndpoints(t, 'ab');
      const route = (name: string): string => `{ name: ${name}, match: { path: "/${name}/*" }, pool: web }`;
      const balancer = await ReloadingBalancer.start(t, config([pool('web', [a])], routes([route('x'), route('y')])));
      const requestsOf = (): Record<string, number> =>
        Object.fromEntries(balancer.running.balancer.stats().routes.map(({ route, requests }) => [route, requests]));
      for (let count = 0; count < 5; count++) assert.equal(await get(balancer.port(), '/x/1'), '200 a');
      assert.equal(await get(balancer.port(), '/y/1'), '200 a');
      await until(() => requestsOf()['y'] === 1 && requestsOf()['x'] === 5, 'all are counted');
      // Enough new routes, several times, that rows are given again and the table has to grow.
      for (let round = 0; round < 4; round++) {
        const many = Array.from({ length: 10 + round * 20 }, (_none, index) => route(`r${round}-${index}`));
        await balancer.reload(config([pool('web', [a, b])], routes([route('x'), ...many])));
        const { x, ...others } = requestsOf();
        assert.equal(x, 5);
        assert.deepEqual(new Set(Object.values(others)), new Set([0]));
      }
      const [{ endpoints }] = balancer.running.balancer.stats().pools;
      assert.deepEqual(
        endpoints.map(({ attempts }) => attempts),
        [6, 0],
      );
      await balancer.endClean();
    });

    it(`a reload keeps sockets and counters of a pool that outgrows its table (${threads} threads)`, async (t) => {
      const [a] = await startEndpoints(t, 'a');
      const dead = Array.from({ length: 200 }, (_none, index) => `{ address: "127.0.0.1:${index + 1}", weight: 1 }`);
      const text = (more: readonly string[]): string =>
        config([
          `web: { policy: round-robin, ejection: false, endpoints: [{ address: "${a.address}", weight: 256 }${more.map((one) => `, ${one}`).join('')}] }`,
        ]);
      const balancer = await ReloadingBalancer.start(t, text([]));
      assert.equal(await get(balancer.port()), '200 a');
      const seen = (): Record<string, number> => {
        const [{ endpoints }] = balancer.running.balancer.stats().pools;
        const { attempts, connections, idleConnections } = endpoints[0];
        return { attempts, connections, idleConnections };
      };
      await until(() => seen()['idleConnections'] === 1, 'the connection lies idle');
      await balancer.reload(text(dead));
      assert.deepEqual(seen(), { attempts: 1, connections: 1, idleConnections: 1 });
      await balancer.reload(text([]));
      assert.equal(await get(balancer.port()), '200 a');
      await until(() => seen()['attempts'] === 2, 'the request is counted');
      await balancer.endClean();
    });

    it(`a reload lets a policy, a header rule and a limit take effect on connections that are open (${threads} threads)`, async (t) => {
      const endpoints = await startEndpoints(t, 'ab');
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      const balancer = await ReloadingBalancer.start(t, config([pool('web', endpoints, 'policy: random,')]));
      const port = balancer.port();
      const long = `/?${'x'.repeat(2000)}`;
      assert.match(await get(port, long, agent), /^200 /);
      await balancer.reload(config([pool('web', endpoints, 'policy: round-robin,')], 'limits: { target: 1KiB }'));
      const names = [];
      for (let count = 0; count < 4; count++) names.push(await get(port, '/', agent));
      assert.deepEqual(names.sort(), ['200 a', '200 a', '200 b', '200 b']);
      assert.match(await get(port, long, agent), /^414 /);
      await balancer.endClean();
    });

    it(`a reload says what has changed, in words and as data, and nothing where nothing has (${threads} threads)`, async (t) => {
      const [a, b] = await startEndpoints(t, 'ab');
      const balancer = await ReloadingBalancer.start(t, config([pool('web', [a])]));
      const heard: string[] = [];
      balancer.running.balancer.on('reload', ({ summary }) => heard.push(summary));
      const same = await balancer.reload(config([pool('web', [a])]));
      assert.deepEqual([same.version, same.changes, same.summary], [2, [], 'nothing changed']);
      const other = await balancer.reload(config([pool('web', [b])], 'limits: { target: 4KiB }'));
      assert.deepEqual(other.changes, [
        { kind: 'setting-changed', setting: 'limits' },
        { kind: 'endpoint-added', pool: 'web', endpoint: b.address },
        { kind: 'endpoint-removed', pool: 'web', endpoint: a.address },
      ]);
      assert.ok(other.durationMs > 0);
      assert.deepEqual(heard, ['nothing changed', 'limits changed, 1 endpoint added, 1 endpoint removed']);
      await balancer.endClean();
    });
  });
}
