/** The package as it is published: built, packed, unpacked under node_modules, where Node strips no types. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBackend } from '../../src/cli/backend/backend.ts';
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

const PROGRAM = `import { createBalancer, defineConfig, startBackend } from 'fairlead';
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
  await unpack(await pack(join(folder, 'clone')));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Builds beside the checkout, not in it: `bin/fairlead.js` would take the dist/ from then on. */
async function pack(clone: string): Promise<string> {
  await run(process.execPath, [TSC, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(clone, 'dist')]);
  // zod is found beside the checkout; the built code has to find it as well.
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  await run(process.execPath, [join(ROOT, 'scripts/write-schema.js'), join(clone, 'dist')]);
  for (const name of ['package.json', 'bin', 'src', 'scripts', 'tools', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
    const filter = (path: string): boolean => !path.includes('node_modules/');
    await cp(join(ROOT, name), join(clone, name), { recursive: true, filter });
  }
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: clone });
  const name = (await readdir(folder)).find((each) => each.endsWith('.tgz'));
  assert.ok(name !== undefined);
  return join(folder, name);
}

async function unpack(tarball: string): Promise<void> {
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Manifest;
  for (const name of [...Object.keys(dependencies), '@types', 'undici-types']) {
    await symlink(join(ROOT, 'node_modules', name), join(installed, '..', name));
  }
}

describe('the published package', () => {
  test('holds what runs, and neither sources nor the Node of a checkout', async () => {
    const names = (await readdir(installed)).sort();
    assert.deepEqual(names, ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'package.json']);
    const built = await readdir(join(installed, 'dist'), { recursive: true });
    assert.deepEqual(
      built.filter((name) => name.includes('.test.') || (name.endsWith('.ts') && !name.endsWith('.d.ts'))),
      [],
    );
  });

  test('runs with two threads', async () => {
    await using backend = await startBackend({ name: 's1' });
    const config = join(folder, 'fairlead.yaml');
    const text = `threads: 2\nlisteners: { web: 127.0.0.1:0 }\npools: { web: [127.0.0.1:${backend.port}] }\n`;
    await writeFile(config, text);
    await using fairlead = new FairleadProcess(['run', '-c', config], { bin: join(installed, 'bin/fairlead.js') });
    const response = await fetch(`http://127.0.0.1:${await fairlead.port()}/`);
    assert.equal(response.headers.get('x-backend'), 's1');
    fairlead.kill('SIGTERM');
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
  });

  test('serves as a library, which takes another config', async () => {
    const { stdout } = await run(process.execPath, [await write('main.mts', PROGRAM)], { cwd: project() });
    assert.equal(stdout, 's1 1 nothing changed\n');
  });

  test('knows the names of pools while a program is compiled, and shows nothing that is for tests of ours', async () => {
    const files = [await write('main.mts', PROGRAM), await write('mistakes.mts', MISTAKES)];
    const options = ['--strict', '--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--noEmit'];
    await run(process.execPath, [TSC, ...options, '--lib', 'es2024,esnext.disposable', ...files], { cwd: project() });
  });

  test('brings the JSON Schema that the command prints', async () => {
    const bin = join(installed, 'bin/fairlead.js');
    const { stdout } = await run(process.execPath, [bin, 'schema'], { cwd: project() });
    const script = "console.log(import.meta.resolve('fairlead/schema.json'))";
    const address = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project() });
    assert.equal(await readFile(fileURLToPath(address.stdout.trim()), 'utf8'), stdout);
  });

  test('needs fewer than 25 packages, the load generator left out', async () => {
    const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
    const installedWith = Object.entries(lock.packages).filter(
      ([path, { dev, devOptional, optional, peer }]) =>
        path.startsWith('node_modules/') && ![dev, devOptional, optional, peer].includes(true),
    );
    const names = installedWith.filter(([, { link }]) => link !== true).map(([path]) => path);
    assert.ok(names.length >= 4 && names.length < 25, `${names.length}: ${names.join(', ')}`);
  });
});

function project(): string {
  return join(folder, 'project');
}

async function write(name: string, text: string): Promise<string> {
  await writeFile(join(project(), name), text);
  return join(project(), name);
}
