/** Listeners on unix sockets: their files, whom they give way to, and who comes by them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, lstatSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { createBalancer } from '../../src/runtime/create-balancer.ts';
import { ListenError } from '../../src/runtime/control/listeners.ts';
import { startHttpServer } from '../support/http-server.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { threeWays } from '../support/segmented-socket.ts';
import { WEB, listenAt, serve } from '../support/unix-listeners.ts';
import { getOver, socketFolder } from '../support/unix-server.ts';
import { until } from '../support/until.ts';

/** Puts a socket that nobody listens on at the path, as a process that was killed leaves it. */
async function leaveStale(path: string): Promise<void> {
  const server = net.createServer();
  server.listen(`${path}.other`);
  await once(server, 'listening');
  renameSync(`${path}.other`, path);
  server.close();
  await once(server, 'close');
  assert.ok(lstatSync(path).isSocket());
}

async function failureOf(t: TestContext, listeners: string): Promise<ListenError> {
  const balancer = createBalancer(
    configOf(`{ threads: 0, listeners: { ${listeners} }, pools: { web: ['localhost:1'] } }`),
  );
  t.after(() => balancer.close({ force: true }));
  const error: unknown = await balancer.listen().then(
    () => assert.fail('it listens'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ListenError, String(error));
  return error;
}

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8);
}

