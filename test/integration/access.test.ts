/** Who may use a route: `allow`, `deny`, and lists of addresses. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { createBalancer } from '../../src/runtime/create-balancer.ts';
import type { ListEvent } from '../../src/runtime/control/list-event.ts';
import type { Balancer } from '../../src/runtime/balancer.ts';
import { ListError } from '../../src/runtime/control/list-error.ts';
import { COUNTER_ATTEMPTS } from '../../src/core/shared/pool-table.ts';
import { tempFolder } from '../support/access-log.ts';
import { startHttpServer } from '../support/http-server.ts';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const served = answering(() => ok('from the endpoint'));

proxied(
  'a client that a route denies gets 403 denied, nothing of it reaches an endpoint, and its connection goes on',
  {
    trustedProxies: ['127.0.0.1'],
    routes: [
      {
        pool: 'web',
        access: {
          allow: { networks: ['10.0.0.0/8', '2001:db8::/32'], lists: [] },
          deny: { networks: ['10.9.0.0/16'], lists: [] },
        },
      },
    ],
  },
  served,
  async ({ client, plane }) => {
    const peer = await client();
    const asked: readonly (readonly [string, number])[] = [
      ['10.1.2.3', 200],
      ['10.9.2.3', 403],
      ['192.0.2.1', 403],
      ['2001:DB8::7', 200],
      ['2001:db9::7', 403],
      ['::ffff:10.1.2.3', 200],
      ['10.1.2.3, unknown', 403],
      ['10.1.2.3', 200],
    ];
    for (const [from, status] of asked) {
      await peer.send(get('/', `X-Forwarded-For: ${from}\r\n`));
      const { status: actual, head } = await readResponse(peer);
      assert.equal(actual, status, from);
      if (status === 403) assert.match(head, /\r\nFairlead-Error: denied\r\n/);
    }
    assert.equal(plane.table.total(0, COUNTER_ATTEMPTS), 4);
  },
);

proxied(
  'a client that a route denies is not asked for its body',
  { routes: [{ pool: 'web', access: { allow: null, deny: { networks: ['127.0.0.0/8'], lists: [] } } }] },
  served,
  async ({ client }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    const { status } = await readResponse(peer);
    assert.equal(status, 403);
  },
);

async function ask(port: number, path = '/', from = ''): Promise<number> {
  const headers = from === '' ? {} : { 'x-forwarded-for': from };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

/** `routes` and `lists` of a balancer that believes what this machine says of clients. */
async function run(t: TestContext, text: string, threads = 1): Promise<{ port: number; balancer: Balancer }> {
  const endpoint = await startHttpServer(t, (_request, response) => response.end('ok'));
  const common = `threads: ${threads}\nlisteners: { web: 127.0.0.1:0 }\ntrustedProxies: [127.0.0.1]\n`;
  const { balancer, port } = await runBalancer(`${common}pools: { web: [127.0.0.1:${endpoint}] }\n${text}`);
  t.after(() => balancer.close({ force: true }));
  return { balancer, port };
}

