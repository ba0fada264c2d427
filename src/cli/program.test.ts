import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Command } from 'commander';
import type { Actions } from './actions.ts';
import { createProgram } from './program.ts';

/** What a command line calls, and with what. */
async function parse(line: string, environment: Record<string, string> = {}): Promise<unknown[]> {
  const { program, calls } = recordingProgram();
  Object.assign(process.env, environment);
  try {
    await program.parseAsync(line.split(' '), { from: 'user' });
  } finally {
    for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
  }
  return calls;
}

function recordingProgram(): { program: Command; calls: unknown[]; words: string[] } {
  const calls: unknown[] = [];
  const words: string[] = [];
  const record = (name: string) => (options?: object | string) => {
    calls.push(name, typeof options === 'object' ? { ...options } : options);
    return Promise.resolve();
  };
  const names = ['run', 'dev', 'check', 'config', 'schema', 'init', 'load', 'backend', 'completion'] as const;
  const asking = ['status', 'pools', 'bans', 'ban', 'unban', 'endpoint'] as const;
  const actions = Object.fromEntries([...names, ...asking].map((name) => [name, record(name)])) as unknown as Actions;
  const program = createProgram(actions);
  for (const command of [program, ...program.commands]) {
    command.configureOutput({ writeErr: (text) => words.push(text), writeOut: (text) => words.push(text) });
  }
  return { program, calls, words };
}

const RUN = { logFormat: 'text' };
const DEV = { threads: 1, watch: true };
const BACKEND = { port: 8081, host: '127.0.0.1', name: 'backend', latencyMs: 0, errorRate: 0, keepAliveMs: 5000 };
const LOAD = {
  url: 'http://localhost:8080/',
  connections: 10,
  durationMs: 10_000,
  requests: null,
  rate: null,
  pipelining: 1,
  timeoutMs: 10_000,
  headers: {},
  by: { in: 'header', name: 'x-backend' },
  json: false,
};

