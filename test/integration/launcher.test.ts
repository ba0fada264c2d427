/** bin/fairlead.js, in a package made for the test: which sources it takes, and which Node. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FairleadProcess } from '../support/fairlead-process.ts';
import type { ProcessEnd } from '../support/fairlead-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Preloaded, it makes a Node say that it is another. */
const OLD_NODE = `data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })",
)}`;

class TestPackage implements AsyncDisposable {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  static async create(files: Readonly<Record<string, string>>): Promise<TestPackage> {
    const root = await mkdtemp(join(tmpdir(), 'fairlead-launcher-'));
    await cp(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true });
    const made = new TestPackage(root);
    await made.write('package.json', '{"type":"module"}');
    for (const [name, text] of Object.entries(files)) await made.write(name, text);
    return made;
  }

  async write(name: string, text: string): Promise<string> {
    const file = join(this.root, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  /** A Node installed beside the package that says so on stdout. */
  async installNode(
    script = `#!/bin/sh\n[ "$1" = --version ] || echo installed node\nNODE_OPTIONS= exec ${process.execPath} "$@"\n`,
    place = 'node_modules/.bin/node',
  ): Promise<void> {
    await chmod(await this.write(place, script), 0o755);
  }

  async run(
    args: readonly string[],
    { isOld = false, bin = join(this.root, 'bin/fairlead.js') } = {},
  ): Promise<Result> {
    const env = isOld ? { NODE_OPTIONS: `--import=${OLD_NODE}` } : {};
    await using fairlead = new FairleadProcess(args, { bin, cwd: tmpdir(), env });
    const end = await fairlead.ended;
    return { ...end, stdout: fairlead.stdout, stderr: fairlead.stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true });
  }
}

interface Result extends ProcessEnd {
  readonly stdout: string;
  readonly stderr: string;
}

const SRC = { 'src/cli/main.ts': 'export const main = (args: string[]): void => console.log("src", ...args);' };
const DIST = { 'dist/cli/main.js': 'export const main = (args) => console.log("dist", ...args);' };

