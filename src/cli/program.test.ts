import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from './program.ts';

/** What a command line calls, and with what. */
async function parse(line: string, environment: Record<string, string> = {}): Promise<unknown[]> {
  const calls: unknown[] = [];
  const record = (name: string) => (options: object) => {
    calls.push(name, { ...options });
    return Promise.resolve();
  };
  const program = createProgram({ run: record('run'), check: record('check'), backend: record('backend') });
  for (const command of [program, ...program.commands]) silence(command);
  Object.assign(process.env, environment);
  try {
    await program.parseAsync(line.split(' '), { from: 'user' });
  } finally {
    for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
  }
  return calls;
}

function silence(command: Command): void {
  command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
}

const BACKEND = { port: 8081, host: '127.0.0.1', name: 'backend', latencyMs: 0, errorRate: 0, keepAliveMs: 5000 };

describe('the command line', () => {
  test('runs a config, fairlead.yaml where none is named', async () => {
    assert.deepEqual(await parse('run'), ['run', { config: 'fairlead.yaml' }]);
    assert.deepEqual(await parse('run -c a.json'), ['run', { config: 'a.json' }]);
    assert.deepEqual(await parse('check -c a.json'), ['check', { config: 'a.json' }]);
  });

  test('runs over servers, each with its own --to or all after one', async () => {
    for (const line of ['run --to a:1 --to b:2 --listen c:3', 'run --to a:1 b:2 --listen c:3']) {
      assert.deepEqual(await parse(line), ['run', { config: 'fairlead.yaml', to: ['a:1', 'b:2'], listen: 'c:3' }]);
    }
  });

  test('refuses what contradicts itself or does not exist', async () => {
    const lines = ['run -c a --to b:1', 'run -c a --listen b:1', 'run --listen b:1', 'walk', 'run --fast', 'check x'];
    for (const line of lines) await assert.rejects(parse(line), { name: 'CommanderError' }, line);
  });

  test('starts a mock server with options, from the environment where an option is absent', async () => {
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
  });

  test('is as old as package.json says', async () => {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(text) as { version: string };
    await assert.rejects(parse('--version'), { code: 'commander.version', message: version });
  });
});
