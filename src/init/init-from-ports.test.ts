import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startBackend } from '../backend/backend.ts';
import { parseConfig } from '../config/load.ts';
import type { Config } from '../config/config.ts';
import { findListeningPorts, findProcesses } from '../machine/listening-ports.ts';
import type { PortHolder } from '../machine/listening-ports.ts';
import { initFromPorts } from './init-from-ports.ts';
import type { Surroundings } from './ports/find-servers.ts';

/** A machine on which these ports listen. The time is long: the test machine may be slow. */
function machineWith(...ports: readonly number[]): Surroundings {
  return {
    listeningPorts: () => Promise.resolve(ports.map((port) => ({ port, inode: '1' }))),
    processes: () => Promise.resolve(new Map([['1', holderOf('/srv/web')]])),
    timeoutMs: 10_000,
  };
}

function holderOf(folder: string): PortHolder {
  return { pid: 1, program: 'node', command: ['node', 'server.js'], folder };
}

const NO_PROC = existsSync('/proc/self/fd') ? false : 'there is no /proc';

const PROGRAM = `require('node:http').createServer((_, response) => response.end('ok'))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

/** `node server.js` in a folder of this name. */
async function startProgram(name: string, t: TestContext): Promise<{ readonly port: number }> {
  const folder = join(await folderOf(t), name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'server.js'), PROGRAM);
  const child = spawn(process.execPath, ['server.js'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(line.toString()) };
}

const shared = new WeakMap<TestContext, Promise<string>>();

/** One folder for a test, which is gone with it. */
function folderOf(t: TestContext): Promise<string> {
  const known = shared.get(t);
  if (known !== undefined) return known;
  const made = mkdtemp(join(tmpdir(), 'fairlead-init-run-'));
  shared.set(t, made);
  t.after(async () => rm(await made, { recursive: true, force: true }));
  return made;
}

interface Result {
  readonly said: string;
  readonly text: string;
  readonly config: Config;
}

async function initWith(machine: Surroundings, t: TestContext): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-init-ports-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const log = t.mock.method(console, 'log', () => undefined);
  const output = join(folder, 'my.yaml');
  assert.equal(await initFromPorts({ output, force: false, json: false }, machine), true);
  const text = await readFile(output, 'utf8');
  const parsed = parseConfig(text, output, { env: {} });
  assert.ok('config' in parsed);
  const said = log.mock.calls.flatMap((call) => call.arguments as unknown[]).join('\n');
  return { said: said.replaceAll(folder, ''), text, config: parsed.config };
}

describe('init from what runs here', () => {
  it('init from what runs here makes one pool of all that answers, checked by a path that all answer', async (t) => {
    await using first = await startBackend({});
    await using second = await startBackend({});
    const ports = [first.port, second.port].sort((a, b) => a - b);
    const { said, config } = await initWith(machineWith(...ports), t);
    assert.deepEqual(
      config.pools.map(({ id, policy, endpoints }) => [id, policy, endpoints.map((each) => each.id)]),
      [['web', 'power-of-two', ports.map((port) => `localhost:${port}`)]],
    );
    assert.deepEqual(
      config.pools[0].checks.map((check) => [check.kind, check.kind === 'http' && check.path, check.intervalMs]),
      [['http', '/healthz', 5000]],
    );
    assert.match(said, /^Found 2 HTTP servers:\n {2}localhost:\d+ {2}answers 200, .*process node\n/);
    assert.match(said, /\n {2}fairlead check -c \/my\.yaml\n {2}fairlead run -c \/my\.yaml(?:\n|$)/);
  });

  it('init from what runs here makes a pool of each application, with a route by a name below localhost', async (t) => {
    await using shop = await startBackend({});
    await using blog = await startBackend({});
    await using broken = await startBackend({ errorRate: 1 });
    const machine: Surroundings = {
      listeningPorts: () => Promise.resolve([shop, blog, broken].map(({ port }) => ({ port, inode: String(port) }))),
      processes: () =>
        Promise.resolve(
          new Map([
            [String(shop.port), holderOf('/srv/shop')],
            [String(blog.port), holderOf('/srv/blog')],
          ]),
        ),
      timeoutMs: 10_000,
    };
    const { said, config } = await initWith(machine, t);
    assert.deepEqual(
      config.routes.map(({ match, pool }) => [match.host, pool]),
      [
        ['shop.localhost', 'shop'],
        ['blog.localhost', 'blog'],
        [null, 'shop'],
      ],
    );
    assert.deepEqual(
      config.pools.map(({ id, endpoints }) => [id, endpoints.map((each) => each.id)]),
      [
        ['shop', [`localhost:${shop.port}`]],
        ['blog', [`localhost:${blog.port}`]],
      ],
    );
    assert.match(said, /^Found 2 HTTP servers of 2 applications:\nshop, for shop\.localhost:\n {2}localhost:\d+ /);
    assert.match(said, new RegExp(`\nLeft out:\n  localhost:${broken.port}  answers 503: it fails\n`));
  });

  it('init from what runs here tells applications apart by what really runs', { skip: NO_PROC }, async (t) => {
    const folders = ['shop', 'shop', 'blog'];
    const running = await Promise.all(folders.map((name) => startProgram(name, t)));
    const ports = running.map(({ port }) => port);
    const machine: Surroundings = {
      listeningPorts: async () => (await findListeningPorts()).filter(({ port }) => ports.includes(port)),
      processes: findProcesses,
      timeoutMs: 10_000,
    };
    const { config } = await initWith(machine, t);
    const endpointsOf = (...indexes: number[]): readonly string[] =>
      indexes
        .map((index) => ports[index])
        .sort((a, b) => a - b)
        .map((port) => `localhost:${port}`);
    assert.deepEqual(
      Object.fromEntries(config.pools.map(({ id, endpoints }) => [id, endpoints.map((each) => each.id)])),
      { shop: endpointsOf(0, 1), blog: endpointsOf(2) },
    );
  });

  it('init from what runs here listens on this machine alone, on a port that nobody has', async (t) => {
    const { config } = await initWith(machineWith(), t);
    const [{ host, port }] = config.listeners;
    assert.equal(host, '127.0.0.1');
    assert.ok(port >= 8080 && port < 8180, String(port));
  });

  it('init from what runs here writes an example, and says so, where nothing answers', async (t) => {
    const { said, text, config } = await initWith(machineWith(), t);
    assert.match(said, /^No HTTP server answered on this machine\./);
    assert.deepEqual(
      config.pools[0].endpoints.map(({ id }) => id),
      ['localhost:3000'],
    );
    assert.deepEqual(config.pools[0].checks, []);
    assert.match(text, /^ {4}# check: \{ http: \/healthcheck, interval: 5s \}$/m);
  });
});
