/** What a process loads before it serves: memory that every user pays for, and that grows unseen. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { get } from '../support/reloading.ts';
import { until } from '../support/until.ts';

const RECORDER = fileURLToPath(new URL('../support/loaded-modules.js', import.meta.url));
const BIN = fileURLToPath(new URL('../../bin/fairlead.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Modules of Node that it loads in every thread. */
const COMMON = [
  ...['async_hooks', 'buffer', 'diagnostics_channel', 'events', 'fs', 'module', 'path', 'querystring', 'stream'],
  ...['stream/promises', 'string_decoder', 'timers', 'url', 'util', 'worker_threads'],
];
/** Those that are loaded besides, by our code or for it; each costs up to some MiB. */
const BUILTINS = {
  main: [
    ...['child_process', 'cluster', 'dgram', 'dns', 'dns/promises', 'internal/fs/promises', 'net', 'os', 'perf_hooks'],
    ...['v8', 'vm'],
  ],
  worker: ['child_process', 'cluster', 'dgram', 'net', 'os', 'perf_hooks'],
};
/** Sources of ours, in KiB. Raise them for what every process needs when it starts, and load everything else later. */
const MOST_KIB = { main: 560, worker: 810 };

interface Loaded {
  readonly builtins: readonly string[];
  readonly packages: readonly string[];
  readonly files: readonly string[];
  /** Relative imports for which Node worked out the real path. */
  readonly found: readonly string[];
  readonly hasEnded: boolean;
}

async function start(t: TestContext, preload = ''): Promise<(thread: string) => Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-weight-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const record = join(folder, 'loaded');
  const endpoint = await startHttpServer(t, (_request, response) => response.end('ok'));
  const env = { LOADED_MODULES: record, NODE_OPTIONS: `--import=${RECORDER} ${preload}` };
  const looks = (): number => readFileSync(record, 'utf8').split('fairlead-0 looked\n').length;
  const args = ['run', '--to', `127.0.0.1:${endpoint}`, '--listen', '127.0.0.1:0', '--threads', '1'];
  await using running = new FairleadProcess(args, { env });
  assert.equal(await get(await running.port()), '200 ok');
  const before = looks();
  await until(
    () => looks() > before + 1,
    () => 'the worker was looked at after its answer',
  );
  return (thread) => {
    const lines = readFileSync(record, 'utf8').trim().split('\n');
    const own = lines.filter((line) => line.startsWith(`${thread} `)).map((line) => line.slice(thread.length + 1));
    const paths = own.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url).replace(ROOT, ''));
    const packages = paths
      .filter((path) => path.includes('node_modules/'))
      .map((path) => /.*node_modules\/([^/]+)/.exec(path)?.[1] ?? '');
    return {
      builtins: [
        ...new Set(own.filter((line) => line.startsWith('builtin ')).map((line) => line.slice('builtin '.length))),
      ],
      packages: [...new Set(packages)],
      files: paths.filter((path) => !path.includes('node_modules/') && !path.startsWith('test/')),
      found: own.filter((line) => line.startsWith('found ')),
      hasEnded: own.includes('ended'),
    };
  };
}

function kibibytes(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(join(ROOT, file)).size, 0) / 1024;
}

describe('a process that serves', () => {
  it('a process that serves has loaded no package, and of Node and of its own no more than is listed here', async (t) => {
    const loaded = await start(t);
    for (const [name, thread] of [
      ['main', 'main'],
      ['worker', 'fairlead-0'],
    ] as const) {
      const { builtins, packages, files } = loaded(thread);
      assert.deepEqual(packages, [], `packages in ${name}`);
      assert.deepEqual(
        builtins.filter((builtin) => !COMMON.includes(builtin)).toSorted(),
        BUILTINS[name],
        `Node's in ${name}`,
      );
      assert.deepEqual(
        files.filter((file) => /^src\/(?:init|cli\/(?:load|commands|operator))\//.test(file)),
        [],
        `commands in ${name}`,
      );
      assert.ok(files.length > 20, `the record of ${name} holds what it loaded`);
      const size = kibibytes(files);
      t.diagnostic(`${name}: ${files.length} files, ${size.toFixed(0)} KiB`);
      assert.ok(size < MOST_KIB[name], `${size.toFixed(0)} KiB of source in ${name}: ${files.join(' ')}`);
    }
  });

  it('a process that serves has let Node find the first few of its files; the others are found by their URLs alone', async (t) => {
    const loaded = await start(t);
    for (const thread of ['main', 'fairlead-0']) {
      const { found, files } = loaded(thread);
      assert.ok(files.length > 20 && found.length < 10, `${thread}: ${found.length} of ${files.length} files`);
    }
  });

  it('a process that serves has read its config in a process that is gone, with the parsers that this takes', async (t) => {
    const loaded = await start(t);
    await until(
      () => loaded('fairlead-reading').hasEnded,
      () => 'the process that reads has ended',
    );
    assert.deepEqual(loaded('fairlead-reading').packages.toSorted(), ['commander', 'yaml', 'zod']);
  });

  const hindrances = [
    ['ends too soon', 'if(/reading-process/.test(process.argv[1]))process.kill(process.pid,9)'],
    ['cannot be started', 'process.execPath=/gone/.source'],
  ] as const;
  for (const [what, hindrance] of hindrances) {
    it(`a process that serves has read its config in a thread where the process for that ${what}`, async (t) => {
      const { hasEnded, packages } = (await start(t, `--import=data:text/javascript,${hindrance}`))('fairlead-reading');
      assert.equal(hasEnded, false);
      assert.deepEqual(packages.toSorted(), ['commander', 'yaml', 'zod']);
    });
  }

  it(
    'a process that serves reads a config that only it can open, as a shell hands one over',
    { skip: process.platform !== 'linux' },
    async (t) => {
      const endpoint = await startHttpServer(t, (_request, response) => response.end('ok'));
      const folder = mkdtempSync(join(tmpdir(), 'fairlead-weight-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const file = join(folder, 'config');
      writeFileSync(file, `listeners: { web: '127.0.0.1:0' }\npools: { web: ['127.0.0.1:${endpoint}'] }\n`);
      const script = 'exec 5<"$0" && exec "$@" run --threads 1 --config=/dev/fd/5';
      const shell = spawn('sh', ['-c', script, file, process.execPath, BIN], { stdio: ['ignore', 'pipe', 'inherit'] });
      t.after(() => shell.kill());
      let said = '';
      shell.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      await until(
        () => said.includes('listener web on http://') || shell.exitCode !== null,
        () => `it listens: ${said}`,
      );
      const port = /listener web on http:\/\/\S+:(\d+)/.exec(said)?.[1];
      assert.equal(await get(Number(port)), '200 ok');
    },
  );
});
