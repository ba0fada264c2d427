/** Each exit code and each --json of the command, in processes as a script starts them. 69 of an address and 128 + n are in
 * end-to-end.test.ts, 78 is in launcher.test.ts. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startBackend } from '../../src/backend/backend.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { until } from '../support/until.ts';

const BIN = fileURLToPath(new URL('../../bin/fairlead.js', import.meta.url));
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-exit-codes-'));
  await writeFile(
    join(folder, 'fairlead.yaml'),
    'threads: 1\nlisteners: { web: "127.0.0.1:0" }\npools: { web: [127.0.0.1:1] }\n',
  );
  await writeFile(
    join(folder, 'wrong.yaml'),
    'pools: { web: { polcy: random, endpoints: [127.0.0.1:1] } }\nthreds: 2\n',
  );
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command from start to end, in the folder of the configs. */
async function runToEnd(line: string, env: Record<string, string> = {}, cwd = folder): Promise<Ended> {
  await using fairlead = new FairleadProcess(line.split(' '), { cwd, env });
  const { code } = await fairlead.ended;
  return { code, stdout: fairlead.stdout, stderr: fairlead.stderr };
}

interface CheckReport {
  readonly valid: boolean;
  readonly engine: string;
  readonly threads: number;
  readonly threadsReason: string;
  readonly descriptors: number;
  readonly maxConnections: number;
  readonly routes: readonly { readonly route: string; readonly match: string; readonly pool: string }[];
  readonly config: { readonly pools: Record<string, { readonly policy: string; readonly idleTimeout: string }> };
  readonly errors: readonly {
    readonly line: number;
    readonly key: string;
    readonly message: string;
    readonly cure: string;
  }[];
}

