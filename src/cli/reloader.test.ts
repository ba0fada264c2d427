import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Config } from '../config/config.ts';
import { fromArguments } from '../config/load.ts';
import type { Balancer } from '../runtime/balancer.ts';
import type { ReadConfig } from './config-source.ts';
import { Reloader } from './reloader.ts';

type ReloadResult = Awaited<ReturnType<Balancer['reload']>>;
const DONE: ReloadResult = { version: 2, changes: [], summary: '1 pool changed', durationMs: 3.2 };

function configTo(address: string): ReadConfig {
  return { ...fromArguments([address]), warnings: [], files: ['/etc/fairlead.yaml'] };
}

function setUp(read: () => Promise<ReadConfig>, reload: (config: Config) => Promise<ReloadResult>, threads = 7) {
  const said: string[] = [];
  const watched: (readonly string[])[] = [];
  const shown: number[] = [];
  const reloader = new Reloader({
    balancer: { reload },
    source: { file: 'fairlead.yaml', read },
    say: (text, level = 'info') => said.push(`${level}: ${text}`),
    adapt: (config) => ({ ...config, threads }),
    beforeRead: () => {},
    onRead: (files) => watched.push(files),
    showErrors: (errors) => shown.push(errors.length),
  });
  return { reloader, said, watched, shown };
}

describe('a reload', () => {
  test('a reload applies the config with what the command line changes in it, and says what came of it', async () => {
    const applied: Config[] = [];
    const reload = (config: Config): Promise<ReloadResult> => {
      applied.push(config);
      return Promise.resolve(DONE);
    };
    const { reloader, said, watched } = setUp(() => Promise.resolve(configTo('a:1')), reload);
    await reloader.reload();
    assert.deepEqual(
      applied.map(({ threads, pools }) => [threads, pools[0].endpoints[0].id]),
      [[7, 'a:1']],
    );
    assert.deepEqual(said, ['info: reloaded in 4 ms: 1 pool changed']);
    assert.deepEqual(watched, [['/etc/fairlead.yaml']]);
  });

  test('a reload shows mistakes and applies nothing, and still hears which files to watch', async () => {
    const { reloader, said, shown, watched } = setUp(
      () => Promise.resolve(configTo('not an address')),
      () => assert.fail('nothing to apply'),
    );
    await reloader.reload();
    assert.deepEqual(shown, [1]);
    assert.deepEqual(said, ['error: not reloaded: one mistake; the running config stays']);
    assert.deepEqual(watched, [['/etc/fairlead.yaml']]);
  });

  test('a reload is refused with the cure where the process may not open enough files for so many threads', async () => {
    const { reloader, said } = setUp(
      () => Promise.resolve(configTo('a:1')),
      () => assert.fail('nothing to apply'),
      1e9,
    );
    await reloader.reload();
    assert.match(
      said.join(),
      /^error: not reloaded: this process may have \d+ files .* ulimit -n .* The running config stays$/,
    );
  });

  test('a reload says why the balancer refused, and goes on', async () => {
    let isRefusing = true;
    const { reloader, said } = setUp(
      () => Promise.resolve(configTo('a:1')),
      () =>
        isRefusing
          ? Promise.reject(Object.assign(new Error('cannot listen'), { code: 'FL_LISTEN' }))
          : Promise.resolve(DONE),
    );
    await reloader.reload();
    isRefusing = false;
    await reloader.reload();
    assert.deepEqual(said, [
      'error: not reloaded: cannot listen; the running config stays',
      'info: reloaded in 4 ms: 1 pool changed',
    ]);
  });

  test('a reload runs once more for any number of wishes that came meanwhile, never twice at once', async () => {
    const gates: (() => void)[] = [];
    let reads = 0;
    const read = async (): Promise<ReadConfig> => {
      reads++;
      await new Promise<void>((resolve) => gates.push(resolve));
      return configTo(`a:${reads}`);
    };
    const applied: string[] = [];
    const { reloader } = setUp(read, (config) => {
      applied.push(config.pools[0].endpoints[0].id);
      return Promise.resolve(DONE);
    });
    const all = [reloader.reload(), reloader.reload(), reloader.reload()];
    assert.equal(reads, 1);
    gates[0]();
    while (gates.length < 2) await new Promise(setImmediate);
    gates[1]();
    await Promise.all(all);
    assert.deepEqual(applied, ['a:1', 'a:2']);
  });
});
