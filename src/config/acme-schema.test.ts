import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import { formatKey } from './errors.ts';
import { isComplete } from './is-complete.ts';

function build(acme: readonly string[], stateDir?: string): Config | readonly string[] {
  const built = buildConfig({
    ...(stateDir === undefined ? {} : { stateDir }),
    acme: { terms: 'agreed' },
    listeners: { secure: { address: ':443', tls: { acme } } },
    pools: { web: ['localhost:8081'] },
  });
  return isComplete(built) ? built : built.map(({ path, mistake }) => `${formatKey(path)}: ${mistake.message}`);
}

function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_none, i) => `host-${i}.example`);
}

/** Ends with the test. */
function setStateDirectory(t: TestContext, value: string): void {
  process.env['STATE_DIRECTORY'] = value;
  t.after(() => delete process.env['STATE_DIRECTORY']);
}

describe('the names of a listener that gets its certificates by itself', () => {
  it('the names of a listener that gets its certificates by itself are at most a hundred, as authorities have it', () => {
    assert.ok(isComplete(build(names(100), '/state')));
    assert.deepEqual(build(names(101), '/state'), ['listeners.secure.tls.acme: a certificate has at most 100 names']);
  });
});

describe('the folder that is kept over restarts', () => {
  it('the folder that is kept over restarts is the first that systemd names, where the config names none', (t) => {
    setStateDirectory(t, '/var/lib/fairlead:/var/lib/other');
    const config = build(['a.example']);
    assert.ok(isComplete(config));
    assert.equal(config.settings.stateDir, '/var/lib/fairlead');
  });

  it('the folder that is kept over restarts is the one that the config names, whatever systemd does', (t) => {
    setStateDirectory(t, '/var/lib/fairlead');
    const config = build(['a.example'], '/state');
    assert.ok(isComplete(config));
    assert.equal(config.settings.stateDir, '/state');
  });

  it('the folder that is kept over restarts is needed by whoever gets certificates', () => {
    assert.deepEqual(build(['a.example']), [
      'listeners.secure.tls.acme: there is no folder where certificates could be kept',
    ]);
  });
});