describe('the fairlead command', () => {
  test('the fairlead command takes src/ in a clone, and dist/ where that was built', async () => {
    await using clone = await TestPackage.create(SRC);
    assert.equal((await clone.run(['run', '-c', 'x'])).stdout, 'src run -c x\n');
    await using built = await TestPackage.create({ ...SRC, ...DIST });
    assert.equal((await built.run([])).stdout, 'dist\n');
  });

  test('the fairlead command finds its package through a link, from any folder', async () => {
    await using clone = await TestPackage.create(SRC);
    const link = join(clone.root, 'linked');
    await symlink(join(clone.root, 'bin/fairlead.js'), link);
    assert.equal((await clone.run(['a'], { bin: link })).stdout, 'src a\n');
  });

  test('the fairlead command goes on with the Node installed beside it when its own is too old', async () => {
    await using clone = await TestPackage.create(SRC);
    await clone.installNode();
    assert.equal((await clone.run(['a', 'b c'], { isOld: true })).stdout, 'installed node\nsrc a b c\n');
    assert.equal((await clone.run(['a'])).stdout, 'src a\n');
  });

  test('the fairlead command finds the Node of the project that it was installed in', async () => {
    await using project = await TestPackage.create({});
    await project.installNode();
    const root = join(project.root, 'node_modules/fairlead');
    await cp(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true });
    await project.write('node_modules/fairlead/package.json', '{"type":"module"}');
    await project.write('node_modules/fairlead/dist/cli/main.js', DIST['dist/cli/main.js']);
    const result = await project.run(['a'], { isOld: true, bin: join(root, 'bin/fairlead.js') });
    assert.equal(result.stdout, 'installed node\ndist a\n');
  });

  test('the fairlead command ends as that Node ended, by code or by signal', async () => {
    await using failing = await TestPackage.create({ 'src/cli/main.ts': 'export const main = () => process.exit(7);' });
    await failing.installNode();
    assert.equal((await failing.run([], { isOld: true })).code, 7);
    const text =
      'export const main = async () => { process.kill(process.pid, "SIGKILL"); await new Promise(() => {}); }';
    await using killed = await TestPackage.create({ 'src/cli/main.ts': text });
    await killed.installNode();
    assert.equal((await killed.run([], { isOld: true })).signal, 'SIGKILL');
  });

  test('the fairlead command passes signals on to that Node', async () => {
    const text = `export const main = () => {
      const timer = setInterval(() => {}, 1000);
      for (const name of ['SIGTERM', 'SIGUSR2']) process.on(name, () => console.log('heard', name));
      process.once('SIGINT', () => clearInterval(timer));
      console.log('ready');
    }`;
    await using clone = await TestPackage.create({ 'src/cli/main.ts': text });
    await clone.installNode();
    const env = { NODE_OPTIONS: `--import=${OLD_NODE}` };
    await using fairlead = new FairleadProcess([], { bin: join(clone.root, 'bin/fairlead.js'), env });
    await fairlead.said(/(ready)/);
    for (const name of ['SIGTERM', 'SIGUSR2'] as const) {
      fairlead.kill(name);
      await fairlead.said(new RegExp(`(heard ${name})`));
    }
    fairlead.kill('SIGINT');
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
  });

  test('the fairlead command says which Node it needs where there is none, with exit code 78', async () => {
    await using clone = await TestPackage.create(SRC);
    const result = await clone.run([], { isOld: true });
    assert.equal(result.code, 78);
    assert.match(result.stderr, /needs Node \^24\.20\.0 \|\| >=26\.6\.0; this is 20\.20\.2/);
  });

  test('the fairlead command says how to install one, in a project, globally, in the cache of npx and in a clone', async () => {
    const cures = {
      'project/node_modules/fairlead': 'npm install node@26',
      'prefix/lib/node_modules/fairlead': 'npm install -g --no-bin-links node@26',
      '_npx/0a1b/node_modules/fairlead': 'npx --package=node@26 --package=fairlead fairlead',
      clone: 'npm ci',
    };
    await using made = await TestPackage.create({});
    for (const [place, cure] of Object.entries(cures)) {
      const bin = join(made.root, place, 'bin');
      await cp(join(ROOT, 'bin'), bin, { recursive: true });
      await made.write(join(place, 'package.json'), '{"type":"module"}');
      const { code, stderr } = await made.run([], { isOld: true, bin: join(bin, 'fairlead.js') });
      assert.equal(code, 78);
      assert.equal(stderr.trimEnd().split('\n').at(-1), `Install one beside it: ${cure}`);
    }
  });

  test('the fairlead command goes on with a Node that npm installed globally beside it, where there is no .bin', async () => {
    await using made = await TestPackage.create({});
    const root = 'lib/node_modules/fairlead';
    await cp(join(ROOT, 'bin'), join(made.root, root, 'bin'), { recursive: true });
    await made.write(join(root, 'package.json'), '{"type":"module"}');
    await made.write(join(root, 'dist/cli/main.js'), DIST['dist/cli/main.js']);
    await made.installNode(undefined, 'lib/node_modules/node/bin/node');
    const result = await made.run(['a'], { isOld: true, bin: join(made.root, root, 'bin/fairlead.js') });
    assert.equal(result.stdout, 'installed node\ndist a\n');
  });

  test('the fairlead command names the package of the library that the installed Node lacks, with exit code 78', async () => {
    await using clone = await TestPackage.create(SRC);
    const line = 'error while loading shared libraries: libatomic.so.1: cannot open shared object file: No such file';
    await clone.installNode(`#!/bin/sh\necho "$0: ${line}" >&2\nexit 127\n`);
    const result = await clone.run([], { isOld: true });
    assert.equal(result.code, 78);
    assert.match(result.stderr, /does not run on this system:\n.*libatomic\.so\.1: cannot open/);
    assert.match(result.stderr, /Debian, Ubuntu: apt-get install libatomic1\. Fedora, RHEL: dnf install libatomic\./);
  });

  test('the fairlead command says what the system says of an installed Node that does not run for another reason', async () => {
    await using clone = await TestPackage.create(SRC);
    await clone.installNode('#!/no/such/loader\n');
    const result = await clone.run([], { isOld: true });
    assert.equal(result.code, 78);
    assert.match(result.stderr, /does not run on this system:\n.*ENOENT\n/);
  });

  test('the fairlead command asks for the Node that package.json asks for', async () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } };
    const version = (await import(join(ROOT, 'bin/node-version.js'))) as {
      NODE_RANGE: string;
      isSupported: (version: string) => boolean;
    };
    assert.equal(version.NODE_RANGE, engines.node);
    const all = ['20.20.2', '24.19.9', '24.20.0', '24.99.0', '25.9.0', '26.5.9', '26.6.0', '27.0.0', '30.1.0'];
    assert.deepEqual(all.filter(version.isSupported), ['24.20.0', '24.99.0', '26.6.0', '27.0.0', '30.1.0']);
  });
});