describe('a list of addresses', () => {
  it('a list of addresses says on every thread who may use a route, and counts whom it has decided about', async (t) => {
    const { port, balancer } = await run(
      t,
      [
        'lists: { office: [10.0.0.0/8, 2001:db8::/32], drop: { addresses: 10.6.6.6 } }',
        'routes:',
        '  - { match: { path: /admin/* }, pool: web, allow: [office, 192.0.2.1] }',
        '  - { pool: web, deny: drop }',
      ].join('\n'),
      4,
    );
    for (let round = 0; round < 4; round++) {
      assert.equal(await ask(port, '/admin/x', '10.1.1.1'), 200);
      assert.equal(await ask(port, '/admin/x', '192.0.2.1'), 200);
      assert.equal(await ask(port, '/admin/x', '192.0.2.2'), 403);
      assert.equal(await ask(port, '/', '10.6.6.6'), 403);
      assert.equal(await ask(port, '/', '192.0.2.2'), 200);
    }
    const figures = balancer.stats().lists.map(({ list, source, entries, hits }) => [list, source, entries, hits]);
    assert.deepEqual(figures, [
      ['office', 'inline', 2, 4],
      ['drop', 'inline', 1, 4],
    ]);
  });

  it('a route that refuses clients refuses them under every way to write its path', async (t) => {
    const { port } = await run(
      t,
      'routes: [{ match: { path: /admin/* }, pool: web, allow: 10.0.0.0/8 }, { pool: web }]',
    );
    for (const path of ['/admin/x', '/%61dmin/x', '/admin%2Fx', '//admin/x', '/x/..%2fadmin/x', '/admin;a/x']) {
      assert.equal(await ask(port, path, '192.0.2.1'), 403, path);
    }
    assert.equal(await ask(port, '/other', '192.0.2.1'), 200);
  });

  it('a list of addresses that a reload changes counts from then on, on connections that are open as well', async (t) => {
    const routes = 'routes: [{ pool: web, deny: drop }]';
    const { port, balancer } = await run(t, `lists: { drop: [10.0.0.1] }\n${routes}`, 2);
    assert.equal(await ask(port, '/', '10.0.0.1'), 403);
    assert.equal(await ask(port, '/', '10.0.0.2'), 200);
    const [pool] = balancer.stats().pools;
    const common = `threads: 2\nlisteners: { web: 127.0.0.1:0 }\ntrustedProxies: [127.0.0.1]\n`;
    const pools = `pools: { web: ["${pool.endpoints[0].endpoint}"] }\n`;
    const { summary } = await balancer.reload(configOf(`${common}${pools}lists: { drop: [10.0.0.2] }\n${routes}`));
    assert.equal(summary, 'lists changed');
    assert.equal(await ask(port, '/', '10.0.0.1'), 200);
    assert.equal(await ask(port, '/', '10.0.0.2'), 403);
    await balancer.replaceWorkers();
    assert.equal(await ask(port, '/', '10.0.0.2'), 403, 'on a thread that came later');
    assert.equal(balancer.stats().lists[0].hits, 3);
  });

  it('a list of addresses comes from a file, and one that cannot be used is a mistake at the start', async (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'drop.netset');
    writeFileSync(file, '# bad ones\n10.0.0.0/24\n');
    const text = `lists: { drop: { file: ${file} } }\nroutes: [{ pool: web, deny: drop }]`;
    const { port } = await run(t, text);
    assert.equal(await ask(port, '/', '10.0.0.77'), 403);
    assert.equal(await ask(port, '/', '10.0.1.77'), 200);
    writeFileSync(file, 'nothing of the kind\n');
    const balancer = createBalancer(
      configOf(`listeners: { web: 127.0.0.1:0 }\npools: { web: [127.0.0.1:1] }\n${text}`),
    );
    await assert.rejects(balancer.listen(), (error: unknown) => {
      assert.ok(error instanceof ListError);
      assert.equal(error.code, 'FL_LIST');
      assert.match(error.message, /^list drop: .*drop\.netset: line 1: 1 of 1 lines are no addresses/);
      return true;
    });
  });

  it('a list of addresses that is published is kept in stateDir, for a start at which nobody answers', async (t) => {
    const stateDir = join(tempFolder(t), 'state');
    mkdirSync(stateDir);
    const published = { text: '{"prefixes":[{"ip":"10.0.0.0/24","use":"web"},{"ip":"10.0.1.0/24","use":"db"}]}' };
    const conditions: (string | undefined)[] = [];
    const source = await startHttpServer(t, (request, response) => {
      conditions.push(request.headers['if-none-match']);
      const etag = `"${published.text.length}"`;
      if (published.text === '') request.socket.destroy();
      else if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { etag }).end(published.text);
    });
    const list = `url: http://127.0.0.1:${source}/ranges.json, where: { use: w* }, keys: ip, refresh: 100ms`;
    const text = `stateDir: ${stateDir}\nlists: { cloud: { ${list} } }\nroutes: [{ pool: web, allow: cloud }]`;
    const first = await run(t, text);
    const events: ListEvent[] = [];
    first.balancer.on('list', (event) => events.push(event));
    assert.equal(await ask(first.port, '/', '10.0.0.1'), 200);
    assert.equal(await ask(first.port, '/', '10.0.1.1'), 403);
    await until(() => conditions.includes(`"${published.text.length}"`), 'it is asked for what has changed');
    published.text = '{"prefixes":[{"ip":"10.0.3.0/24","use":"web"}]}';
    await until(async () => (await ask(first.port, '/', '10.0.3.1')) === 200, 'the new one counts');
    assert.equal(await ask(first.port, '/', '10.0.0.1'), 403);
    published.text = '';
    await until(() => events.some(({ change }) => change === 'unusable'), 'it is said that nobody answers');
    assert.equal(await ask(first.port, '/', '10.0.3.1'), 200);
    assert.match(first.balancer.stats().lists[0].trouble, /cannot be got/);
    await first.balancer.close({ force: true });
    const second = await run(t, text);
    assert.equal(await ask(second.port, '/', '10.0.3.1'), 200, 'from the copy that was kept');
  });
});
