/** The operator's door: `fairlead run` on one side, the commands that ask it on the other. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { defaultSocketPath } from '../../src/admin/socket-path.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { request } from '../support/running-balancer.ts';
import { isOpen } from '../support/unix-server.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-admin-'));
after(() => rmSync(folder, { recursive: true }));
const env = { RUNTIME_DIRECTORY: folder };

/** A config of its own for each test, so that each has a socket of its own. */
function writeConfig(name: string, endpoints: readonly number[], more = ''): string {
  const file = join(folder, `${name}.yaml`);
  const list = endpoints.map((port) => `127.0.0.1:${port}`).join(', ');
  writeFileSync(
    file,
    `threads: 1\nlisteners: { web: { address: '127.0.0.1:0' } }\npools: { web: { endpoints: [${list}] } }\n${more}`,
  );
  return file;
}

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function fairlead(...args: readonly string[]): Promise<Said> {
  await using command = new FairleadProcess(args, { env });
  const { code } = await command.ended;
  return { code, stdout: command.stdout, stderr: command.stderr };
}

async function run(file: string): Promise<FairleadProcess & { readonly socket: string }> {
  const running = new FairleadProcess(['run', '-c', file], { env });
  await running.port();
  const socket = defaultSocketPath(file, env);
  await until(() => isOpen(socket), 'the admin socket');
  return Object.assign(running, { socket });
}

async function startPool(t: TestContext, count: number): Promise<readonly number[]> {
  return Promise.all(
    Array.from({ length: count }, () => startHttpServer(t, (_request, response) => response.end('ok'))),
  );
}

describe('the commands that ask a running Fairlead', () => {
  it('the commands that ask a running Fairlead say how it does, and how its endpoints are', async (t) => {
    const ports = await startPool(t, 2);
    const file = writeConfig('status', ports);
    await using running = await run(file);
    assert.equal(await request(await running.port()), '');
    const status = await fairlead('status', '-c', file);
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /^fairlead \S+, Node \S+, process \d+, up \d+ (?:s|min), .*status\.yaml\n/);
    assert.match(
      status.stdout,
      /\n {2}listener {2}web {2}http:\/\/127\.0\.0\.1:\d+\n {2}pool {2}web {2}2 of 2 up\n\nno problems\n$/,
    );
    const pools = await fairlead('pools', '-c', file, '--json');
    const content = JSON.parse(pools.stdout) as {
      pools: { id: string; endpoints: { id: string; state: string; requests: number }[] }[];
    };
    assert.equal(content.pools[0].id, 'web');
    assert.deepEqual(
      content.pools[0].endpoints.map(({ id, state }) => [id, state]),
      ports.map((port) => [`127.0.0.1:${port}`, 'healthy']),
    );
    assert.equal(
      content.pools[0].endpoints.reduce((sum, { requests }) => sum + requests, 0),
      1,
    );
  });

  it('the commands that ask a running Fairlead count the sessions of a listener of layer 4', async (t) => {
    const [port] = await startPool(t, 1);
    const file = join(folder, 'layer4.yaml');
    writeFileSync(
      file,
      `threads: 1\nlisteners: { db: { address: '127.0.0.1:0', tcp: db } }\npools: { db: ['127.0.0.1:${port}'] }\n`,
    );
    await using running = new FairleadProcess(['run', '-c', file], { env });
    const listener = Number(await running.said(/listener db on tcp:\/\/\S+:(\d+)/));
    assert.equal(await request(listener), '');
    await until(() => isOpen(defaultSocketPath(file, env)), 'the admin socket');
    const status = await fairlead('status', '-c', file);
    assert.match(
      status.stdout,
      /\n {2}listener {2}db {2}tcp:\/\/127\.0\.0\.1:\d+ {2}1 sessions, 0 found no endpoint\n/,
    );
    const { stdout } = await fairlead('status', '-c', file, '--json');
    const [content] = (JSON.parse(stdout) as { listeners: { protocol: string; sessions: number }[] }).listeners;
    assert.deepEqual([content.protocol, content.sessions], ['tcp', 1]);
  });

  it('the commands that ask a running Fairlead drain an endpoint, which is seen with who and why, and take it back', async (t) => {
    const ports = await startPool(t, 2);
    const file = writeConfig('drain', ports);
    await using running = await run(file);
    const place = `web/127.0.0.1:${ports[0]}`;
    const drained = await fairlead('endpoint', 'drain', place, '-c', file, '--reason', 'kernel upgrade');
    assert.deepEqual(drained, { code: 0, stdout: `${place} is draining, 0 requests in flight\n`, stderr: '' });
    const port = await running.port();
    for (let count = 0; count < 10; count++) assert.equal(await request(port), '');
    const pools = await fairlead('pools', '-c', file);
    assert.match(
      pools.stdout,
      new RegExp(
        `127\\.0\\.0\\.1:${ports[0]} +draining +1 +0 +0 +0 +0 +drained by the admin socket: kernel upgrade, since `,
      ),
    );
    assert.match(pools.stdout, new RegExp(`127\\.0\\.0\\.1:${ports[1]} +healthy +1 +0 +\\d+ +10 `));
    const status = await fairlead('status', '-c', file);
    assert.match(
      status.stdout,
      /problems\n {2}pool web: 127\.0\.0\.1:\d+ is draining: drained by the admin socket: kernel upgrade\n/,
    );
    running.kill('SIGHUP');
    await until(
      () => running.stderr.includes('reloaded in'),
      () => running.stderr,
    );
    const back = await fairlead('endpoint', 'undrain', place, '-c', file);
    assert.equal(back.stdout, `${place} is healthy, 0 requests in flight\n`);
    assert.match(running.stderr, /draining → healthy: drained no more by the admin socket/);
    const after = await fairlead('pools', '-c', file);
    assert.match(after.stdout, new RegExp(`${ports[0]} +healthy .* drained no more by the admin socket, since 2`));
    assert.match(after.stdout, new RegExp(`${ports[1]} +healthy .* added$`, 'm'));
  });

  it('the commands that ask a running Fairlead wait for what is in flight, and say when it takes too long', async (t) => {
    const waiting: http.ServerResponse[] = [];
    const port = await startHttpServer(t, (_request, response) => waiting.push(response));
    const file = writeConfig('wait', [port]);
    await using running = await run(file);
    const slow = request(await running.port());
    await until(() => waiting.length === 1, 'the request');
    const place = `web/127.0.0.1:${port}`;
    const late = await fairlead('endpoint', 'drain', place, '-c', file, '--wait', '100ms');
    assert.deepEqual(late, { code: 4, stdout: `${place} is draining, 1 request in flight\n`, stderr: '' });
    const waited = fairlead('endpoint', 'drain', place, '-c', file, '--wait', '30s');
    waiting[0].end();
    assert.deepEqual(await waited, { code: 0, stdout: `${place} is draining, 0 requests in flight\n`, stderr: '' });
    assert.equal(await slow, '');
  });

  it('the commands that ask a running Fairlead end with a code and a sentence where they cannot do it', async (t) => {
    const ports = await startPool(t, 1);
    const file = writeConfig('wrong', ports);
    const nobody = await fairlead('status', '-c', file);
    assert.equal(nobody.code, 69);
    assert.match(nobody.stderr, /^fairlead: nobody answers at .*\.sock: .*ENOENT/);
    await using running = await run(file);
    const unknown = await fairlead('endpoint', 'drain', 'web/localhost:1', '-c', file);
    assert.deepEqual(unknown, {
      code: 3,
      stdout: '',
      stderr: `fairlead: refused: pool web has no endpoint "localhost:1"; there is 127.0.0.1:${ports[0]}\n`,
    });
    const other = await fairlead('endpoint', 'drain', 'api/localhost:1', '-c', file);
    assert.deepEqual([other.code, other.stderr], [3, 'fairlead: refused: there is no pool "api"; there is web\n']);
    const named = await fairlead('status', '--admin', `unix:${running.socket}`);
    assert.equal(named.code, 0, named.stderr);
    const bad = await fairlead('status', '--admin', '127.0.0.1:9901');
    assert.equal(bad.code, 2);
    const off = await fairlead('status', '-c', writeConfig('off', [1], 'admin: off\n'));
    assert.deepEqual([off.code, off.stderr], [2, `fairlead: ${join(folder, 'off.yaml')} has admin: off\n`]);
  });
});

