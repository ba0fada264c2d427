/** Clients that are banned: 403 on every route, on connections that are open as well. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { defaultSocketPath } from '../../src/admin/socket-path.ts';
import type { Balancer } from '../../src/runtime/balancer.ts';
import { BanRefused } from '../../src/runtime/control/ban.ts';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { isOpen } from '../support/unix-server.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;

/** `more`: what a config has besides a route to one server. */
async function textOf(t: TestContext, more: string): Promise<string> {
  const endpoint = await startHttpServer(t, (_request, response) => response.end('ok'));
  const trusted = 'trustedProxies: [127.0.0.1, 10.9.9.9]';
  return `threads: 2\nlisteners: { web: 127.0.0.1:0 }\n${trusted}\npools: { web: [127.0.0.1:${endpoint}] }\n${more}\n`;
}

async function run(t: TestContext, text: string): Promise<{ port: number; balancer: Balancer }> {
  const { balancer, port } = await runBalancer(text);
  t.after(() => balancer.close({ force: true }));
  return { balancer, port };
}

/** Asks as a client behind a proxy, by one connection for all requests. */
function clientOf(t: TestContext, port: number): (from: string) => Promise<string> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  return async (from) => {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const headers = { 'x-forwarded-for': from };
    http.get({ host: '127.0.0.1', port, agent, headers }, resolve).on('error', reject);
    const response = await promise;
    response.resume();
    return `${response.statusCode} ${String(response.headers['fairlead-error'] ?? '')}`;
  };
}

describe('a ban', () => {
  it('a ban keeps a client out with its next request on an open connection, until it is over or taken back', async (t) => {
    const { port, balancer } = await run(t, await textOf(t, 'banTable: { keys: 64 }'));
    const ask = clientOf(t, port);
    assert.equal(await ask('192.0.2.1'), '200 ');
    assert.equal(await ask('2001:db8::1'), '200 ');
    const ban = balancer.ban('192.0.2.1', HOUR_MS, 'scanner');
    balancer.ban('2001:DB8::2', 2 * HOUR_MS);
    assert.equal(await ask('192.0.2.1'), '403 banned');
    assert.equal(await ask('2001:db8::ffff'), '403 banned', 'its network');
    assert.equal(await ask('192.0.2.2'), '200 ');
    assert.equal(ban.until - ban.since, HOUR_MS);
    const told = balancer.bans().map(({ client, reason }) => [client, reason]);
    assert.deepEqual(told, [
      ['192.0.2.1', 'scanner'],
      ['2001:db8::/64', ''],
    ]);
    assert.equal(balancer.unban('192.0.2.1'), true);
    assert.equal(balancer.unban('192.0.2.1'), false);
    assert.equal(await ask('192.0.2.1'), '200 ');
    balancer.ban('192.0.2.3', 1);
    await until(async () => (await ask('192.0.2.3')) === '200 ', 'the ban is over');
    assert.equal(balancer.bans().length, 1);
  });

  it('a ban holds on threads that come later, and over a reload, with another table as well', async (t) => {
    const text = await textOf(t, 'banTable: { keys: 64 }');
    const { port, balancer } = await run(t, text);
    const ask = clientOf(t, port);
    balancer.ban('192.0.2.1', HOUR_MS);
    await balancer.replaceWorkers();
    assert.equal(await ask('192.0.2.1'), '403 banned');
    await balancer.reload(configOf(text.replace('64', '640')));
    assert.equal(await clientOf(t, port)('192.0.2.1'), '403 banned');
    balancer.ban('192.0.2.2', HOUR_MS);
    assert.equal(await clientOf(t, port)('192.0.2.2'), '403 banned');
  });

  it('a ban is there after a restart with stateDir', async (t) => {
    const text = await textOf(t, `banTable: {}\nstateDir: ${join(tempFolder(t), 'state')}`);
    const first = await run(t, text);
    first.balancer.ban('192.0.2.1', HOUR_MS, 'scanner');
    first.balancer.ban('192.0.2.2', HOUR_MS);
    first.balancer.unban('192.0.2.2');
    await first.balancer.close();
    const second = await run(t, text);
    assert.deepEqual(
      second.balancer.bans().map(({ client, reason }) => [client, reason]),
      [['192.0.2.1', 'scanner']],
    );
    assert.equal(await clientOf(t, second.port)('192.0.2.1'), '403 banned');
    assert.equal(await clientOf(t, second.port)('192.0.2.2'), '200 ');
  });

  it('a ban is refused for this machine, for trusted proxies, for what is no client, and without banTable', async (t) => {
    const { balancer } = await run(t, await textOf(t, 'banTable: {}'));
    const refused: readonly (readonly [string, string])[] = [
      ['127.0.0.1', 'spared'],
      ['::1', 'spared'],
      ['10.9.9.9', 'spared'],
      ['::ffff:10.9.9.9', 'spared'],
      ['office', 'bad-client'],
      ['192.0.2.0/24', 'bad-client'],
    ];
    for (const [client, code] of refused) {
      assert.throws(
        () => balancer.ban(client, HOUR_MS),
        (error) => error instanceof BanRefused && error.code === code,
        client,
      );
    }
    assert.deepEqual(balancer.bans(), []);
    const other = await run(t, await textOf(t, ''));
    assert.throws(() => other.balancer.ban('192.0.2.1', HOUR_MS), /banTable: \{\}/);
    assert.deepEqual(other.balancer.bans(), []);
  });

  it('a ban is begun, told and taken back by commands', async (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'banned.yaml');
    writeFileSync(file, await textOf(t, 'banTable: {}'));
    const env = { RUNTIME_DIRECTORY: folder };
    await using running = new FairleadProcess(['run', '-c', file], { env });
    await until(() => isOpen(defaultSocketPath(file, env)), 'the admin socket');
    const ask = clientOf(t, await running.port());
    const command = async (...args: readonly string[]): Promise<string> => {
      await using asked = new FairleadProcess([...args, '-c', file], { env });
      const { code } = await asked.ended;
      return `${code} ${asked.stdout.trim()}${asked.stderr.trim()}`;
    };
    assert.equal(await command('bans'), '0 nobody is banned');
    assert.match(
      await command('ban', '192.0.2.1', '--for', '2h', '--reason', 'scanner'),
      /^0 192\.0\.2\.1 is banned until 2/,
    );
    assert.match(await command('bans'), /^0 192\.0\.2\.1 +until \S+ +by the admin socket: scanner$/);
    assert.equal(await ask('192.0.2.1'), '403 banned');
    assert.match(await command('ban', '127.0.0.1'), /^3 fairlead: refused: 127\.0\.0\.1 is never banned/);
    assert.equal(await command('unban', '192.0.2.1'), '0 192.0.2.1 is banned no more');
    assert.match(await command('unban', '192.0.2.1'), /^3 fairlead: refused: 192\.0\.2\.1 is not banned/);
    assert.equal(await ask('192.0.2.1'), '200 ');
  });
});