describe('exit code 0', () => {
  test('exit code 0 is that of a valid config, which check describes as JSON', async () => {
    const { code, stdout } = await runToEnd('check --json');
    assert.equal(code, 0);
    const report = JSON.parse(stdout) as CheckReport;
    assert.equal(report.valid, true);
    assert.match(report.engine, /^(?:handle|onread)$/);
    assert.deepEqual([report.threads, report.threadsReason], [1, 'as the config says']);
    assert.ok(report.maxConnections < report.descriptors);
    assert.deepEqual(report.routes, [{ route: '1', match: 'everything', pool: 'web' }]);
    assert.equal(report.config.pools['web'].idleTimeout, '4s');
  });

  test('exit code 0 is that of config, as YAML, as JSON, and of every default', async () => {
    const [yaml, json, defaults] = await Promise.all(
      ['config', 'config --json', 'config --defaults'].map((line) => runToEnd(line)),
    );
    assert.deepEqual([yaml.code, json.code, defaults.code], [0, 0, 0]);
    assert.match(yaml.stdout, /^# fairlead\.yaml, as it takes effect$[^]*^threads: 1$[^]*^ {4}idleTimeout: 4s$/m);
    const { pools } = JSON.parse(json.stdout) as CheckReport['config'];
    assert.equal(pools['web'].policy, 'power-of-two');
    assert.match(defaults.stdout, /idleTimeout: 4s/);
  });

  test('exit code 0 is that of schema, which is JSON', async () => {
    const { code, stdout } = await runToEnd('schema');
    assert.equal(code, 0);
    assert.ok('$schema' in (JSON.parse(stdout) as object));
  });

  test(
    'exit code 0 means that all was printed, also where a reader takes it in small bites',
    { skip: process.platform === 'win32' ? 'needs a shell' : false },
    async () => {
      const line = `'${process.execPath}' '${BIN}' schema | dd bs=512 2>/dev/null`;
      const child = spawn('sh', ['-c', line], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
      assert.ok('$schema' in (JSON.parse(await text(child.stdout)) as object));
    },
  );

  test('exit code 0 is that of completion and help', async () => {
    const lines = ['completion bash', 'help run'];
    for (const [i, { code, stdout, stderr }] of (await Promise.all(lines.map((line) => runToEnd(line)))).entries()) {
      assert.deepEqual([code, stderr], [0, ''], lines[i]);
      assert.notEqual(stdout, '', lines[i]);
    }
  });
});

describe('fairlead load', () => {
  interface LoadReport {
    readonly answers: number;
    readonly statuses: Record<string, number>;
    readonly latencyMs: { readonly p50: number; readonly max: number };
    readonly servers: { readonly by: string; readonly answers: Record<string, number>; readonly unnamed: number };
    readonly errors: Record<string, number>;
  }

  test('fairlead load ends with 0 where a request succeeded, and says in JSON who answered', async () => {
    await using backend = await startBackend({ name: 's1' });
    const { code, stdout, stderr } = await runToEnd(`load ${backend.url}/x -n 40 -c 4 --json`);
    assert.deepEqual([code, stderr], [0, '']);
    const report = JSON.parse(stdout) as LoadReport;
    assert.equal(report.answers, 40);
    assert.deepEqual(report.statuses, { 200: 40 });
    assert.deepEqual(report.servers, { by: 'header:x-backend', answers: { s1: 40 }, unnamed: 0 });
    assert.ok(report.latencyMs.p50 > 0 && report.latencyMs.p50 <= report.latencyMs.max);
    assert.equal(backend.stats.requests, 40);
  });

  test('fairlead load sends method, headers and a body from a file, and finds the name of a server in the answer', async () => {
    await using backend = await startBackend({ name: 's1' });
    await writeFile(join(folder, 'body.txt'), 'moin');
    const line = `load ${backend.url} -d 200ms -c 1 --pipelining 2 -X PUT --body @body.txt -H x-a:1 --by json:method --json`;
    const { code, stdout } = await runToEnd(line);
    assert.equal(code, 0);
    const { servers, answers } = JSON.parse(stdout) as LoadReport;
    assert.ok(answers > 0);
    assert.deepEqual(servers, { by: 'json:method', answers: { PUT: answers }, unnamed: 0 });
  });

  test('fairlead load ends with 1 where every request failed, answered or not', async () => {
    await using backend = await startBackend();
    backend.setMode('fail');
    const failed = await runToEnd(`load ${backend.url} -n 4 -c 2`);
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /^503: 4$/m);
    backend.setMode('reset');
    const reset = await runToEnd(`load ${backend.url} -n 4 -c 2 --json`);
    assert.equal(reset.code, 1);
    const { errors } = JSON.parse(reset.stdout) as LoadReport;
    assert.equal(
      Object.values(errors).reduce((sum, count) => sum + count, 0),
      4,
    );
  });

  test('fairlead load ends with 69 where autocannon is not installed, and asks for it by name', async () => {
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        if (name !== 'autocannon') return next(name, context);
        throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
      } });`;
    const options = `--import "data:text/javascript,${encodeURIComponent(hook)}"`;
    const { code, stderr } = await runToEnd('load localhost:1', { NODE_OPTIONS: options });
    assert.equal(code, 69);
    assert.match(stderr, /^ {2}npm install autocannon$/m);
  });

  test('fairlead load ends with 2 where its body cannot be read', async () => {
    const { code, stderr } = await runToEnd('load localhost:1 --body @nothing.txt');
    assert.equal(code, 2);
    assert.match(stderr, /--body @nothing\.txt cannot be read/);
  });
});

describe('exit code 69', () => {
  test('exit code 69 is that of a port which another program has: the message names it and the cure', async () => {
    await using backend = await startBackend();
    const listen = `127.0.0.1:${backend.port}`;
    const other =
      process.platform === 'linux' ? `node \\S+, process ${process.pid}\\. End it \\(kill \\d+\\), or ` : '';
    const run = await runToEnd(`run --to 127.0.0.1:1 --listen ${listen}`);
    assert.equal(run.code, 69);
    assert.match(run.stderr, new RegExp(`cannot listen on ${listen}: .*${other}take another port, e\\.g\\. --listen`));
    await writeFile(join(folder, 'taken.yaml'), `listeners: { web: "${listen}" }\npools: { web: [127.0.0.1:1] }\n`);
    const file = await runToEnd('run taken.yaml');
    assert.equal(file.code, 69);
    assert.match(file.stderr, new RegExp(`${other}write another port into listeners\\.`));
    const second = await runToEnd(`backend --port ${backend.port}`);
    assert.equal(second.code, 69);
    assert.match(second.stderr, new RegExp(`${other}take another --port\\.`));
  });
});

describe(
  'a limit of 32 descriptors',
  { skip: process.platform === 'linux' ? false : 'only Linux counts them here' },
  () => {
    const limited = async (args: string): Promise<Ended> => {
      const line = `ulimit -n 32 && exec '${process.execPath}' '${BIN}' ${args}`;
      const child = spawn('sh', ['-c', line], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close') as Promise<[number | null]>,
      ]);
      return { code, stdout, stderr };
    };

    test('a limit of 32 descriptors is answered with a message and the cure, not with the places where it shows', async () => {
      const run = await limited('run');
      assert.equal(run.code, 69, run.stderr);
      assert.match(
        run.stderr,
        /^fairlead: this process may have 32 files and sockets open, and 1 thread needs at least 73\./,
      );
      assert.match(run.stderr, /ulimit -n 65536/);
      assert.doesNotMatch(run.stderr, /^ +at /m);
      const check = await limited('check');
      assert.equal(check.code, 0);
      assert.match(check.stderr, /^fairlead: this process may have 32 files/);
    });
  },
);

describe('exit code 2', () => {
  test('exit code 2 is that of mistakes in a config, which check lists as JSON', async () => {
    const { code, stdout } = await runToEnd('check -c wrong.yaml --json');
    assert.equal(code, 2);
    const { valid, errors } = JSON.parse(stdout) as CheckReport;
    assert.equal(valid, false);
    assert.deepEqual(
      errors.map(({ line, key }) => [line, key]),
      [
        [1, 'pools.web.polcy'],
        [2, 'threds'],
      ],
    );
    assert.ok(errors.every(({ cure }) => cure !== ''));
  });

  test('exit code 2 is that of mistakes in the command line', async () => {
    const { code, stderr } = await runToEnd('chekc');
    assert.equal(code, 2);
    assert.match(stderr, /Did you mean check\?/);
  });

  test('exit code 2 is that of a folder without a config, with the names that were looked for', async () => {
    const cwd = await mkdtemp(join(folder, 'empty-'));
    for (const { code, stderr } of await Promise.all(['run', 'check'].map((line) => runToEnd(line, {}, cwd)))) {
      assert.equal(code, 2);
      assert.match(stderr, /there is no fairlead\.yaml, fairlead\.yml, fairlead\.json/);
    }
    const { code, stdout } = await runToEnd('check --json', {}, cwd);
    const { valid, file, errors } = JSON.parse(stdout) as CheckReport & { file: unknown };
    assert.deepEqual([code, valid, file, errors.length], [2, false, null, 1]);
    assert.match(errors[0].message, /^no config in .*there is no fairlead\.yaml/);
  });
});

test('an exception that nobody caught ends the command with 70', async () => {
  // Thrown as soon as the command has begun to catch such things.
  const hook = `process.on('newListener', (name) => {
    if (name === 'uncaughtException') setImmediate(() => { throw new Error('boom'); });
  });`;
  const options = `--import "data:text/javascript,${encodeURIComponent(hook)}"`;
  const { code, stderr } = await runToEnd('backend --port 0', { NODE_OPTIONS: options });
  assert.equal(code, 70);
  assert.match(stderr, /^fairlead: a bug of ours: Error: boom$/m);
});

test('colours are not for pipes, unless FORCE_COLOR brings them', async () => {
  const isColored = async (env: Record<string, string>): Promise<boolean> => {
    return (await runToEnd('check --help', env)).stdout.includes('\u001b[');
  };
  assert.equal(await isColored({ NO_COLOR: '1', FORCE_COLOR: '0' }), false);
  assert.equal(await isColored({ FORCE_COLOR: '1' }), true);
});

describe('a signal', () => {
  test('a signal of SIGUSR1 opens no debugger, at start as later', async () => {
    await using fairlead = new FairleadProcess(['run'], { cwd: folder });
    await fairlead.port();
    fairlead.kill('SIGUSR1');
    await until(() => fairlead.stderr.includes('SIGUSR1: '), 'the signal is heard');
    fairlead.kill('SIGTERM');
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
    assert.doesNotMatch(fairlead.stderr, /[Dd]ebugger/);
  });

  test('a signal of SIGUSR1 opens no debugger in any other command', async () => {
    await using fairlead = new FairleadProcess(['backend', '--port', '0']);
    await fairlead.said(/listens on (\S+)/);
    fairlead.kill('SIGUSR1');
    fairlead.kill('SIGTERM');
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
    assert.doesNotMatch(fairlead.stderr, /[Dd]ebugger/);
  });
});

test('a log in JSON has one object on each line, on stdout and on stderr', async () => {
  await using fairlead = new FairleadProcess(['run', '--log-format', 'json'], { cwd: folder });
  await fairlead.port();
  fairlead.kill('SIGTERM');
  assert.equal((await fairlead.ended).code, 0);
  const messages = (text: string): string[] => {
    const lines = text.trimEnd().split('\n');
    return lines.map((line) => (JSON.parse(line) as { level: number; time: number; msg: string }).msg);
  };
  assert.match(
    messages(fairlead.stdout).join('\n'),
    /^version [^]*^listener web on [^]*^pool web: 1 endpoint [^]*^ready after \d+ ms$/m,
  );
  const said = messages(fairlead.stderr);
  // Whoever runs this as root is told that.
  const warnings = process.geteuid?.() === 0 ? said.splice(0, 1) : [];
  for (const warning of warnings) assert.match(warning, /^it runs as root/);
  assert.deepEqual(said, ['draining; another signal ends at once', 'drained']);
});
