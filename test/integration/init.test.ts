/** `fairlead init` as people type it: in a process, in a folder of its own. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { FairleadProcess } from '../support/fairlead-process.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-init-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function runToEnd(line: string, cwd: string, env: Record<string, string> = {}): Promise<Ended> {
  await using fairlead = new FairleadProcess(line.split(' '), { cwd, env: { npm_command: 'test', ...env } });
  const { code } = await fairlead.ended;
  return { code, stdout: fairlead.stdout, stderr: fairlead.stderr };
}

const NGINX = 'gzip on;\nupstream app { server localhost:3000; }\nserver { location / { proxy_pass http://app; } }\n';

describe('fairlead init', () => {
  test('fairlead init writes a config that check accepts, with its schema, and does not write over it', async (t) => {
    const folder = await newFolder(t);
    const first = await runToEnd('init', folder);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /fairlead check\n {2}fairlead run\n/);
    // The Node that runs this has what it needs, which a Node before 26 does not show.
    const isNew = Number.parseInt(process.versions.node, 10) >= 26;
    assert.equal(first.stdout.includes('libatomic1'), process.platform === 'linux' && !isNew);
    assert.deepEqual(await readdir(folder), ['fairlead.schema.json', 'fairlead.yaml']);
    const text = await readFile(join(folder, 'fairlead.yaml'), 'utf8');
    assert.ok(text.startsWith('# yaml-language-server: $schema=./fairlead.schema.json\n'));
    assert.equal((await runToEnd('check', folder)).code, 0);
    await writeFile(join(folder, 'fairlead.yaml'), '# mine\n');
    const second = await runToEnd('init', folder);
    assert.equal(second.code, 2);
    assert.match(second.stderr, /fairlead\.yaml is there already.*--force/);
    assert.equal(await readFile(join(folder, 'fairlead.yaml'), 'utf8'), '# mine\n');
    assert.equal((await runToEnd('init --force', folder)).code, 0);
    assert.match(await readFile(join(folder, 'fairlead.yaml'), 'utf8'), /^pools:$/m);
  });

  test('fairlead init says what to type next as it was typed itself: with npx where npx started it', async (t) => {
    const folder = await newFolder(t);
    const { stdout } = await runToEnd('init -o a.yaml', folder, { npm_command: 'exec' });
    assert.match(stdout, /\nNext:\n {2}npx fairlead check -c a\.yaml\n {2}npx fairlead run -c a\.yaml\n/);
    const { code, stderr } = await runToEnd('check', folder, { npm_command: 'exec' });
    assert.equal(code, 2);
    assert.match(stderr, /write one with "npx fairlead init"/);
  });

  test('fairlead init --json says what was found, and prints the config where it is not written', async (t) => {
    const folder = await newFolder(t);
    const { code, stdout } = await runToEnd('init -o - --json', folder);
    assert.equal(code, 0);
    const report = JSON.parse(stdout) as {
      file: string | null;
      listener: string;
      applications: unknown[];
      leftOut: unknown[];
      config: string;
    };
    assert.equal(report.file, null);
    assert.match(report.listener, /^127\.0\.0\.1:\d+$/);
    assert.ok(report.config.includes(report.listener));
    assert.ok(Array.isArray(report.applications) && Array.isArray(report.leftOut));
    assert.deepEqual(await readdir(folder), []);
  });
});

describe('fairlead init --from', () => {
  test('fairlead init --from converts, lists on stderr what it left out, and prints to stdout', async (t) => {
    const folder = await newFolder(t);
    await writeFile(join(folder, 'site.conf'), NGINX);
    const { code, stdout, stderr } = await runToEnd('init --from site.conf -o -', folder);
    assert.equal(code, 0);
    assert.equal(stderr, 'Not taken over:\n  site.conf:1: gzip on: not built yet: compression\n\n');
    assert.match(stdout, /^ {2}app:\n {4}policy: round-robin\n {4}endpoints: \[ localhost:3000 \]$/m);
    assert.deepEqual(await readdir(folder), ['site.conf']);
  });

  test('fairlead init --from --json holds the format, the list and the config', async (t) => {
    const folder = await newFolder(t);
    await writeFile(join(folder, 'site.conf'), NGINX);
    const { code, stdout, stderr } = await runToEnd('init --from site.conf --json -o x.yaml', folder);
    assert.deepEqual([code, stderr], [0, '']);
    const { config, ...report } = JSON.parse(stdout) as { config: string };
    const note = {
      kind: 'left',
      file: 'site.conf',
      line: 1,
      directive: 'gzip on',
      reason: 'not built yet: compression',
    };
    assert.deepEqual(report, { valid: true, file: 'x.yaml', format: 'nginx', notes: [note] });
    assert.equal(await readFile(join(folder, 'x.yaml'), 'utf8'), config);
  });

  test('fairlead init --from ends with 2 and a place where the file cannot be read or is not in its format', async (t) => {
    const folder = await newFolder(t);
    await writeFile(join(folder, 'broken.conf'), 'server {\n  listen 80;\n');
    await writeFile(join(folder, 'empty.json'), '{}');
    const missing = await runToEnd('init --from none.conf', folder);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /^none\.conf: .*ENOENT/);
    const broken = await runToEnd('init --from broken.conf', folder);
    assert.deepEqual([broken.code, broken.stderr], [2, 'broken.conf:3: a block is not closed: a } is missing\n']);
    const empty = await runToEnd('init --from empty.json', folder);
    assert.equal(empty.code, 2);
    assert.match(empty.stderr, /^empty\.json:1: this is not a proxy table: /);
    assert.deepEqual((await readdir(folder)).sort(), ['broken.conf', 'empty.json']);
  });
});
