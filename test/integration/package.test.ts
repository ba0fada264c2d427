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

  test('serves as a library, with its types', async () => {
    const project = join(folder, 'project');
    const file = join(project, 'main.mts');
    await writeFile(
      file,
      `import { createBalancer, formatConfigErrors, fromArguments, startBackend } from 'fairlead';
import type { Balancer } from 'fairlead';
await using backend = await startBackend({ name: 's1' });
const parsed = fromArguments([\`127.0.0.1:\${backend.port}\`], '127.0.0.1:0');
if ('errors' in parsed) throw new Error(formatConfigErrors(parsed.errors));
const balancer: Balancer = createBalancer(parsed.config);
await balancer.listen();
const response = await fetch(\`http://127.0.0.1:\${balancer.addresses()[0].port}/\`);
console.log(response.headers.get('x-backend'), balancer.stats().routes[0].requests);
await balancer.close({ force: true });
`,
    );
    const options = ['--strict', '--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--noEmit'];
    await run(process.execPath, [TSC, ...options, '--lib', 'es2024,esnext.disposable', file], { cwd: project });
    const { stdout } = await run(process.execPath, [file], { cwd: project });
    assert.equal(stdout, 's1 1\n');
  });
});
