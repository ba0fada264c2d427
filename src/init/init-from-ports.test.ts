import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startBackend } from '../backend/backend.ts';
import { parseConfig } from '../config/load.ts';
import type { Config } from '../config/config.ts';
import { initFromPorts } from './init-from-ports.ts';
import type { Surroundings } from './ports/find-servers.ts';

/** A machine on which these ports listen. The time is long: the test machine may be slow. */
function machineWith(...ports: readonly number[]): Surroundings {
  return {
    listeningPorts: () => Promise.resolve(ports.map((port) => ({ port, inode: '1' }))),
    programs: () => Promise.resolve(new Map([['1', 'node']])),
    timeoutMs: 10_000,
  };
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
  it('makes one pool of all that answers, checked by a path that all answer', async (t) => {
    await using first = await startBackend({});
    await using second = await startBackend({});
    const ports = [first.port, second.port].sort((a, b) => a - b);
    const { said, config } = await initWith(machineWith(...ports), t);
    assert.deepEqual(
      config.pools.map(({ id, policy, endpoints }) => [id, policy, endpoints.map((each) => each.id)]),
      [['web', 'power-of-two', ports.map((port) => `localhost:${port}`)]],
    );
    assert.deepEqual(
      config.pools[0].checks.map(({ kind, path, intervalMs }) => [kind, path, intervalMs]),
      [['http', '/healthz', 5000]],
    );
    assert.match(said, /^Found 2 HTTP servers:\n {2}localhost:\d+ {2}answers 200, .*process node\n/);
    assert.match(said, /\n {2}fairlead check -c \/my\.yaml\n {2}fairlead run -c \/my\.yaml\n/);
  });

  it('listens on this machine alone, on a port that nobody has', async (t) => {
    const { config } = await initWith(machineWith(), t);
    const [{ host, port }] = config.listeners;
    assert.equal(host, '127.0.0.1');
    assert.ok(port >= 8080 && port < 8180, String(port));
  });

  it('writes an example, and says so, where nothing answers', async (t) => {
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
