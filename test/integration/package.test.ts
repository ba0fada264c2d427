/** The package as it is published: built, packed, unpacked under node_modules, where Node strips no types. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packPackage } from '../../scripts/packed-package.ts';
import { startBackend } from '../../src/backend/backend.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const run = promisify(execFile);

interface Manifest {
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, Readonly<Partial<Record<string, unknown>>>>>;
}

const PROGRAM = `import { createBalancer, defineConfig } from 'fairlead';
import { startBackend } from 'fairlead/backend';
import type { Balancer } from 'fairlead';
await using backend = await startBackend({ name: 's1' });
const config = defineConfig({
  threads: 1,
  listeners: { web: '127.0.0.1:0' },
  routes: [{ pool: 'web' }],
  pools: { web: [\`127.0.0.1:\${backend.port}\`] },
});
const balancer: Balancer = createBalancer(config);
balancer.on('health', ({ pool, endpoint, state }) => console.log(pool, endpoint, state));
await balancer.listen();
const response = await fetch(\`http://127.0.0.1:\${balancer.addresses()[0].port}/\`);
const name = response.headers.get('x-backend');
const { summary } = await balancer.reload(config);
console.log(name, balancer.stats().routes[0].requests, summary);
await balancer.close({ force: true });
`;

const WEB_SOCKET = `import { request } from 'node:http';
import { startBackend } from 'fairlead/backend';
await using backend = await startBackend({ name: 's1' });
const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': 13, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
const asking = request(\`\${backend.url}/ws\`, { headers }).end();
const { promise, resolve } = Promise.withResolvers();
asking.on('response', resolve);
const answer = await promise;
console.log(answer.statusCode, (await answer.toArray()).join(''));
console.log((await fetch(backend.url)).status);
`;

const CONFIG = `import { defineConfig } from 'fairlead';
export default defineConfig({
  threads: 2,
  listeners: { web: '127.0.0.1:0' },
  routes: [{ pool: 'web' }],
  pools: { web: [\`127.0.0.1:PORT\`] },
});
`;

/** The compiler complains of a directive that nothing follows from: each of these has to be a mistake. */
const MISTAKES = `import { createBalancer, defineConfig } from 'fairlead';
// @ts-expect-error no such pool
defineConfig({ routes: [{ pool: 'wbe' }], pools: { web: ['localhost:8081'] } });
// @ts-expect-error no such policy
createBalancer({ pools: { web: { policy: 'least-conections', endpoints: ['localhost:8081'] } } });
const balancer = createBalancer({ pools: { web: ['localhost:8081'] } });
// @ts-expect-error no such field of the event
balancer.on('health', ({ server }) => console.log(server));
// @ts-expect-error for tests of ours
console.log(balancer.snapshot);
// @ts-expect-error for tests of ours
createBalancer({ pools: { web: ['localhost:8081'] } }, { workerUrl: new URL('file:///a') });
`;

let folder = '';
let installed = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-package-'));
  installed = join(folder, 'project/node_modules/fairlead');
  await unpack(await packPackage(folder));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function unpack(tarball: string): Promise<void> {
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Manifest;
  for (const name of [...Object.keys(dependencies), '@types', 'undici-types']) {
    await symlink(join(ROOT, 'node_modules', name), join(installed, '..', name));
  }
}

// The compiler runs several times at once.
describe('the published package', { concurrency: true, timeout: 100_000 }, () => {
  test('the published package holds what runs, and neither sources nor the Node of a checkout', async () => {
    const names = (await readdir(installed)).sort();
    assert.deepEqual(names, ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'package.json']);
    const built = await readdir(join(installed, 'dist'), { recursive: true });
    const isForeign = (name: string): boolean =>
      /\.test\.|demo/.test(name) || (name.endsWith('.ts') && !name.endsWith('.d.ts'));
    assert.deepEqual(built.filter(isForeign), []);
  });

  test('the published package runs with two threads what a TypeScript config says, which imports the package', async () => {
    await using backend = await startBackend({ name: 's1' });
    const text = CONFIG.replace('PORT', String(backend.port));
    await mkdir(join(project(), 'balancer'));
    await write('balancer/fairlead.config.ts', text);
    const options = { bin: join(installed, 'bin/fairlead.js'), cwd: join(project(), 'balancer') };
    await using fairlead = new FairleadProcess(['run'], options);
    const response = await fetch(`http://127.0.0.1:${await fairlead.port()}/`);
    assert.equal(response.headers.get('x-backend'), 's1');
    assert.match(fairlead.stdout, /, 2 threads, fairlead\.config\.ts\n/);
    fairlead.kill('SIGTERM');
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
  });

  test('the published package checks a TypeScript config that imports the package, and shows where it is wrong', async () => {
    const file = await write('wrong.config.ts', CONFIG.replace('PORT', '1').replace("pool: 'web'", "pool: 'wbe'"));
    await using fairlead = new FairleadProcess(['check', '-c', file, '--json'], {
      bin: join(installed, 'bin/fairlead.js'),
    });
    assert.equal((await fairlead.ended).code, 2, fairlead.stderr);
    const { errors } = JSON.parse(fairlead.stdout) as { errors: readonly { line: number; cure: string }[] };
    assert.deepEqual(
      errors.map(({ line, cure }) => [line, cure.includes('"web"')]),
      [[5, true]],
    );
  });

  test('the published package says its version', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { stdout } = await run(process.execPath, [join(installed, 'bin/fairlead.js'), '--version']);
    assert.equal(stdout, `${version}\n`);
  });

  test('the published package serves as a library, which takes another config', async () => {
    const { stdout } = await run(process.execPath, [await write('main.mts', PROGRAM)], { cwd: project() });
    assert.equal(stdout, 's1 1 nothing changed\n');
  });

  test('the published package has a mock server that names the package ws where a WebSocket asks for it and it is not installed', async () => {
    const { stdout, stderr } = await run(process.execPath, [await write('socket.mjs', WEB_SOCKET)], { cwd: project() });
    assert.match(stdout, /^501 \/ws needs the package ws, which is not installed: npm install ws\n200\n$/);
    assert.match(stderr, /^s1: \/ws needs the package ws/);
  });

  test('the published package knows the names of pools while a program is compiled, and shows nothing that is for tests of ours', async () => {
    const files = [await write('main.mts', PROGRAM), await write('mistakes.mts', MISTAKES)];
    const options = ['--strict', '--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--noEmit'];
    await run(process.execPath, [TSC, ...options, '--lib', 'es2024,esnext.disposable', ...files], { cwd: project() });
  });

  test('the published package brings the JSON Schema that the command prints', async () => {
    const bin = join(installed, 'bin/fairlead.js');
    const { stdout } = await run(process.execPath, [bin, 'schema'], { cwd: project() });
    const script = "console.log(import.meta.resolve('fairlead/schema.json'))";
    const address = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project() });
    assert.equal(await readFile(fileURLToPath(address.stdout.trim()), 'utf8'), stdout);
  });

  test('the published package needs fewer than 5 packages, the load generator left out', async () => {
    const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
    const installedWith = Object.entries(lock.packages).filter(
      ([path, { dev, devOptional, optional, peer }]) =>
        path.startsWith('node_modules/') && ![dev, devOptional, optional, peer].includes(true),
    );
    const names = installedWith.filter(([, { link }]) => link !== true).map(([path]) => path);
    assert.ok(names.length >= 3 && names.length < 5, `${names.length}: ${names.join(', ')}`);
  });
});

function project(): string {
  return join(folder, 'project');
}

async function write(name: string, text: string): Promise<string> {
  await writeFile(join(project(), name), text);
  return join(project(), name);
}
