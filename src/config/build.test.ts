/** Configs that are values and no text, as a program writes them. Those from files are fixtures: load.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildConfig } from './build.ts';
import { configSchema } from './config-schema.ts';
import type { Config } from './config.ts';
import type { Problem } from './errors.ts';

const pools = { web: ['localhost:8081'] };

function isProblems(built: Config | readonly Problem[]): built is readonly Problem[] {
  return Array.isArray(built);
}

describe('buildConfig', () => {
  it('buildConfig does not look at the address of the JSON Schema', () => {
    assert.deepEqual(buildConfig({ $schema: './fairlead.schema.json', pools }), buildConfig({ pools }));
  });

  it('buildConfig takes a key without a value as one that is not written', () => {
    const written = {
      timeouts: undefined,
      defaults: undefined,
      threads: undefined,
      routes: [{ pool: 'web', name: undefined }],
    };
    const { routes, ...rest } = written;
    const web = { endpoints: ['localhost:8081'], policy: undefined, retry: { attempts: undefined }, check: undefined };
    const expected = buildConfig({ pools });
    assert.ok(!isProblems(expected));
    assert.deepEqual(buildConfig({ ...rest, pools }), expected);
    assert.deepEqual(buildConfig({ ...rest, routes, pools: { web } }), expected);
  });

  it('buildConfig lets a key without a value take what defaults say', () => {
    const defaults = { policy: 'random', retry: { attempts: 2 } };
    const web = { endpoints: ['localhost:8081'], policy: undefined, retry: { attempts: undefined } };
    const built = buildConfig({ defaults, pools: { web } });
    assert.ok(!isProblems(built), JSON.stringify(built));
    assert.deepEqual([built.pools[0].policy, built.pools[0].retry.attempts], ['random', 2]);
  });

  it('buildConfig refuses to include files where there is no file', () => {
    const problems = buildConfig({ include: ['pools.d'], pools });
    assert.ok(isProblems(problems));
    assert.deepEqual(
      problems.map(({ path, mistake }) => [path, mistake.message]),
      [[['include'], 'files are included only into a config that is a file']],
    );
    const wrong = buildConfig({ include: [5], pools });
    assert.ok(isProblems(wrong));
    assert.deepEqual(
      wrong.map(({ path, mistake }) => [path, mistake.message]),
      [[['include', 0], 'this has to be text, not 5']],
    );
  });

  it('buildConfig returns a config, or what is wrong, for any value', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });
    const section = fc.constantFrom(...Object.keys(configSchema.shape));
    const part = fc.oneof(anything, fc.record({ endpoints: anything, check: anything, retry: anything }));
    fc.assert(
      fc.property(section, part, fc.func(anything), (key, value, code) => {
        for (const odd of [
          value,
          { web: value },
          [value],
          code,
          Symbol('odd'),
          { web: code },
          [{ pool: Symbol('odd') }],
        ]) {
          const built = buildConfig({ pools, [key]: odd });
          if (isProblems(built))
            assert.ok(built.every(({ path, mistake }) => path.length > 0 && mistake.message !== ''));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('buildConfig changes nothing of what it was given, and freezes none of it', () => {
    const given = {
      defaults: { retry: { attempts: 2 } },
      pools: { web: { endpoints: ['localhost:8081'], retry: {} } },
    };
    const before = structuredClone(given);
    assert.ok(!isProblems(buildConfig(given)));
    assert.deepEqual(given, before);
    assert.ok(!Object.isFrozen(given.pools.web.endpoints));
  });
});