describe('the admin socket', () => {
  it('the admin socket can be opened by its user alone, takes the place of one that was left behind, and is gone at the end', async (t) => {
    const file = writeConfig('mode', await startPool(t, 1));
    const first = await run(file);
    assert.equal(lstatSync(first.socket).mode & 0o777, 0o600);
    first.kill('SIGKILL');
    await first.ended;
    assert.ok(existsSync(first.socket), 'it is left behind');
    await using second = await run(file);
    await until(async () => (await fairlead('status', '-c', file)).code === 0, 'it answers');
    second.kill('SIGTERM');
    assert.deepEqual(await second.ended, { code: 0, signal: null });
    assert.ok(!existsSync(second.socket));
  });

  it('the admin socket stays with the process that has it: a second one says so, and serves', async (t) => {
    const file = writeConfig('taken', await startPool(t, 1));
    await using first = await run(file);
    await using second = new FairleadProcess(['run', '-c', file], { env });
    assert.equal(await request(await second.port()), '');
    await until(
      () => /no admin socket: .* belongs to a process that runs/.test(second.stderr),
      () => second.stderr,
    );
    const { stdout } = await fairlead('status', '-c', file, '--json');
    assert.equal((JSON.parse(stdout) as { pid: number }).pid, first.pid);
  });

  it('the admin socket is not opened in a folder that others can write to', async (t) => {
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    const file = writeConfig('unsafe', await startPool(t, 1), `admin: unix:${shared}/admin.sock\n`);
    await using running = new FairleadProcess(['run', '-c', file], { env });
    await running.port();
    await until(
      () => /no admin socket: \S+ can be written to by other users/.test(running.stderr),
      () => running.stderr,
    );
    assert.ok(!existsSync(join(shared, 'admin.sock')));
  });

  it('the admin socket goes where a reload says', async (t) => {
    const ports = await startPool(t, 1);
    const file = writeConfig('moved', ports);
    await using running = await run(file);
    const moved = join(folder, 'elsewhere.sock');
    writeConfig('moved', ports, `admin: unix:${moved}\n`);
    running.kill('SIGHUP');
    await until(() => existsSync(moved) && !existsSync(running.socket), 'the other socket');
    assert.equal((await fairlead('status', '-c', file)).code, 0);
    writeConfig('moved', ports, 'admin: off\n');
    running.kill('SIGHUP');
    await until(() => !existsSync(moved), 'its end');
  });
});
