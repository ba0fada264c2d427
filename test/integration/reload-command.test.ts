/** A running command takes up a changed config: on SIGHUP, and by itself where it watches. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { startBackend } from '../../src/backend/backend.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { until } from '../support/until.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-reload-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Written beside and moved into place, so that nobody reads half of it. */
async function writeConfig(text: string): Promise<void> {
  await writeFile(join(folder, 'next'), text);
  await rename(join(folder, 'next'), join(folder, 'fairlead.yaml'));
}

function configTo(port: number): string {
  return `threads: 1\nlisteners: { web: "127.0.0.1:0" }\npools:\n  web: [127.0.0.1:${port}]\n`;
}

async function serverAt(url: string): Promise<string> {
  return ((await (await fetch(url)).json()) as { server: string }).server;
}

for (const [name, args, reload] of [
  ['on SIGHUP', ['run', '--threads', '2'], (fairlead: FairleadProcess) => fairlead.kill('SIGHUP')],
  ['of itself with --watch', ['run', '--watch'], () => {}],
  ['of itself in development', ['dev'], () => {}],
] as const) {
  test(`a changed config takes effect ${name}; one with mistakes is shown and changes nothing`, async () => {
    await using s1 = await startBackend({ name: 's1' });
    await using s2 = await startBackend({ name: 's2' });
    await writeConfig(configTo(s1.port));
    await using fairlead = new FairleadProcess(args, { cwd: folder });
    const url = `http://127.0.0.1:${await fairlead.port()}`;
    assert.equal(await serverAt(url), 's1');

    await writeConfig(`${configTo(s2.port)}    policcy: random\n`.replace(`[127.0.0.1:${s2.port}]`, ''));
    reload(fairlead);
    await until(
      () => fairlead.stderr.includes('the running config stays'),
      () => `mistakes are said: ${fairlead.stderr}`,
    );
    assert.match(fairlead.stderr, /fairlead\.yaml:5:.*policcy/);
    assert.equal(await serverAt(url), 's1');

    await writeConfig(configTo(s2.port));
    reload(fairlead);
    await until(
      () => /reloaded in \d+ ms: .*1 endpoint added/.test(fairlead.stderr),
      () => `it reloads: ${fairlead.stderr}`,
    );
    assert.equal(await serverAt(url), 's2');
    fairlead.kill('SIGTERM');
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
  });
}

test('a file that comes into an included folder is taken up, and so is a change of it', async () => {
  await using s1 = await startBackend({ name: 's1' });
  await using s2 = await startBackend({ name: 's2' });
  await mkdir(join(folder, 'pools.d'));
  await writeConfig('threads: 1\nlisteners: { web: "127.0.0.1:0" }\ninclude: pools.d\nroutes: [{ pool: web }]\n');
  await writeFile(join(folder, 'pools.d/a.yaml'), `pools: { web: [127.0.0.1:${s1.port}] }\n`);
  await using fairlead = new FairleadProcess(['run', '--watch'], { cwd: folder });
  const url = `http://127.0.0.1:${await fairlead.port()}`;
  const rest = `routes: [{ match: { path: /rest }, pool: rest }]\npools: { rest: [127.0.0.1:${s1.port}] }\n`;
  await writeFile(join(folder, 'pools.d/b.yaml'), rest);
  await until(
    () => fairlead.stderr.includes('1 pool added'),
    () => `the pool comes: ${fairlead.stderr}`,
  );
  assert.equal(await serverAt(`${url}/rest`), 's1');
  await writeFile(join(folder, 'pools.d/b.yaml'), rest.replace(`:${s1.port}`, `:${s2.port}`));
  await until(
    async () => (await serverAt(`${url}/rest`)) === 's2',
    () => `it changes: ${fairlead.stderr}`,
  );
});

describe('SIGHUP', () => {
  test('SIGHUP is answered with a word where there is no file to load again', async () => {
    await using backend = await startBackend({ name: 's1' });
    const args = ['run', '--to', `127.0.0.1:${backend.port}`, '--listen', '127.0.0.1:0', '--threads', '1'];
    await using fairlead = new FairleadProcess(args, { cwd: folder });
    const url = `http://127.0.0.1:${await fairlead.port()}`;
    fairlead.kill('SIGHUP');
    await until(() => fairlead.stderr.includes('SIGHUP: there is no config to load again'), 'it says so');
    assert.equal(await serverAt(url), 's1');
  });

  test('SIGHUP keeps what the command line said of threads', async () => {
    await using backend = await startBackend();
    await writeConfig(configTo(backend.port));
    await using fairlead = new FairleadProcess(['run', '--threads', '2'], { cwd: folder });
    await fairlead.port();
    assert.match(fairlead.stdout, /, 2 threads, fairlead\.yaml$/m);
    fairlead.kill('SIGHUP');
    await until(
      () => /reloaded in \d+ ms: nothing changed/.test(fairlead.stderr),
      () => `no change: ${fairlead.stderr}`,
    );
  });

  test('SIGHUP ends development, as the closing of a terminal does', async () => {
    await writeConfig('pools: { web: [127.0.0.1:1] }\nlisteners: { web: "127.0.0.1:0" }\n');
    await using fairlead = new FairleadProcess(['dev'], { cwd: folder });
    await fairlead.port();
    fairlead.kill('SIGHUP');
    assert.equal((await fairlead.ended).signal, 'SIGHUP');
  });
});