describe('a listener on a unix socket', () => {
  for (const threads of [0, 1, 3]) {
    it(`a listener on a unix socket serves, and its file goes at the end with nothing beside it (${threads} threads)`, async (t) => {
      const { balancer, path, folder } = await serve(t, `${WEB}, tcp: '127.0.0.1:0'`, threads);
      assert.deepEqual(await Promise.all([1, 2, 3].map(() => getOver(path('web.sock')))), Array(3).fill('200 hello'));
      assert.deepEqual(readdirSync(folder), ['web.sock']);
      const [, address] = balancer.addresses();
      assert.deepEqual(address, { listener: 'web', host: `unix:${path('web.sock')}`, port: 0, protocol: 'http' });
      await balancer.close();
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  threeWays(
    'a listener on a unix socket reads a request in any pieces, and one behind another',
    async (sockets) => {
      await serve(sockets.t, `web: 'unix:${sockets.pathOf(7)}'`, 0);
      const client = await sockets.connect(7);
      await client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      const answers = await client.readAll();
      assert.equal(answers.split('HTTP/1.1 200 OK').length, 3);
      assert.equal(answers.split('hello').length, 3);
    },
    undefined,
    'unix',
  );

  it('a listener on a unix socket lets its group connect by default, and whom its mode says', async (t) => {
    const { path, balancer, text } = await serve(
      t,
      `${WEB}, open: { address: 'unix:%/open.sock', mode: '666' }, own: { address: 'unix:%/own.sock', mode: '0600' }`,
      0,
    );
    assert.deepEqual(
      ['web', 'open', 'own'].map((name) => modeOf(path(`${name}.sock`))),
      ['660', '666', '600'],
    );
    const { ino } = lstatSync(path('web.sock'));
    await balancer.reload(configOf(text(`web: { address: 'unix:%/web.sock', mode: '640' }`)));
    assert.deepEqual([modeOf(path('web.sock')), lstatSync(path('web.sock')).ino], ['640', ino]);
  });

  it(
    'a listener on a unix socket gives its file the group that it names, by name or number',
    { skip: process.getuid?.() !== 0 },
    async (t) => {
      const line =
        readFileSync('/etc/group', 'utf8')
          .split('\n')
          .find((text) => text.startsWith('daemon:')) ?? '';
      const gid = Number(line.split(':')[2]);
      const { path } = await serve(
        t,
        `web: { address: 'unix:%/web.sock', group: daemon }, two: { address: 'unix:%/two.sock', group: ${gid} }`,
        0,
      );
      assert.deepEqual([lstatSync(path('web.sock')).gid, lstatSync(path('two.sock')).gid], [gid, gid]);
    },
  );

  it('a listener on a unix socket whose group this machine does not know is an error, with nothing left behind', async (t) => {
    const folder = socketFolder(t);
    const error = await failureOf(t, `web: { address: 'unix:${folder}/web.sock', group: nobody-has-this }`);
    assert.match(
      error.message,
      /listener web: cannot listen on unix:\S+web\.sock: there is no such group in \/etc\/group/,
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it('a listener on a unix socket takes the place of what a process has left behind', async (t) => {
    const folder = socketFolder(t);
    await leaveStale(join(folder, 'web.sock'));
    assert.equal(await getOver(join(folder, 'web.sock')), 'ECONNREFUSED');
    await serve(t, `web: 'unix:${folder}/web.sock'`, 0);
    assert.equal(await getOver(join(folder, 'web.sock')), '200 hello');
  });

  it('a listener on a unix socket leaves another process alone that listens there, and a file that is no socket', async (t) => {
    const folder = socketFolder(t);
    await listenAt(t, join(folder, 'live.sock'));
    writeFileSync(join(folder, 'text'), 'precious');
    const { ino } = lstatSync(join(folder, 'live.sock'));
    const taken = await failureOf(t, `web: 'unix:${folder}/live.sock'`);
    assert.deepEqual([taken.code, taken.reason, taken.host], ['FL_LISTEN', 'EADDRINUSE', `unix:${folder}/live.sock`]);
    assert.equal((await failureOf(t, `web: 'unix:${folder}/text'`)).reason, 'EEXIST');
    assert.equal((await failureOf(t, `web: 'unix:${folder}/none/web.sock'`)).reason, 'ENOENT');
    assert.equal((await failureOf(t, `web: 'unix:${folder}/text/web.sock'`)).reason, 'ENOTDIR');
    assert.equal(lstatSync(join(folder, 'live.sock')).ino, ino);
    assert.equal(readFileSync(join(folder, 'text'), 'utf8'), 'precious');
    assert.deepEqual(readdirSync(folder).toSorted(), ['live.sock', 'text']);
  });

  it('a listener on a unix socket does not remove a file that another process has put in its place', async (t) => {
    const { balancer, path, folder } = await serve(t, WEB, 0);
    await listenAt(t, path('other.sock'));
    renameSync(path('other.sock'), path('web.sock'));
    await balancer.close();
    assert.deepEqual(readdirSync(folder), ['web.sock']);
  });

  it('a listener on a unix socket whose path has the most bytes that there is room for serves', async (t) => {
    const folder = socketFolder(t);
    const longest = join(folder, 'x'.repeat(94 - folder.length - 1));
    assert.equal(longest.length, 94);
    await serve(t, `web: 'unix:${longest}'`, 0);
    assert.equal(await getOver(longest), '200 hello');
  });

  it('a listener on a unix socket lets connections beyond maxConnections wait until there is a place', async (t) => {
    const { path, balancer, endpoint } = await serve(t, WEB, 1, 'maxConnections: 1,');
    const limit = once(balancer, 'limit');
    const held = getOver(path('web.sock'), '/held');
    await until(() => endpoint.held() === 1, 'a request is under way');
    await limit;
    const waiting = [getOver(path('web.sock')), getOver(path('web.sock'))];
    await new Promise(setImmediate);
    assert.equal(balancer.stats().workers.connections, 1);
    endpoint.letGo();
    assert.deepEqual(await Promise.all([held, ...waiting]), ['200 held', '200 hello', '200 hello']);
  });

  it(
    'a listener on a name without a file serves, and is refused while another has the name',
    { skip: process.platform !== 'linux' },
    async (t) => {
      const name = `fairlead-${process.pid}-${Date.now()}`;
      const { balancer } = await serve(t, `web: 'unix:@${name}'`, 1);
      assert.equal(await getOver(`\0${name}`), '200 hello');
      assert.equal((await failureOf(t, `web: 'unix:@${name}'`)).reason, 'EADDRINUSE');
      await balancer.replaceWorkers();
      assert.equal(await getOver(`\0${name}`), '200 hello');
      await balancer.close();
      assert.equal(await getOver(`\0${name}`), 'ECONNREFUSED');
    },
  );
});

describe('who comes by a unix socket', () => {
  async function askThrough(t: TestContext, more: string, ofListener = ''): Promise<{ path: string; heads: string[] }> {
    const heads: string[] = [];
    const port = await startHttpServer(t, (request, response) => {
      const names = Object.keys(request.headers).filter((name) => /^(?:x-)?forwarded/.test(name));
      heads.push(
        names
          .toSorted()
          .map((name) => `${name}: ${String(request.headers[name])}`)
          .join('\n'),
      );
      response.end();
    });
    const path = join(socketFolder(t), 'web.sock');
    const { balancer } = await runBalancer(
      `{ threads: 0, listeners: { web: { address: 'unix:${path}' ${ofListener} } }, ${more} pools: { web: ['127.0.0.1:${port}'] } }`,
    );
    t.after(() => balancer.close({ force: true }));
    return { path, heads };
  }

  it('who comes by a unix socket has no entry in X-Forwarded-For, and is not believed', async (t) => {
    const { path, heads } = await askThrough(t, 'headers: { forwarded: on },');
    await getOver(path, '/', { headers: { host: 'a.test', 'x-forwarded-for': '192.0.2.1' } });
    assert.deepEqual(heads, [
      'forwarded: for=unknown;proto=http;host="a.test"\nx-forwarded-host: a.test\nx-forwarded-proto: http',
    ]);
  });

  it('who comes by a unix socket is believed where unix is one of trustedProxies, and its list goes on as it came', async (t) => {
    const { path, heads } = await askThrough(t, 'trustedProxies: [unix, 10.0.0.0/8],');
    const headers = { host: 'a.test', 'x-forwarded-for': '192.0.2.1, 10.1.1.1', 'x-forwarded-proto': 'https' };
    await getOver(path, '/', { headers });
    await getOver(path, '/', { headers: { host: 'a.test' } });
    assert.deepEqual(heads, [
      'x-forwarded-for: 192.0.2.1, 10.1.1.1\nx-forwarded-host: a.test\nx-forwarded-port: 443\nx-forwarded-proto: https',
      'x-forwarded-host: a.test\nx-forwarded-proto: http',
    ]);
  });

  it('who comes by a unix socket with a PROXY header is whom that names, and unix where it names nobody', async (t) => {
    const { path, heads } = await askThrough(t, '', ', proxyProtocol: { from: [unix] }');
    for (const header of ['PROXY TCP4 192.0.2.1 192.0.2.2 4000 443', 'PROXY UNKNOWN']) {
      const socket = net.connect({ path });
      socket.write(`${header}\r\nGET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`);
      await once(socket.resume(), 'close');
    }
    assert.deepEqual(heads, [
      'x-forwarded-for: 192.0.2.1\nx-forwarded-host: a.test\nx-forwarded-port: 443\nx-forwarded-proto: http',
      'x-forwarded-host: a.test\nx-forwarded-proto: http',
    ]);
  });

  it('who comes by a unix socket is called unix in the access log, or as a trusted proxy says', async (t) => {
    const file = join(socketFolder(t), 'access.log');
    const { path } = await askThrough(t, `accessLog: { to: { file: '${file}' } },`);
    await getOver(path);
    const trusting = await askThrough(t, `trustedProxies: [unix], accessLog: { to: { file: '${file}.2' } },`);
    await getOver(trusting.path, '/', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    const clients = async (log: string): Promise<unknown> => {
      await until(() => existsSync(log) && readFileSync(log, 'utf8').endsWith('\n'), 'the line');
      return (JSON.parse(readFileSync(log, 'utf8')) as { client: unknown }).client;
    };
    assert.deepEqual([await clients(file), await clients(`${file}.2`)], ['unix', '192.0.2.1']);
  });
});