describe('the command line', () => {
  test('the command line runs the config that is named, else the one of this folder', async () => {
    assert.deepEqual(await parse('run'), ['run', RUN]);
    assert.deepEqual(await parse('run -c a.json'), ['run', { ...RUN, config: 'a.json' }]);
    assert.deepEqual(await parse('check -c a.json --json'), ['check', { config: 'a.json', json: true }]);
    assert.deepEqual(await parse('config -c a.json'), ['config', { config: 'a.json' }]);
    assert.deepEqual(await parse('config --defaults'), ['config', { defaults: true }]);
  });

  test('the command line takes the config without the letters of the option, but not two of them', async () => {
    assert.deepEqual(await parse('run a.yaml --watch'), ['run', { ...RUN, config: 'a.yaml', watch: true }]);
    assert.deepEqual(await parse('dev a.yaml'), ['dev', { ...DEV, config: 'a.yaml' }]);
    assert.deepEqual(await parse('check a.yaml'), ['check', { config: 'a.yaml' }]);
    assert.deepEqual(await parse('config a.yaml --json'), ['config', { config: 'a.yaml', json: true }]);
    for (const line of [
      'run a -c b',
      'run a --to b:1',
      'dev a -c b',
      'check a -c b',
      'config a --defaults',
      'run a b',
    ]) {
      const { program, calls } = recordingProgram();
      await assert.rejects(program.parseAsync(line.split(' '), { from: 'user' }), { name: 'CommanderError' }, line);
      assert.deepEqual(calls, [], line);
    }
  });

  test('the command line runs over servers, each with its own --to or all after one', async () => {
    for (const line of ['run --to a:1 --to b:2 --listen c:3', 'run --to a:1 b:2 --listen c:3']) {
      assert.deepEqual(await parse(line), ['run', { ...RUN, to: ['a:1', 'b:2'], listen: 'c:3' }]);
    }
  });

  test('the command line runs with other threads, watching, and with a log in JSON', async () => {
    const line = 'run --threads 0 --watch --log-format json';
    assert.deepEqual(await parse(line), ['run', { threads: 0, watch: true, logFormat: 'json' }]);
  });

  test('the command line watches in development with one thread, unless told otherwise', async () => {
    assert.deepEqual(await parse('dev'), ['dev', DEV]);
    assert.deepEqual(await parse('dev --watch'), ['dev', DEV]);
    assert.deepEqual(await parse('dev --no-watch --threads 2'), ['dev', { threads: 2, watch: false }]);
  });

  test('the command line refuses what contradicts itself or does not exist', async () => {
    const lines = ['run -c a --to b:1', 'run -c a --listen b:1', 'run --listen b:1', 'dev --listen b:1', 'walk'];
    lines.push('run --fast', 'check x y', 'run --threads 1.5', 'run --log-format xml', 'config --defaults --json');
    lines.push('load', 'load http://', 'load a:1 -c 0', 'load a:1 -n 5 -d 5s', 'load a:1 -X HEAD', 'load a:1 -H x');
    lines.push('load a:1 --by cookie:a', 'completion tcsh', 'completion', 'load a:1 -d 0');
    for (const line of lines) await assert.rejects(parse(line), { name: 'CommanderError' }, line);
  });

  test('the command line asks whether a command or an option that is nearly right was meant', async () => {
    for (const [line, meant] of [
      ['chekc', 'check'],
      ['run --thread 2', '--threads'],
      ['load a:1 --pipeline 2', '--pipelining'],
    ]) {
      const { program, words } = recordingProgram();
      await assert.rejects(program.parseAsync(line.split(' '), { from: 'user' }));
      assert.ok(words.join('').includes(`(Did you mean ${meant}?)`), words.join(''));
    }
  });

  test('the command line leads from a mistake to the help of the command it was made in', async () => {
    const hints: readonly (readonly [string[], string])[] = [
      [['bogus'], '(fairlead --help lists commands and options)'],
      [['run', '--bogus'], '(fairlead run --help shows its options and examples)'],
      [['load'], '(fairlead load --help shows its options and examples)'],
    ];
    for (const [line, hint] of hints) {
      const { program, words } = recordingProgram();
      await assert.rejects(program.parseAsync(line, { from: 'user' }));
      assert.ok(words.join('').includes(hint), words.join(''));
    }
  });

  test('the command line takes a load with its options, an address with or without http://', async () => {
    assert.deepEqual(await parse('load localhost:8080'), ['load', LOAD]);
    const line =
      'load http://localhost:8080 -c 64 -d 30s --rate 100 --pipelining 4 --timeout 2s -X PUT --body @a --json';
    const flags = { connections: 64, durationMs: 30_000, rate: 100, pipelining: 4, timeoutMs: 2000, json: true };
    assert.deepEqual(await parse(line), ['load', { ...LOAD, ...flags, method: 'PUT', body: '@a' }]);
    const named = { requests: 9, headers: { a: '1', b: '2' }, by: { in: 'json', name: 'server' } };
    assert.deepEqual(await parse('load localhost:8080 -n 9 -H a:1 -H b:2 --by json:server'), [
      'load',
      { ...LOAD, ...named },
    ]);
  });

  test('the command line starts a mock server with options, from the environment where an option is absent', async () => {
    assert.deepEqual(await parse('backend'), ['backend', BACKEND]);
    const environment = {
      FAIRLEAD_BACKEND_PORT: '0',
      FAIRLEAD_BACKEND_HOST: '::1',
      FAIRLEAD_BACKEND_NAME: 'e',
      FAIRLEAD_BACKEND_LATENCY: '20ms',
      FAIRLEAD_BACKEND_ERROR_RATE: '5%',
      FAIRLEAD_BACKEND_TEXT: 'hi',
      FAIRLEAD_BACKEND_KEEP_ALIVE: '0',
    };
    const fromEnvironment = { port: 0, host: '::1', latencyMs: 20, errorRate: 0.05, text: 'hi', keepAliveMs: 0 };
    assert.deepEqual(await parse('backend --name s1', environment), ['backend', { ...fromEnvironment, name: 's1' }]);
    assert.deepEqual(await parse('backend --tls'), ['backend', { ...BACKEND, tls: true }]);
    const files = { cert: 'a.crt', key: 'a.key' };
    assert.deepEqual(await parse('backend --cert a.crt --key a.key'), ['backend', { ...BACKEND, ...files, tls: true }]);
  });

  test('the command line shows with each command an example that it takes, and its exit codes', async () => {
    const { program } = recordingProgram();
    for (const command of program.commands) {
      const { program: fresh, words } = recordingProgram();
      await assert.rejects(fresh.parseAsync([command.name(), '--help'], { from: 'user' }), { exitCode: 0 });
      const help = words.join('');
      assert.match(help, /Exit codes: 0/, command.name());
      const examples = [...help.matchAll(/^ {2}fairlead (.+)$/gm)].map(([, line]) => line.split(/ {2,}| [|>] /)[0]);
      assert.ok(examples.length > 0, command.name());
      for (const line of examples)
        assert.equal((await parse(line.replaceAll(/"(\S+) (\S+)"/g, '$1$2')))[0], command.name(), line);
    }
  });

  test('the command line is as old as package.json says', async () => {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(text) as { version: string };
    await assert.rejects(parse('--version'), { code: 'commander.version', message: version });
  });
});
